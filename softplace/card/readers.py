"""The card at the desk: on a real reader, or a card that is a file, for training and tests."""

from __future__ import annotations

import argparse
import asyncio
import random
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from contract.clock import SystemClock
from softplace.failure import CommandFailed

if TYPE_CHECKING:
    from edge.drivers.card_reader import CardChannel, CardReader

WAIT_S = 60.0


def reader_options(parser: argparse.ArgumentParser) -> None:
    """Where the card is."""
    place = parser.add_mutually_exclusive_group(required=True)
    place.add_argument(
        "--reader",
        metavar="KIND:WHERE",
        help="pn532:/dev/ttyUSB0, or pcsc (pcsc:NAME) for a USB desk reader",
    )
    place.add_argument(
        "--emulated", type=Path, metavar="FILE", help="a card in a file; made blank where missing"
    )


@asynccontextmanager
async def card_at(arguments: argparse.Namespace) -> AsyncIterator[CardChannel]:
    """The card, once it is there. Raises CommandFailed."""
    if arguments.emulated is not None:
        with _emulated(arguments.emulated) as channel:
            yield channel
        return
    reader = _reader(arguments.reader)
    try:
        async with asyncio.timeout(WAIT_S):
            channel = await reader.next_card()
        yield channel
    except TimeoutError as error:
        raise CommandFailed(
            f"no card within {WAIT_S:.0f} s on {arguments.reader}: hold one to it; is the reader "
            "plugged in (`softplace doctor`)?"
        ) from error
    finally:
        await reader.close()


def _reader(text: str) -> CardReader:
    from edge.drivers.card_head import CardHeadSection, card_reader  # noqa: PLC0415 - never on a server

    kind, _, where = text.partition(":")
    if kind == "pn532" and where:
        head = CardHeadSection(port=where)
    elif kind == "pcsc":
        head = CardHeadSection(kind="pcsc", pcsc_name=where)
    else:
        raise CommandFailed(f"--reader {text!r}: write pn532:/dev/ttyUSB0, or pcsc", 2)
    # Jitter needs no secret.
    return card_reader(head, SystemClock(), random.SystemRandom())


@contextmanager
def _emulated(path: Path) -> Iterator[CardChannel]:
    """A card of the simulator; written back at the end, whatever became of it."""
    from edge.drivers.card_reader_fake import FakeCardReader  # noqa: PLC0415 - training only
    from simulator.devices.cards import CardOnDisk  # noqa: PLC0415
    from simulator.devices.desfire import CardMemory, DesfireCard  # noqa: PLC0415

    try:
        if path.exists():
            card: DesfireCard = CardOnDisk.read(path)
        else:
            # A UID of a real manufacturer begins with 04, which no random UID does.
            memory = CardMemory(uid=b"\x04" + secrets.token_bytes(6))
            card = DesfireCard(memory, secrets.token_bytes)
    except (OSError, ValueError) as error:
        raise CommandFailed(f"{path} is no emulated card: {error}") from error
    try:
        yield FakeCardReader().put(card.memory.uid, card.exchange)
    finally:
        card.sleep()
        path.write_bytes(card.to_bytes())
