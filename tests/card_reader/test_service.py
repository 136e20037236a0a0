"""A door at work: cards, exits, alarms, modes, a full disk, and what stays after a power cut."""

from __future__ import annotations

import pytest

from edge.card_reader.mode_file import ModeFile
from edge.card_reader.service import signal_of
from edge.copass.decision import MODES, Decision
from edge.copass.durable_files import RealFiles
from tests.card_reader.door_world import World, prove
from tests.copass.rights_made import HOUR_MS, NOON_MS, booking, right, snapshot, tag_of
from tests.copass.territory import FORGER, frames

RIGHTS = snapshot(
    right(1, "ada"),
    booking(2, "bob", NOON_MS + 2 * HOUR_MS, NOON_MS + 4 * HOUR_MS, label="B. B."),
    right(3, "chief", kind="staff", passes_lockdown=True),
    right(4, "dora", duress=True),
    cards=("ada", "bob", "chief", "dora"),
)


@pytest.fixture
async def world(tmp_path):
    made = World(tmp_path)
    await made.boot()
    await made.send(RIGHTS)
    yield made
    await made.die()


async def test_a_card_with_a_right_opens_and_its_entry_is_written_before(world):
    await world.tap("ada")
    assert world.is_released
    (tap,) = world.taps
    assert (tap["decision"], tap["reason"], tap["place"]) == ("granted", "granted", "door")
    assert tap["rights_version"] == 1
    assert tap["right_id"] == 1
    assert tap["pseudonym"].startswith("202610-")
    await world.pass_time(6)
    assert not world.is_released


@pytest.mark.parametrize(
    ("name", "key", "reason"),
    [
        ("bob", None, "too_early"),
        ("eve", None, "unknown_card"),
        ("ada", "eve", "not_authentic"),
    ],
)
async def test_a_card_without_a_right_is_told_why_and_written_down(world, name, key, reason):
    await world.tap(name, key=key)
    assert not world.is_released
    assert [tap["reason"] for tap in world.taps] == [reason]


async def test_a_card_that_lies_on_the_reader_is_asked_once(world):
    await world.tap("ada", leaves=False)
    await world.pass_time(60)
    assert len(world.taps) == 1
    await world.remove()
    await world.tap("ada")
    assert len(world.taps) == 2


@pytest.mark.parametrize("mode", MODES)
async def test_the_exit_opens_in_every_mode_with_everything_broken(world, mode):
    world.agent.set_mode(mode)
    world.disk.full = True
    world.reader.plug(connected=False)
    world.link.connected = False
    await world.pass_time(30)
    world.lock.close()
    await world.wire("exit", active=True)
    assert world.is_released
    await world.wire("exit", active=False)


async def test_the_exit_opens_without_any_rights(tmp_path):
    world = World(tmp_path)
    (tmp_path / "rights.sealed").write_bytes(b"rubbish")
    await world.boot()
    await world.wire("exit", active=True)
    assert world.is_released
    assert ("rights_refused", "raised") in world.alarms
    assert [reading.body["reason"] for reading in world.link.of("ack")] == ["gap"]
    await world.send(RIGHTS)
    assert ("rights_refused", "cleared") in world.alarms
    await world.die()


async def test_a_journal_that_takes_no_entry_keeps_the_door_shut_to_who_comes_in(world):
    world.disk.full = True
    await world.tap("ada")
    assert not world.is_released
    assert world.agent.screen.shown()["fr"]["title"] == "La porte ne répond pas"
    world.disk.full = False
    await world.tap("ada")
    assert world.is_released
    assert [tap["decision"] for tap in world.taps] == ["granted"]


@pytest.mark.parametrize("point", [{"direction": "out"}, {"opens_unrecorded": True}])
async def test_readers_that_may_open_unrecorded_do(tmp_path, point):
    world = World(tmp_path, **point)
    await world.boot()
    await world.send(RIGHTS)
    world.disk.full = True
    await world.tap("ada")
    assert world.is_released
    await world.die()


