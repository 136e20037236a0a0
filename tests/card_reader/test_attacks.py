"""What thieves and forgers get: nothing. Real cards and real proof at a real door."""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path
from typing import Any

import pytest

from contract.rights import CardKey, card_tag
from edge.copass.at_rest import BoardSecret, at_rest_key
from edge.copass.durable_files import RealFiles
from edge.copass.proof import read_card
from simulator.devices.desfire import DesfireCard
from tests.card_reader.door_world import World
from tests.copass.issued import Issued, blank, issued
from tests.copass.rights_made import LOOKUP_KEY, MONTH_KEY, right, snapshot
from tests.copass.territory import FORGER, TERRITORY, frames

BOARD = BoardSecret("board serial", b"10000000abcdef01")
ANOTHER_BOARD = BoardSecret("board serial", b"10000000abcdef02")


async def proof(channel, card: CardKey):
    return await read_card(channel, card, TERRITORY, secrets.token_bytes)


def rights_for(co_pass: Issued, version: int = 1, **fields: Any):
    """Rights of one card under the name "ada", with its real UID and key."""
    tag = card_tag(LOOKUP_KEY, co_pass.card.memory.uid)
    known = co_pass.card_key(1)
    key = CardKey(tag, known.key, known.key_number, known.scheme)
    made = snapshot(right(1, "ada", label="A. L. Bureau 3"), version=version, **fields)
    rights = tuple(type(r)(**{**_fields(r), "tag": tag}) for r in made.rights)
    return type(made)(**{**_fields(made), "cards": (key,), "rights": rights})


def _fields(of) -> dict[str, object]:
    return {name: getattr(of, name) for name in of.__struct_fields__}


class Scene:
    """A door with one card, of either generation."""

    def __init__(self, world: World, co_pass: Issued) -> None:
        self.world = world
        self.co_pass = co_pass
        self.uid = co_pass.card.memory.uid

    async def hold(self, answers) -> str:
        """What the door says to it; whatever it says, it opens only where it says granted."""
        await self.world.pass_time(700)
        await self.world.hold(self.uid, answers)
        reason = self.world.taps[-1]["reason"]
        assert self.world.is_released == (reason == "granted")
        return reason


@pytest.fixture(params=["ev2", "ev1"])
async def scene(tmp_path, request):
    co_pass = await issued(request.param)
    world = World(tmp_path / "door", proof=proof)
    world.key = at_rest_key(BOARD, tmp_path / "door" / "secret", RealFiles(), secrets.token_bytes)
    await world.boot()
    await world.send(rights_for(co_pass))
    yield Scene(world, co_pass)
    await world.die()


async def test_the_card_itself_opens(scene):
    assert await scene.hold(scene.co_pass.card.exchange) == "granted"


async def test_a_copied_uid_opens_nothing(scene):
    with_own_keys = await issued(scene.co_pass.scheme, scene.uid)
    assert await scene.hold(with_own_keys.card.exchange) == "not_authentic"
    assert await scene.hold(blank(scene.co_pass.scheme, scene.uid).exchange) == "not_authentic"
    assert await scene.hold(None) == "not_authentic"


async def test_a_replayed_session_opens_nothing(scene):
    heard: list[bytes] = []

    def overheard(command: bytes) -> bytes | None:
        answer = scene.co_pass.card.exchange(command)
        heard.append(answer)
        return answer

    assert await scene.hold(overheard) == "granted"
    again = iter(heard)
    assert await scene.hold(lambda _command: next(again, None)) in {"not_authentic", "read_again"}


async def test_a_reader_between_card_and_door_cannot_change_an_answer(scene):
    for exchange in range(4):
        seen = 0

        def changed(command: bytes, at: int = exchange) -> bytes | None:
            nonlocal seen
            answer = scene.co_pass.card.exchange(command)
            seen += 1
            return answer[:-1] + bytes([answer[-1] ^ 1]) if seen - 1 == at else answer

        assert await scene.hold(changed) != "granted"
        scene.co_pass.card.sleep()


