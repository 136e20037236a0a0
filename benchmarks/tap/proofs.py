"""The same card proven and read by our driver and by python-desfire, each on a paced reader."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import random
import secrets
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib import metadata
from pathlib import Path

from benchmarks.failure import BenchFailed
from benchmarks.tap.cards import TERRITORY, HeldCard, held_cards
from contract.clock import SystemClock
from contract.rights import CardKey
from edge.copass.proof import read_card
from edge.drivers.pn532 import Pn532Card, Pn532Reader
from simulator.devices.apart import DeviceApart

BAUD = 115_200
EMULATOR = "simulator.devices.pn532"
PEER = "python-desfire"
_AHEAD = ("nice", "-n", "-10")
_PEER_WITHIN_S = 120.0
_CLOCK = SystemClock()


def paced_reader(cards: Sequence[str]) -> DeviceApart:
    """An emulated reader that holds `cards`, ahead of other programs where that is allowed.

    A chip waits for nobody; on a busy machine its emulator would.
    """
    around = _AHEAD if os.geteuid() == 0 else ()
    return DeviceApart(EMULATOR, [f"--baud={BAUD}", *cards], around)


async def bytes_of_a_tap(directory: Path) -> int:
    """How many bytes pass from the listing of a card to the end of its read, both ways."""
    card = held_cards(1)[0]
    with DeviceApart(EMULATOR, [card.argument(directory)]) as device:
        async with _listed(device, card) as (channel, before):
            await read_card(channel, _key(card), TERRITORY, secrets.token_bytes)
            return _passed(device) - before


async def ours_ms(directory: Path, reads: int) -> list[float]:
    """Select, authentication and read of an EV1 card by our driver."""
    card = held_cards(1, "ev1")[0]
    spent_ms = []
    with paced_reader([card.argument(directory)]) as device:
        async with _listed(device, card) as (channel, _before):
            for _ in range(reads):
                begun_s = _CLOCK.monotonic_s()
                await read_card(channel, _key(card), TERRITORY, secrets.token_bytes)
                spent_ms.append((_CLOCK.monotonic_s() - begun_s) * 1_000)
    return spent_ms


async def peer_ms(directory: Path, reads: int) -> Sequence[float] | None:
    """The same by python-desfire, None where it is not installed. Raises BenchFailed."""
    if importlib.util.find_spec("desfire") is None:
        return None
    card = held_cards(1, "ev1")[0]
    with paced_reader([card.argument(directory)]) as device:
        device.order(f"card in {card.name}")
        key = card.door_keys[0].hex()
        command = [sys.executable, "-m", "benchmarks.tap.peer", device.ready, key, str(reads)]
        process = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        try:
            output, words = await asyncio.wait_for(process.communicate(), _PEER_WITHIN_S)
        except TimeoutError as error:
            process.kill()
            raise BenchFailed(f"{PEER} did not end within {_PEER_WITHIN_S:.0f} s") from error
    if process.returncode:
        raise BenchFailed(f"{PEER} failed: {words.decode(errors='replace')[-300:]}")
    spent_ms: list[float] = json.loads(output)
    return spent_ms


def peer_version() -> str:
    """As it was installed."""
    return metadata.version(PEER)


@asynccontextmanager
async def _listed(device: DeviceApart, card: HeldCard) -> AsyncIterator[tuple[Pn532Card, int]]:
    """The card as our driver has it, and the bytes that had passed before it came."""
    reader = Pn532Reader(device.ready, _CLOCK, random.Random(1))  # noqa: S311 - no secret
    looking = asyncio.create_task(reader.next_card())
    while not reader.connected:
        await _CLOCK.sleep(0.01)
    await _CLOCK.sleep(0.2)  # past its preparation; it waits for a card
    before = _passed(device)
    device.order(f"card in {card.name}")
    try:
        yield await looking, before
    finally:
        await reader.close()


def _key(card: HeldCard) -> CardKey:
    return CardKey(bytes(8), card.door_keys[0], 1, card.scheme)


def _passed(device: DeviceApart) -> int:
    return sum(map(int, device.order("passed").split()))
