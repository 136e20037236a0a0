"""SOS and lone-worker sessions: shown while open, and silence is itself an alarm."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.devices.alarms import open_alarms
from backend.records.transaction import reading
from contract.uplink import Alarm
from tests.ingest.harness import NOW_MS, OTHER_OUTBOX, Harness, envelope, sealed

SESSION = "lw-1"
MINUTE_MS = 60_000


def word(seq: int, at_ms: int = NOW_MS, alarm: str = "lone_worker_silent", **fields: Any):
    own = {k: fields.pop(k) for k in ("outbox", "clock", "replayed") if k in fields}
    told = {"reference": SESSION, "state": "cleared"} | fields
    return sealed("alarm", Alarm(**envelope(seq, observed_ms=at_ms, **own), alarm=alarm, **told))


def shown(chain: Harness) -> list[tuple[str, str]]:
    with reading(chain.engine) as connection:
        return [(alarm.alarm, alarm.subject) for alarm in open_alarms(connection)]


def test_a_session_that_falls_silent_beyond_its_grace_is_an_alarm_until_it_speaks(chain):
    chain.feed(word(1, silent_after_s=600))
    chain.now_ms += 600_000 - 1
    assert chain.check() == []
    chain.now_ms += 1
    [notice] = chain.check()
    assert notice.startswith("lone_worker_silent unit=bus/b1 reference=lw-1")
    assert shown(chain) == [("lone_worker_silent", SESSION)]
    assert chain.check() == [], "it is said once"
    chain.feed(word(2, chain.now_ms, silent_after_s=600))
    assert shown(chain) == []
    chain.now_ms += 600_000
    assert len(chain.check()) == 1, "silence after silence is an alarm again"


def test_a_session_that_ended_may_be_silent_for_ever(chain):
    chain.feed(word(1, silent_after_s=600), word(2))
    chain.now_ms += 86_400_000
    assert chain.check() == []
    assert shown(chain) == []


def test_a_backlog_neither_reopens_what_is_over_nor_shortens_a_newer_grace(chain):
    chain.feed(word(3, silent_after_s=3_600))
    chain.feed(
        word(1, NOW_MS - 90 * MINUTE_MS, silent_after_s=60, replayed=True),
        word(2, NOW_MS - 80 * MINUTE_MS, state="raised", step="supervisor", replayed=True),
    )
    assert shown(chain) == []
    assert chain.check() == []


def test_a_late_announcement_counts_from_when_it_was_made(chain):
    chain.feed(word(1, NOW_MS - 20 * MINUTE_MS, silent_after_s=600))
    assert len(chain.check()) == 1


def test_without_a_clock_it_counts_from_when_it_came_and_never_from_the_future(chain):
    chain.feed(word(1, 0, clock="unset", silent_after_s=600))
    chain.feed(
        word(1, NOW_MS + 100_000_000, reference="lw-2", outbox=OTHER_OUTBOX, silent_after_s=600)
    )
    chain.now_ms += 600_000 - 1
    assert chain.check() == []
    chain.now_ms += 1
    assert len(chain.check()) == 2


def test_asking_the_person_in_the_cab_is_nobody_elses_alarm_and_the_next_step_is(chain):
    chain.feed(word(1, state="cleared", step="cab", silent_after_s=200))
    assert shown(chain) == []
    outcome = chain.feed(word(2, state="raised", step="supervisor"))
    assert shown(chain) == [("lone_worker_silent", SESSION)]
    assert [n.split()[0] for n in outcome.notices] == ["lone_worker_silent"]
    chain.feed(word(3, state="acknowledged", step="supervisor", silent_after_s=1_800))
    assert shown(chain) == []


def test_an_sos_stands_until_it_is_acknowledged(chain):
    chain.feed(word(1, alarm="sos", reference="sos-1", state="raised"))
    chain.feed(word(2, alarm="sos", reference="sos-1", state="raised"))
    assert shown(chain) == [("sos", "sos-1")]
    chain.feed(word(3, alarm="sos", reference="sos-1", state="acknowledged"))
    assert shown(chain) == []


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    said=st.lists(
        st.tuples(
            st.sampled_from(["raised", "escalated", "acknowledged", "cleared"]),
            st.sampled_from(["supervisor", "second-person"]),
            st.sampled_from([None, 60.0, 1_000.0]),
        ),
        min_size=1,
        max_size=6,
    ),
    order=st.randoms(use_true_random=False),
    twice=st.booleans(),
)
def test_in_whatever_order_words_arrive_the_last_one_said_stands(said, order, twice):
    words = [
        word(seq, NOW_MS + seq, state=state, step=step, silent_after_s=silent)
        for seq, (state, step, silent) in enumerate(said, start=1)
    ]
    shuffled = words * (2 if twice else 1)
    order.shuffle(shuffled)
    with TemporaryDirectory() as folder:
        chain = Harness.at(Path(folder))
        chain.now_ms += 1_000
        for one in shuffled:
            chain.feed(one)
        state, _, silent = said[-1]
        is_open = state in {"raised", "escalated"}
        assert bool(shown(chain)) == is_open
        chain.now_ms += 500_000
        chain.check()
        assert bool(shown(chain)) == (is_open or silent == 60.0)
        chain.engine.dispose()
