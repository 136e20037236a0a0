"""Which devices a vehicle has. The board it runs on is told by the link.

Nothing is imported for what is not configured: a Pi has little memory.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING

from contract.clock import Clock
from edge.agent.service import Work
from edge.copass.forgetting import forget_copass
from edge.drivers.plausible_dates import LIVE_DATES, DateWindow
from edge.drivers.position_source import PositionSource
from edge.truck_agent.config import PositionConfig, TruckAgentConfig
from edge.truck_agent.sections import CabSection

if TYPE_CHECKING:
    from edge.agent.commands import Commands
    from edge.drivers.gpio import GpioInputs, GpioOutputs
    from edge.drivers.wifi_config import WifiSection
    from edge.link.sealed import SealOpener
    from edge.link.service import Link
    from edge.link.systemd import Watchdog
    from edge.truck_agent.aboard import Aboard

KEPT_SUFFIXES = (".plan", ".zones", ".aboard", ".count", ".odometer")


def position_source(
    config: PositionConfig, clock: Clock, chance: random.Random, dates: DateWindow = LIVE_DATES
) -> PositionSource:
    """The receiver that the configuration names; only its driver is loaded."""
    if config.source == "gpsd":
        from edge.drivers.gpsd import GpsdSource  # noqa: PLC0415 - memory of the Pi

        return GpsdSource(config.host, config.host_port, clock, chance, dates)
    from edge.drivers.nmea_serial import NmeaSerialSource  # noqa: PLC0415 - memory of the Pi

    return NmeaSerialSource(config.port, config.baud, clock, chance, dates)


def commands_for(config: TruckAgentConfig, link: Link, clock: Clock) -> Commands | None:
    """What takes the backend's commands; None for a device that was never enrolled."""
    if config.identity_directory is None:
        return None
    from edge.agent.remote import open_commands  # noqa: PLC0415 - as above

    return open_commands(
        config,
        link,
        clock,
        forget=lambda: forget_files(config.outbox_path, config.copass_directory),
    )


def forget_files(outbox: Path, copass: Path | None = None) -> None:
    """What a retired vehicle must not leave beside its outbox, and in its co-pass of cards."""
    for suffix in KEPT_SUFFIXES:
        outbox.with_suffix(suffix).unlink(missing_ok=True)
    if copass is not None:
        forget_copass(copass)


def fit_out(
    config: TruckAgentConfig,
    link: Link,
    clock: Clock,
    chance: random.Random,
    commands: Commands | None = None,
    watchdog: Watchdog | None = None,
) -> Aboard | None:
    """The parts aboard; None where there is nothing but the receiver."""
    if not config.has_parts:
        return None
    from edge.truck_agent.fitting import Fitter  # noqa: PLC0415 - as above
    from edge.truck_agent.orders import Orders  # noqa: PLC0415 - as above

    inputs, outputs = _lines(config, clock, chance)
    opener = _opener(config)
    aboard = Fitter(config, link, clock, chance, watchdog=watchdog).fit(inputs, outputs, opener)
    if config.reader is not None and config.copass_directory is not None and opener is not None:
        from edge.truck_agent.boarding_fitting import fit_reader  # noqa: PLC0415 - as above

        fit_reader(config, config.reader, config.copass_directory, aboard, link, clock, chance)
    if config.wifi is not None:
        _count_wifi(config.wifi, aboard, link, clock)
    if commands is not None:
        parts = aboard.parts
        Orders(clock, parts.messages, parts.sos, parts.lone_worker).register(commands)
    if config.cab is not None:
        aboard.add(_cab(config.cab, str(config.unit), aboard, link, clock))
    return aboard


def _count_wifi(told: WifiSection, aboard: Aboard, link: Link, clock: Clock) -> None:
    import secrets  # noqa: PLC0415 - as above

    from edge.agent.wifi_report import WifiReport  # noqa: PLC0415 - as above
    from edge.drivers.wifi_config import wifi_usage  # noqa: PLC0415 - as above

    usage = wifi_usage(told, clock, secrets.token_bytes)
    if usage is not None:
        aboard.add(Work("wifi", WifiReport(usage, link, clock).run))


def _lines(
    config: TruckAgentConfig, clock: Clock, chance: random.Random
) -> tuple[GpioInputs | None, GpioOutputs | None]:
    from edge.drivers.gpio import GpioInputs, GpioOutputs  # noqa: PLC0415 - as above

    told = config.lines
    if told is None:
        return None, None
    outputs = GpioOutputs(told.chip, told.outputs) if told.outputs else None
    return GpioInputs(told.chip, told.inputs, clock, chance), outputs


def _opener(config: TruckAgentConfig) -> SealOpener | None:
    if config.identity_directory is None:
        return None
    from edge.agent.identity import load_identity  # noqa: PLC0415 - as above

    return load_identity(config.identity_directory).seal_opener(config.territory, config.unit)


def _cab(told: CabSection, unit: str, aboard: Aboard, link: Link, clock: Clock) -> Work:
    import secrets  # noqa: PLC0415 - as above

    from edge.truck_agent.cab.actions import Actions  # noqa: PLC0415 - as above
    from edge.truck_agent.cab.server import CabServer  # noqa: PLC0415 - as above
    from edge.truck_agent.cab.view import View, view_of  # noqa: PLC0415 - as above

    def view() -> View:
        return view_of(unit, aboard, link.health(), clock.now_ms())

    # From the operating system: a token that a seed could give again protects nothing.
    token = secrets.token_urlsafe(24)
    server = CabServer(told.port, token, view, Actions(aboard.parts), clock)
    return Work("cab", server.run)