async def test_a_reader_on_the_way_out_opens_to_every_card(tmp_path):
    world = World(tmp_path, "out")
    await world.boot()
    await world.tap("eve")
    assert world.is_released
    assert [(tap["decision"], tap["warning"]) for tap in world.taps] == [
        ("granted", "unknown_card")
    ]
    await world.die()


async def test_duress_opens_like_any_card_and_raises_a_silent_alarm(world):
    await world.tap("ada")
    ada = dict(world.agent.screen.shown())
    await world.tap("dora")
    assert world.is_released
    assert world.alarms == [("duress", "raised")]
    dora = world.agent.screen.shown()
    assert {**dora, "number": 0} == {**ada, "number": 0}
    (alarm,) = world.link.of("alarm")
    assert alarm.mark is not None


async def test_a_forced_door_raises_and_clears_one_alarm_under_one_reference(world):
    await world.wire("contact", active=False)
    await world.wire("contact", active=True)
    await world.pass_time(1)
    await world.wire("contact", active=False)
    await world.pass_time(1)
    assert world.alarms == [("door_forced", "raised"), ("door_forced", "cleared")]
    references = {reading.body["reference"] for reading in world.link.of("alarm")}
    assert len(references) == 1


async def test_an_alarm_that_stood_when_the_power_went_is_cleared_after_it(world):
    await world.wire("contact", active=False)
    await world.wire("contact", active=True)
    await world.pass_time(1)
    await world.power_cut(keeps_clock=True)
    await world.wire("contact", active=False)
    await world.pass_time(1)
    assert world.alarms == [("door_forced", "raised"), ("door_forced", "cleared")]
    first, last = world.link.of("alarm")
    assert first.body["reference"] == last.body["reference"]


async def test_a_reader_that_stays_away_is_an_alarm_until_it_is_back(world):
    assert world.agent.health() == {"sensor_faults": 0}
    world.reader.plug(connected=False)
    assert world.agent.health() == {"sensor_faults": 1}
    await world.pass_time(5)
    assert world.alarms == []
    await world.pass_time(15)
    assert world.alarms == [("reader_lost", "raised")]
    world.reader.plug(connected=True)
    await world.pass_time(6)
    assert world.alarms[-1] == ("reader_lost", "cleared")
    await world.tap("ada")
    assert world.is_released


async def test_lockdown_outlives_a_power_cut_and_lets_pass_who_may(world):
    world.agent.set_mode("lockdown")
    await world.power_cut(keeps_clock=True)
    await world.tap("ada")
    assert world.taps[-1]["reason"] == "locked_down"
    assert not world.is_released
    await world.tap("chief")
    assert world.is_released


async def test_a_free_door_stays_released_and_locks_when_the_agent_dies(world):
    world.agent.set_mode("free_access")
    for _ in range(20):
        await world.pass_time(3)
        assert world.is_released
    await world.die()
    assert not world.is_released
    await world.start()
    assert world.is_released


async def test_three_impostors_make_the_reader_wait(world):
    for _ in range(3):
        await world.tap("ada", key="eve")
    await world.tap("ada")
    assert world.taps[-1]["reason"] == "too_many_tries"
    await world.pass_time(5)
    await world.tap("ada")
    assert world.is_released


async def test_a_door_without_rights_asks_for_them_at_start_and_only_then(tmp_path):
    world = World(tmp_path)
    await world.boot()
    (ack,) = world.link.of("ack")
    assert (ack.body["answer"], ack.body["reason"]) == ("refused", "gap")
    await world.send(RIGHTS)
    await world.tap("ada")
    assert world.is_released
    await world.die()
    await world.boot()
    assert len(world.link.of("ack")) == 2, "asked, accepted; now it has them"
    await world.die()