async def test_a_card_of_another_territory_opens_nothing(scene, tmp_path):
    foreign = await issued(scene.co_pass.scheme, scene.uid, "ardeche")
    assert await scene.hold(foreign.card.exchange) == "not_authentic"
    # Even where its very key was entered by mistake, its file names its own territory.
    await scene.world.send(rights_for(foreign, version=2))
    assert await scene.hold(foreign.card.exchange) == "not_authentic"


async def test_a_card_pulled_away_at_any_exchange_is_read_again(scene):
    for exchanges in range(4):
        left = exchanges

        def pulled(command: bytes) -> bytes | None:
            nonlocal left
            left -= 1
            return scene.co_pass.card.exchange(command) if left >= 0 else None

        assert await scene.hold(pulled) == "read_again"
        scene.co_pass.card.sleep()
    assert await scene.hold(scene.co_pass.card.exchange) == "granted"


async def test_a_rolled_back_rights_file_opens_nothing_and_raises_the_alarm(scene):
    directory = scene.world.directory
    shutil.copytree(directory, directory.parent / "old", ignore=shutil.ignore_patterns("journal"))
    tag = card_tag(LOOKUP_KEY, scene.uid)
    await scene.world.send(rights_for(scene.co_pass, version=2, revoked=(tag,)))
    assert await scene.hold(scene.co_pass.card.exchange) == "revoked"
    await scene.world.die()
    for name in ("rights.sealed", "floor.sealed"):
        shutil.copy(directory.parent / "old" / name, directory / name)
    await scene.world.boot()
    assert await scene.hold(scene.co_pass.card.exchange) == "unknown_card"
    assert ("rights_refused", "raised") in scene.world.alarms
    await scene.world.power_cut(keeps_clock=True)
    assert await scene.hold(scene.co_pass.card.exchange) == "unknown_card"


async def test_badly_signed_rights_open_nothing_and_raise_the_alarm(scene):
    stranger = await issued(scene.co_pass.scheme)
    for frame in frames(rights_for(stranger, version=2), signer=FORGER):
        scene.world.link.tell("rights", frame)
    await scene.world.settle()
    assert await scene.hold(stranger.card.exchange) == "not_authentic"
    assert ("rights_refused", "raised") in scene.world.alarms
    assert await scene.hold(scene.co_pass.card.exchange) == "granted"


async def test_a_stolen_card_of_the_machine_shows_no_key_no_uid_and_no_name(scene):
    assert await scene.hold(scene.co_pass.card.exchange) == "granted"
    await scene.world.die()
    found = b"".join(path.read_bytes() for path in _files(scene.world.directory))
    key = scene.co_pass.card_key(1).key
    for secret in (scene.uid, key, LOOKUP_KEY, MONTH_KEY):
        for shape in (secret, secret.hex().encode(), secret.hex().upper().encode(), secret[::-1]):
            assert shape not in found
    assert b"A. L." not in found
    await scene.world.boot()


async def test_a_stolen_card_of_the_machine_in_another_board_opens_nothing(scene, tmp_path):
    await scene.world.die()
    stolen = tmp_path / "stolen"
    shutil.copytree(scene.world.directory, stolen)
    thief = World(stolen, proof=proof)
    thief.key = at_rest_key(ANOTHER_BOARD, stolen / "secret", RealFiles(), secrets.token_bytes)
    await thief.boot()
    await thief.hold(scene.uid, scene.co_pass.card.exchange)
    assert not thief.is_released
    assert thief.taps[-1]["reason"] == "unknown_card"
    assert thief.taps[-1]["pseudonym"] == "unknown"
    await thief.die()
    await scene.world.boot()


async def test_no_uid_leaves_the_door(scene):
    cards: list[DesfireCard | None] = [scene.co_pass.card, None]
    for card in cards:
        await scene.hold(card.exchange if card else None)
    said = repr([reading.body for reading in scene.world.link.readings]).lower()
    assert scene.uid.hex() not in said
    assert repr(scene.uid) not in said


def _files(directory: Path) -> list[Path]:
    return [path for path in directory.rglob("*") if path.is_file()]
