"""Who this machine is, which boot this is, and the identities an outbox has had."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

from contract.clock import Clock, SystemClock

_SERIALS = (
    Path("/sys/firmware/devicetree/base/serial-number"),
    Path("/etc/machine-id"),
)
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Identity:
    """One outbox id; `ordinal` rises, so that a later identity has later messages."""

    number: int
    outbox: str
    serial: str
    ordinal: int


def draw_outbox_id() -> str:
    """Sixteen hex digits that no other outbox has.

    From the operating system and not from the program's `Random`: two runs with one seed must
    not share an identity.
    """
    return secrets.token_hex(8)


def machine_serial() -> str:
    """The serial of the hardware, else the id of the installation."""
    for path in _SERIALS:
        try:
            text = path.read_text().strip("\0\n ")
        except (OSError, UnicodeDecodeError):
            continue
        if text:
            return text
    return "unknown"


def boot_id(clock: Clock, given: str | None) -> str:
    """`<machine boot>-<run>`, eight hex digits each; `given` overrides the first half.

    The kernel's boot id goes with the kernel's boot clock; a clock that is not the machine's
    has an origin of its own, so its boot is a fresh one.
    """
    machine = given or (_kernel_boot() if isinstance(clock, SystemClock) else None)
    return f"{machine or secrets.token_hex(4)}-{secrets.token_hex(4)}"


def machine_of(boot: str) -> str:
    """The machine's half of a boot id: what the boot clock belongs to."""
    return boot.partition("-")[0]


def _kernel_boot() -> str | None:
    try:
        return _BOOT_ID.read_text()[:8]
    except OSError:
        return None
