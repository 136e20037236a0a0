"""Every step is acknowledged or escalated, also where the unit is heard of no more."""

from __future__ import annotations

import json
from typing import Any

import pytest

from backend.devices.alarms import open_alarms
from backend.devices.command_rows import newest_of
from backend.devices.distress import acknowledge, check_steps, end
from backend.devices.distress_rows import read_asked
from backend.devices.errors import UnknownAlarm
from backend.devices.ladder import LadderRules, deadline_ms
from backend.records.transaction import reading, writing
from tests.ingest.harness import NOW_MS, Harness
from tests.ingest.test_distress import MINUTE_MS, SESSION, word

SOS = {"alarm": "sos", "reference": "sos-1", "state": "raised"}


def steps(chain: Harness) -> list[str | None]:
    with reading(chain.engine) as connection:
        return [one.asking.step for one in read_asked(connection)]


def later(chain: Harness, minutes: float) -> list[str]:
    chain.now_ms += int(minutes * MINUTE_MS)
    return chain.check()


def answer(chain: Harness, reference: str = SESSION, by: str = "astreinte", **how: Any) -> None:
    work = end if how.get("over") else acknowledge
    with writing(chain.engine) as connection:
        work(connection, "bus/b1", reference, by, chain.now_ms, chain.now_ms)


def shown(chain: Harness) -> list[str]:
    with reading(chain.engine) as connection:
        return [alarm.detail for alarm in open_alarms(connection)]


def test_a_unit_that_went_silent_has_its_second_person_asked_again_and_again(chain):
    chain.feed(word(1, silent_after_s=600))
    [first] = later(chain, 10)
    assert "step=supervisor" in first
    assert later(chain, 4.9) == []
    [second] = later(chain, 0.1)
    assert second.startswith("lone_worker_silent unit=bus/b1 reference=lw-1 step=second-person")
    assert "no answer of supervisor within 5 min" in second
    assert shown(chain)[0].startswith("second-person: nobody is named")
    assert later(chain, 4.9) == []
    assert "step=second-person" in later(chain, 0.1)[0]


def test_the_second_person_of_the_settings_is_named_in_the_alarm(chain):
    chain.feed(word(1, **SOS))
    rules = LadderRules(second_person="astreinte mairie", supervisor_min=2)
    with writing(chain.engine) as connection:
        assert check_steps(connection, NOW_MS + 2 * MINUTE_MS - 1, rules) == []
        [line] = check_steps(connection, NOW_MS + 2 * MINUTE_MS, rules)
    assert "astreinte" not in line, "names stand with the alarm, not in the log"
    assert shown(chain) == ["second-person: astreinte mairie; no answer of supervisor within 2 min"]


def test_an_answered_sos_asks_nobody_else_though_its_unit_repeats_it(chain):
    chain.feed(word(1, **SOS))
    answer(chain, "sos-1")
    for seq in range(2, 6):
        assert later(chain, 10) == []
        assert chain.feed(word(seq, chain.now_ms, **SOS)).notices == []
    assert steps(chain) == ["taken"]
    assert shown(chain) == ["taken: acknowledged by astreinte"]
    chain.feed(word(9, chain.now_ms, alarm="sos", reference="sos-1", state="acknowledged"))
    assert (steps(chain), shown(chain)) == ([], [])


def test_repeating_an_sos_does_not_put_off_the_next_step(chain):
    chain.feed(word(1, **SOS))
    notices = []
    for seq in range(2, 8):
        notices += later(chain, 1)
        chain.feed(word(seq, chain.now_ms, **SOS))
    assert [line.split()[3] for line in notices] == ["step=second-person:"]
    assert steps(chain) == ["second-person"], "a repetition is no step back"


def test_a_lone_worker_of_whom_nothing_comes_after_the_answer_is_asked_for_anew(chain):
    chain.feed(word(1, state="raised", step="supervisor"))
    answer(chain)
    # Said before the answer came to the vehicle.
    chain.feed(word(2, chain.now_ms + 1, state="escalated", step="second-person"))
    assert steps(chain) == ["taken"]
    assert later(chain, 29.9) == []
    [line] = later(chain, 0.1)
    assert "step=supervisor" in line
    assert "acknowledged, and still nothing after 30 min" in line


def test_the_vehicle_itself_asks_anew_after_an_answer(chain):
    chain.feed(word(1, state="raised", step="supervisor"))
    answer(chain)
    chain.now_ms += 20 * MINUTE_MS
    chain.feed(word(2, chain.now_ms, state="raised", step="supervisor"))
    assert steps(chain) == ["supervisor"]


def test_the_answer_goes_to_the_unit_and_stands_with_who_and_when(chain):
    chain.feed(word(1, state="raised", step="supervisor"), word(2, **SOS))
    answer(chain)
    answer(chain, "sos-1", by="chef d'exploitation")
    with reading(chain.engine) as connection:
        told = newest_of(connection, "bus/b1", "lone_worker")
        ack = newest_of(connection, "bus/b1", "alarm_ack")
        [lone, sos] = sorted(read_asked(connection), key=lambda one: one.alarm)
    assert json.loads(told.arguments) == {"reference": SESSION, "action": "acknowledge"}
    assert json.loads(ack.arguments) == {"reference": "sos-1"}
    assert ack.ordered_by == "chef d'exploitation"
    assert lone.asking[2:] == (NOW_MS, "astreinte")
    assert sos.asking[2:] == (NOW_MS, "chef d'exploitation")
    assert deadline_ms(sos.alarm, sos.asking, LadderRules()) is None


def test_what_somebody_found_to_be_over_is_over_though_the_unit_is_gone(chain):
    chain.feed(word(1, **SOS))
    answer(chain, "sos-1", over=True)
    assert (steps(chain), shown(chain)) == ([], [])
    assert later(chain, 60) == []
    chain.feed(word(2, chain.now_ms, **SOS))
    assert (steps(chain), shown(chain)) == ([], []), "said before the answer came to it"
    with pytest.raises(UnknownAlarm, match="softplace device alarms"):
        answer(chain, "sos-1")