async def test_rights_are_acknowledged_and_a_forged_frame_is_an_alarm(world):
    forged = frames(snapshot(version=9), signer=FORGER)
    world.link.tell("rights", forged[0])
    await world.settle()
    assert world.alarms == [("rights_refused", "raised")]
    answers = [(r.body["answer"], r.body.get("reason")) for r in world.link.of("ack")]
    assert answers == [("refused", "gap"), ("accepted", None), ("refused", "bad_signature")]
    await world.tap("ada")
    assert world.is_released


async def test_health_tells_the_bounds(world):
    health = world.link.health_source()
    assert health["rights_version"] == 1
    assert health["revocation_bound_ms"] == NOON_MS + 72 * HOUR_MS
    assert health["clockless_bound_s"] == 10 * 3_600
    assert health["journal_entries"] == 1


async def test_a_revoked_card_stays_revoked_over_a_power_cut(world):
    await world.send(snapshot(right(1, "ada"), revoked=(tag_of("ada"),), version=2))
    await world.power_cut(keeps_clock=True)
    await world.tap("ada")
    assert world.taps[-1]["reason"] == "revoked"


async def test_a_second_entry_is_warned_about_also_after_a_power_cut(tmp_path):
    world = World(tmp_path, "in")
    await world.boot()
    await world.send(RIGHTS)
    await world.tap("ada")
    await world.power_cut(keeps_clock=True)
    await world.tap("ada")
    assert world.is_released
    assert [tap.get("warning") for tap in world.taps] == [None, "anti_passback"]
    await world.die()


async def test_a_power_cut_between_journal_and_lock_opens_nothing_and_loses_nothing(world):
    world.disk.tears = True
    await world.tap("ada")
    assert world.torn
    assert not world.is_released
    await world.power_cut(keeps_clock=True)
    assert world.taps == []
    await world.tap("ada")
    assert len(world.taps) == 1
    assert world.agent.station.journal.breaks == ()


async def test_an_entry_that_was_synced_is_handed_over_after_the_cut(world):
    world.agent.station.hand_over.wake = lambda: None
    await world.tap("ada")
    assert world.is_released
    assert world.taps == []
    await world.power_cut(keeps_clock=True)
    assert len(world.taps) == 1


def test_the_mode_file_is_durable(tmp_path):
    modes = ModeFile(tmp_path / "mode", RealFiles())
    assert modes.read() == "normal"
    modes.keep("lockdown")
    assert modes.read() == "lockdown"
    (tmp_path / "mode").write_bytes(b"\xff\xfe")
    assert modes.read() == "normal"


async def test_a_fault_of_ours_at_a_tap_leaves_the_exit_and_the_next_card_alone(tmp_path, caplog):
    faulty = True

    async def proof(channel, card):
        if faulty:
            raise ZeroDivisionError
        await prove(channel, card)

    world = World(tmp_path, proof=proof)
    await world.boot()
    await world.send(RIGHTS)
    await world.tap("ada")
    assert not world.is_released
    assert "tap=failed" in caplog.text
    assert world.agent.screen.shown()["fr"]["title"] == "La porte ne répond pas"
    await world.wire("exit", active=True)
    assert world.is_released
    await world.wire("exit", active=False)
    faulty = False
    await world.tap("ada")
    assert len(world.taps) == 1
    await world.die()


async def test_a_retired_door_keeps_no_rights(world):
    world.agent.station.forget()
    await world.power_cut(keeps_clock=True)
    await world.tap("ada")
    assert world.taps[-1]["reason"] == "unknown_card"


@pytest.mark.parametrize(
    ("reason", "opens", "signal"),
    [
        ("granted", True, "granted"),
        ("revoked", False, "refused"),
        ("unknown_card", False, "unknown"),
        ("clock_unknown", False, "unknown"),
        ("read_again", False, "read_again"),
        ("unknown_card", True, "granted"),
    ],
)
def test_each_kind_of_answer_has_a_light_and_a_sound_of_its_own(reason, opens, signal):
    assert signal_of(Decision(opens, reason), opens=opens) == signal
