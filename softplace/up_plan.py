"""What `up` is going to run, decided before anything starts."""

from __future__ import annotations

import errno
import json
import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from backend.settings import BrokerSettings, Settings, load_settings
from contract.broker_url import BrokerAddress
from contract.clock import Clock, SimulatedClock, SystemClock
from contract.territory_file import Space, Territory, load_territory
from softplace.clock_file import read_reached_ms
from softplace.credentials import Credentials, open_credentials
from softplace.failure import CommandFailed
from softplace.simulated_day import (
    first_start_ms,
    resumed_start_ms,
    service_day,
    with_repeated_cancellations,
)

HOST = "127.0.0.1"
DOORS = 2
USUAL_BROKER_PORT = 18_830
"""Not 1883: a Mosquitto of the system may have it already."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything `up` needs to know."""

    data: Path
    territory: Territory
    territory_file: Path
    radio_file: Path
    credentials: Credentials
    clock: Clock
    speed: float
    web_port: int
    broker_port: int
    engines: Settings | None = None
    """Named engines in place of the embedded ones."""

    @property
    def given_broker(self) -> BrokerAddress | None:
        """A broker that somebody else runs, with the account that everybody here uses on it."""
        if self.engines is None or self.engines.broker == BrokerSettings():
            return None
        return self.engines.broker_address

    @property
    def simulated(self) -> bool:
        """Whether time and vehicles are simulated."""
        return isinstance(self.clock, SimulatedClock)

    @property
    def url(self) -> str:
        """The landing page."""
        return f"http://{HOST}:{self.web_port}/"

    @property
    def board_url(self) -> str:
        """The board of the stop with the most departures of a market day."""
        return f"{self.url}board/{quote(busiest_stop(self.territory))}"


def make_plan(
    *,
    data: Path,
    territory_file: Path | None,
    speed: float,
    port: int,
    simulate: bool,
    config: Path | None = None,
) -> Plan:
    """The plan of a run.

    Raises InvalidTerritory, InvalidSettings and CommandFailed, one sentence each.
    """
    engines = load_settings(config) if config else None
    source = territory_file or demonstration_file()
    territory = load_territory(source)
    web_port = free_port(port)
    clock: Clock = SystemClock()
    used_file = source
    if simulate:
        clock = simulated_clock(territory, read_reached_ms(data), clock.now_ms(), speed)
        first = service_day(territory, clock.now_ms())
        territory = with_repeated_cancellations(territory, first)
        used_file = data / "territory.json"
        used_file.write_bytes(msgspec.json.encode(territory))
    return Plan(
        data=data,
        territory=territory,
        territory_file=used_file,
        radio_file=source.with_name(f"{source.stem}-radio.json"),
        credentials=open_credentials(data, units_of(territory)),
        clock=clock,
        speed=speed,
        web_port=web_port,
        broker_port=usual_or_free_port(USUAL_BROKER_PORT),
        engines=engines,
    )


def units_of(territory: Territory) -> list[str]:
    """Whoever speaks on the broker: every vehicle, space and door."""
    vehicles = [vehicle.unit for vehicle in territory.vehicles]
    doors = [door_unit(space) for space in door_spaces(territory)]
    return vehicles + [space.unit for space in territory.spaces] + doors


def door_spaces(territory: Territory) -> tuple[Space, ...]:
    """The spaces whose door the demonstration shows; each costs threads and a process."""
    return territory.spaces[:DOORS]


def door_unit(space: Space) -> str:
    """The door of a space: reader/mende for space/mende."""
    return f"reader/{space.unit.partition('/')[2]}"


def demonstration_file() -> Path:
    """The territory that comes with SoftPlace."""
    return Path(__file__).parent.parent / "simulator" / "territories" / "lozere.json"


def simulated_clock(
    territory: Territory, reached_ms: int | None, now_ms: int, speed: float
) -> SimulatedClock:
    """The clock of a simulated run that starts at real time `now_ms`."""
    if reached_ms is None:
        start_ms = first_start_ms(territory, now_ms, speed)
    else:
        start_ms = resumed_start_ms(territory, reached_ms, now_ms)
    return SimulatedClock(now_ms, start_ms, speed)


def busiest_stop(territory: Territory) -> str:
    """The stop where most routes meet that has a market; the first stop where there is none."""
    markets = {market.stop_id for market in territory.markets}
    routes = {stop.stop_id: 0 for stop in territory.stops}
    for route in territory.routes:
        for stop_id in route.stop_ids[:-1] if route.mode == "bus" else ():
            routes[stop_id] += 1
    services = {m.stop_id: len(m.services) for m in territory.markets}
    return max(routes, key=lambda s: (s in markets, services.get(s, 0) * routes[s], routes[s]))


def free_port(port: int) -> int:
    """`port` when nobody listens there, any free one for 0. Raises CommandFailed."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OverflowError as error:
            raise CommandFailed(f"port {port} does not exist: choose 1 to 65535") from error
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise CommandFailed(
                    f"port {port} on {HOST} is in use: stop the program that listens there,"
                    " or choose another with --port"
                ) from error
            raise CommandFailed(
                f"port {port} on {HOST} cannot be used ({os.strerror(error.errno or 0)}):"
                " choose another with --port, 1024 or above"
            ) from error
        found: int = probe.getsockname()[1]
        return found


def usual_or_free_port(usual: int) -> int:
    """The usual port, so that vehicles keep their settings; another where it is taken."""
    try:
        return free_port(usual)
    except CommandFailed:
        return free_port(0)


def as_json(plan: Plan) -> dict[str, Any]:
    """What `--json` says once everything runs."""
    return {
        "url": plan.url,
        "board": plan.board_url,
        "territory": plan.territory.territory,
        "broker": (plan.given_broker or BrokerAddress(HOST, plan.broker_port)).shown,
        "data": str(plan.data),
        "simulated": plan.simulated,
        "speed": plan.speed if plan.simulated else 1.0,
    }


def json_line(plan: Plan, doors: Sequence[str]) -> str:
    """`as_json` on one line, with the addresses of the doors' screens."""
    return json.dumps(as_json(plan) | {"doors": list(doors)}, ensure_ascii=False)
