"""A card revoked while its door is offline: what opens, and until when, is what the door stated."""

from __future__ import annotations

import pytest

from edge.copass.decision import Policy
from tests.card_reader.door_world import World
from tests.copass.rights_made import HOUR_MS, NOON_MS, booking, right, snapshot

LIMIT_H = 2
RIGHTS = snapshot(
    right(1, "ada"),
    booking(2, "bob", NOON_MS - HOUR_MS, NOON_MS + 9 * HOUR_MS),
    cards=("ada", "bob"),
)


@pytest.fixture
async def door(tmp_path):
    """Its link breaks at noon; the backend revokes ada and bob a moment later."""
    made = World(tmp_path, policy=Policy(clockless_limit_ms=LIMIT_H * HOUR_MS))
    await made.boot()
    await made.send(RIGHTS)
    made.link.connected = False
    yield made
    await made.die()


async def opens(door: World, name: str = "ada") -> bool:
    orders = len(door.lock.orders)
    await door.tap(name)
    return len(door.lock.orders) > orders


async def test_with_its_clock_it_opens_until_the_revocation_bound_and_no_longer(door):
    bound_ms = door.link.health_source()["revocation_bound_ms"]
    await door.power_cut((bound_ms - NOON_MS) / 1_000 - 5, keeps_clock=True)
    assert await opens(door)
    await door.pass_time(6)
    assert not await opens(door)
    assert door.taps[-1]["reason"] == "expired"


async def test_without_a_clock_it_opens_for_the_stated_running_time_and_no_longer(door):
    bound_s = door.link.health_source()["clockless_bound_s"]
    assert bound_s == LIMIT_H * 3_600
    await door.power_cut(3_600)
    ran_s, opened_s = 0, []
    while ran_s < bound_s + 1_800:
        if await opens(door):
            opened_s.append(ran_s)
        await door.pass_time(300)
        ran_s += 300
    assert opened_s, "it worked on without a clock"
    assert bound_s - 900 < max(opened_s) < bound_s
    assert door.taps[-1]["reason"] == "clock_unknown"


async def test_a_windowed_right_does_not_open_without_a_clock(door):
    assert await opens(door, "bob")
    await door.power_cut(60)
    assert not await opens(door, "bob")
    assert door.taps[-1]["reason"] == "clock_unknown"


async def test_power_cuts_one_after_the_other_do_not_lengthen_the_bound(door):
    bound_s = door.link.health_source()["clockless_bound_s"]
    ran_s, opened_s = 0, []
    for _ in range(60):
        await door.power_cut(600)
        if await opens(door):
            opened_s.append(ran_s)
        await door.pass_time(240)
        ran_s += 240
    assert opened_s
    assert max(opened_s) < bound_s


async def test_what_is_stated_without_a_clock_shrinks_as_it_is_used_up(door):
    await door.power_cut(60)
    before_s = door.link.health_source()["clockless_bound_s"]
    await door.pass_time(1_800)
    after_s = door.link.health_source()["clockless_bound_s"]
    assert before_s - after_s == pytest.approx(1_800, abs=1)


async def test_with_its_clock_back_it_knows_again_what_is_over(door):
    await door.power_cut(100 * 3_600)
    assert await opens(door), "nobody can tell it how long it was dark"
    door.has_clock = True
    assert not await opens(door)
    assert door.taps[-1]["reason"] == "expired"


async def test_the_word_of_the_backend_ends_it_at_once(door):
    await door.power_cut(60)
    assert await opens(door)
    revoked = tuple(card.tag for card in RIGHTS.cards)
    await door.send(snapshot(*RIGHTS.rights, cards=("ada", "bob"), revoked=revoked, version=2))
    assert not await opens(door)
    assert door.taps[-1]["reason"] == "revoked"
