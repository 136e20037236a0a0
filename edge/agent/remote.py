"""Ready-made commands of a device that has an identity."""

from __future__ import annotations

from contract.clock import Clock
from edge.agent.commands import CommandLink, Commands
from edge.agent.config import AgentConfig
from edge.agent.identity import load_identity
from edge.agent.nonces import NonceFile


def open_commands(config: AgentConfig, link: CommandLink, clock: Clock) -> Commands | None:
    """Commands for the unit of `config`; None for a device that was never enrolled.

    Its file of nonces lies beside the outbox. Raises InvalidIdentity and CommandNotesFailed.
    """
    if config.identity_directory is None:
        return None
    opener = load_identity(config.identity_directory).seal_opener(config.territory, config.unit)
    return Commands(link, opener, NonceFile(config.outbox_path.with_suffix(".commands")), clock)
