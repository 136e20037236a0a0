"""`softplace up`: broker, backend and, unless told otherwise, a living territory, here."""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import logging
import random
import signal
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from contract.clock import SimulatedClock, SystemClock
from softplace.clock_file import SAVE_EVERY_S, claim_ms, write_reached_ms
from softplace.failure import CommandFailed
from softplace.living import LivingTerritory
from softplace.page_watch import page_is_alive
from softplace.sentences import sentence_of
from softplace.up_plan import HOST, Plan, json_line, make_plan
from softplace.vehicle_files import write_vehicle_files

USUAL_PORT = 8440
USUAL_SPEED = 4.0
USUAL_DATA = Path("var")
READY_WITHIN_S = 60.0

_real = SystemClock()
"""The processes around a run live in real time, whatever the territory does."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument(
        "--port", type=int, default=USUAL_PORT, help="port of the pages; 0 picks a free one (8440)"
    )
    parser.add_argument(
        "--speed", type=_speed, default=USUAL_SPEED, help="simulated over real time (4)"
    )
    parser.add_argument(
        "--for", dest="seconds", type=float, metavar="SECONDS", help="stop by itself after this"
    )
    parser.add_argument("--territory", type=Path, metavar="FILE", help="territory file (Lozère)")
    parser.add_argument(
        "--no-simulator", action="store_true", help="real time and real vehicles only"
    )
    parser.add_argument(
        "--data",
        type=Path,
        default=USUAL_DATA,
        metavar="DIR",
        help="where everything is kept (var)",
    )
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="settings (TOML) that name a broker, a time-series or a records store to use",
    )
    parser.add_argument("--json", action="store_true", help="say what runs as one JSON object")
    parser.epilog = (
        "example:\n  softplace up --speed 8\n\n"
        "Simulated time goes on where it stopped. Delete the data directory to begin anew."
    )
    parser.set_defaults(run=run)


def _speed(text: str) -> float:
    speed = float(text)
    if not 0.1 <= speed <= 60:
        raise argparse.ArgumentTypeError("give 0.1 to 60")
    return speed


def run(arguments: argparse.Namespace) -> int:
    """Run everything until Ctrl-C, SIGTERM or the end of `--for`."""
    data: Path = arguments.data
    try:
        _make_directory(data)
        with _ours_alone(data), _logging_to(data / "up.log"):
            plan = make_plan(
                data=data,
                territory_file=arguments.territory,
                speed=arguments.speed,
                port=arguments.port,
                simulate=not arguments.no_simulator,
                config=arguments.config,
            )
            asyncio.run(_until_stopped(plan, arguments.seconds, as_json=arguments.json))
    except CommandFailed:
        raise
    except Exception as error:
        sentence = sentence_of(error)
        if sentence is None:
            raise
        raise CommandFailed(sentence) from error
    return 0


def _make_directory(data: Path) -> None:
    try:
        data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CommandFailed(
            f"{data} cannot be made ({error.strerror}): choose another place with --data"
        ) from error


@contextmanager
def _ours_alone(data: Path) -> Iterator[None]:
    """Hold the data directory: two programs in one would mix their outboxes."""
    with (data / "up.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CommandFailed(
                f"{data} is in use by another softplace up: stop that one, or give --data"
            ) from error
        yield


@contextmanager
def _logging_to(path: Path) -> Iterator[None]:
    """Details go to a file; the terminal keeps the few lines that a person needs."""
    path.write_bytes(b"")
    # Appending, because a library that configures logging closes every handler it finds, and one
    # that was opened for writing would then stay silent.
    handler = logging.FileHandler(path, mode="a", encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
        handler.close()


async def _until_stopped(plan: Plan, seconds: float | None, *, as_json: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    work = asyncio.ensure_future(_everything(plan, seconds, as_json=as_json))
    stopping = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({work, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work
    if not as_json:
        _say("SoftPlace est arrêté.", "SoftPlace has stopped.")


async def _everything(plan: Plan, seconds: float | None, *, as_json: bool) -> None:
    # Imported here: `--help` never pays for the backend.
    from backend.app import Backend  # noqa: PLC0415
    from backend.broker.choose import choose_broker  # noqa: PLC0415
    from softplace.up_doors import door_screens, prepare_doors  # noqa: PLC0415
    from softplace.up_settings import accounts_of, settings_of  # noqa: PLC0415

    if not as_json:
        _say("SoftPlace démarre…", "SoftPlace is starting…")
    async with AsyncExitStack() as cleanup:
        broker = choose_broker(
            plan.data / "broker",
            given=plan.given_broker,
            host=HOST,
            port=plan.broker_port,
            accounts=accounts_of(plan),
        )
        cleanup.push_async_callback(broker.stop)
        await broker.start()
        # Jitter needs no secret: a system generator is only the easiest seed.
        settings = settings_of(plan)
        screens: list[tuple[str, str]] = []
        backend = Backend(settings, plan.clock, random.SystemRandom())
        parts = [_started(cleanup, backend.run(), "backend")]
        await _unless_ended(parts, backend.ready.wait())
        if isinstance(plan.clock, SimulatedClock):
            parts.append(_started(cleanup, _kept_clock(plan, plan.clock), "clock"))
            doors = await asyncio.to_thread(prepare_doors, plan, settings.records_url)
            screens = door_screens(doors)
            living = LivingTerritory(plan, plan.clock, doors)
            cleanup.push_async_callback(living.stop)
            await living.start()
            parts.append(_started(cleanup, living.ended(), "simulator"))
        await _unless_ended(parts, _ready(plan))
        _announce(plan, screens, as_json=as_json)
        lasting = asyncio.Event().wait() if seconds is None else _real.sleep(seconds)
        await _unless_ended(parts, lasting)


def _started(
    cleanup: AsyncExitStack, work: Coroutine[Any, Any, None], name: str
) -> asyncio.Task[None]:
    """A part that runs until the end, and is ended then."""

    async def end() -> None:
        task.cancel()
        await asyncio.wait({task})

    task = asyncio.create_task(work, name=name)
    cleanup.push_async_callback(end)
    return task


async def _unless_ended(
    parts: Sequence[asyncio.Task[None]], awaited: Coroutine[Any, Any, object]
) -> None:
    """Wait for `awaited`; a part that ends before is a fault, and raises what it raised."""
    waiting = asyncio.ensure_future(awaited)
    try:
        await asyncio.wait({waiting, *parts}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        if not waiting.done():
            waiting.cancel()
    for part in parts:
        if part.done():
            part.result()
            raise CommandFailed(f"the {part.get_name()} ended by itself: see the log in up.log")
    await waiting


async def _kept_clock(plan: Plan, clock: SimulatedClock) -> None:
    """Remember how far simulated time has come, a little ahead while it runs."""
    try:
        while True:
            claim_ms(plan.data, clock.now_ms(), plan.speed)
            await _real.sleep(SAVE_EVERY_S)
    finally:
        write_reached_ms(plan.data, clock.now_ms())


async def _ready(plan: Plan) -> None:
    """Return once the page answers and, in a simulated run, a vehicle has been heard on it."""
    try:
        async with asyncio.timeout(READY_WITHIN_S):
            while not await asyncio.to_thread(page_is_alive, plan.url, vehicles=plan.simulated):
                await _real.sleep(0.2)
    except TimeoutError as error:
        raise CommandFailed(
            f"{plan.url} shows no vehicle after {READY_WITHIN_S:.0f} s: see"
            f" {plan.data / 'up.log'} and {plan.data / 'simulator.log'}"
        ) from error


def _announce(plan: Plan, screens: Sequence[tuple[str, str]], *, as_json: bool) -> None:
    directory = None if plan.simulated else write_vehicle_files(plan)
    if as_json:
        print(json_line(plan, [url for _place, url in screens]), flush=True)
        return
    _say(
        f"SoftPlace est prêt : {plan.url} (Ctrl-C pour arrêter)",
        f"SoftPlace is ready: {plan.url} (Ctrl-C to stop)",
    )
    if directory is not None:
        _say(
            f"Réglages des véhicules : {directory}/*.toml",
            f"Settings of the vehicles: {directory}/*.toml",
        )
    _say(f"Écran d’arrêt : {plan.board_url}", f"Board at a stop: {plan.board_url}")
    for place, url in screens:
        _say(f"Écran de la porte, {place} : {url}", f"Screen of the door, {place}: {url}")


def _say(french: str, english: str) -> None:
    print(f"{french}\n{english}", flush=True)
