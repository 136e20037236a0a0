"""What the settings of each kind of agent name; each is loaded only where it is asked about."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edge.agent.config import AgentConfig
from edge.drivers.line_config import LinesSection
from softplace.doctor.devices import HOSTAPD, CardHead, Devices, Lock, Radar, Receiver


@dataclass(frozen=True, slots=True)
class NamedAgent:
    """One agent's settings and the devices in them."""

    config: AgentConfig
    devices: Devices
    receiver: Receiver = field(default_factory=Receiver)
    hostapd: Path = HOSTAPD


def agent_at(path: Path) -> NamedAgent:
    """The agent whose settings lie at `path`. Raises InvalidConfig, OSError, TOMLDecodeError."""
    unit = str(tomllib.loads(path.read_text(encoding="utf-8")).get("unit"))
    return _AGENTS.get(unit.partition("/")[0], _vehicle)(path)


def _vehicle(path: Path) -> NamedAgent:
    from edge.truck_agent.config import load_config  # noqa: PLC0415 - one of several

    config = load_config(path)
    position, lines, reader = config.position, config.lines or LinesSection(), config.reader
    devices = Devices(
        chip=lines.chip if config.lines else None,
        inputs=lines.inputs,
        outputs=lines.outputs,
        card_heads=() if reader is None else (_head(reader),),
        copass=config.copass_directory,
        machine_serial=config.machine_serial,
    )
    receiver = Receiver(
        port=position.port,
        baud=position.baud,
        gpsd=(position.host, position.host_port),
        uses_gpsd=position.source == "gpsd",
    )
    return NamedAgent(config, devices, receiver)


def _space(path: Path) -> NamedAgent:
    from edge.space_agent.config import load_config  # noqa: PLC0415 - one of several

    config = load_config(path)
    wires = bool(config.lines.inputs or config.lines.outputs)
    devices = Devices(
        chip=config.lines.chip if wires else None,
        inputs=config.lines.inputs,
        outputs=config.lines.outputs,
        card_heads=tuple(_head(reader) for reader in config.readers),
        radars=tuple(
            Radar(sensor.kind, sensor.port) for sensor in config.presence if sensor.port is not None
        ),
        copass=config.copass_directory if config.readers else None,
        machine_serial=config.machine_serial,
    )
    sockets = config.wifi.hostapd if config.wifi else ()
    hostapd = Path(sockets[0]).parent if sockets else HOSTAPD
    return NamedAgent(config, devices, hostapd=hostapd)


def _door(path: Path) -> NamedAgent:
    from edge.card_reader.config import load_config  # noqa: PLC0415 - one of several
    from edge.card_reader.relay_guard import RELAY  # noqa: PLC0415 - as above

    config = load_config(path)
    devices = Devices(
        chip=config.lines.chip,
        inputs=config.lines.inputs,
        outputs=config.lines.outputs,
        card_heads=(_head(config.reader),),
        lock=Lock(RELAY, config.lock),
        copass=config.copass_directory,
        machine_serial=config.machine_serial,
    )
    return NamedAgent(config, devices)


def _head(reader: Any) -> CardHead:
    return CardHead(reader.kind, reader.port, reader.baud)


_AGENTS: dict[str, Callable[[Path], NamedAgent]] = {
    "truck": _vehicle,
    "bus": _vehicle,
    "space": _space,
    "reader": _door,
}
