"""The ladder: every step is acknowledged or escalated, once, whatever else happens."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from edge.truck_agent.lone_worker import ASKED, LadderRules, LoneWorker, Session, Word

RULES = LadderRules(
    interval_s=1_800, cab_s=120, supervisor_s=300, second_s=300, taken_s=900, margin_s=60
)


def ladder(*, at_s: float = 0.0) -> LoneWorker:
    worker = LoneWorker(RULES)
    worker.start("lw-1", at_s)
    return worker


def walked(worker: LoneWorker, from_s: int, until_s: int) -> list[tuple[int, str, str | None]]:
    return [
        (now_s, word.state, word.step)
        for now_s in range(from_s, until_s)
        for word in worker.tick(now_s)
    ]


def test_silence_asks_the_cab_then_a_supervisor_then_a_second_person_again_and_again():
    assert walked(ladder(), 0, 3_000) == [
        (1_800, "cleared", "cab"),
        (1_920, "raised", "supervisor"),
        (2_220, "escalated", "second-person"),
        (2_520, "escalated", "second-person"),
        (2_820, "escalated", "second-person"),
    ]


def test_a_sign_of_life_ends_every_step_and_says_until_when_silence_is_in_order():
    for asked_s in (1_700, 1_850, 2_000, 2_300):
        worker = ladder()
        walked(worker, 0, asked_s)
        assert worker.alive(asked_s) == [Word("lw-1", "cleared", None, 2_280)]
        assert not worker.buzzes
        assert walked(worker, asked_s, asked_s + 1_800) == []


def test_driving_is_a_sign_of_life_until_others_were_asked():
    worker = ladder()
    assert worker.drives(100) == [], "it was announced a moment ago"
    assert [w.state for w in worker.drives(400)] == ["cleared"]
    walked(worker, 400, 2_210)
    assert worker.buzzes
    assert [w.state for w in worker.drives(2_210)] == ["cleared"]
    assert not worker.buzzes
    walked(worker, 2_210, 4_200)
    assert worker.session.step in ASKED
    assert worker.drives(4_200) == []
    assert worker.session.step in ASKED


def test_driving_that_was_not_announced_does_not_make_the_backend_ask_first():
    worker = ladder()
    assert worker.session.announced_s == 0
    worker.drives(299)
    silent_s = ladder().alive(0)[0].silent_after_s
    assert walked(worker, 299, 2_200)[0][0] == 2_099 < silent_s


def test_whoever_acknowledges_is_on_it_and_if_nothing_comes_of_it_is_asked_anew():
    worker = ladder()
    assert worker.acknowledge(10) == [], "nobody was asked"
    walked(worker, 0, 2_000)
    assert worker.acknowledge(2_000) == [Word("lw-1", "acknowledged", "supervisor", 960)]
    assert walked(worker, 2_000, 3_300) == [
        (2_900, "raised", "supervisor"),
        (3_200, "escalated", "second-person"),
    ]


def test_a_zone_without_network_stretches_what_the_backend_may_not_hear_and_no_step():
    worker = ladder()
    [word] = worker.without_network(720, 0)
    assert word.silent_after_s == 2_280 + 720
    assert worker.without_network(740, 10) == [], "not worth a message"
    assert walked(worker, 0, 2_000)[0] == (1_800, "cleared", "cab"), "the buzzer does not wait"
    assert ladder().without_network(0, 5) == []


def test_after_a_power_cut_the_person_is_asked_at_once():
    worker = ladder()
    kept = msgspec.json.decode(msgspec.json.encode(worker.session), type=Session)
    again = LoneWorker(RULES)
    again.resume(kept, 7.0, same_boot=False)
    assert [(w.state, w.step) for w in again.tick(7.0)] == [("cleared", "cab")]


def test_after_a_restart_the_session_goes_on_where_it_was():
    worker = ladder()
    walked(worker, 0, 1_900)
    again = LoneWorker(RULES)
    again.resume(worker.session, 1_900, same_boot=True)
    assert again.buzzes
    assert walked(again, 1_900, 1_930) == [(1_920, "raised", "supervisor")]


class Ladder(RuleBasedStateMachine):
    """Each step that began is in `open_step` until it ends; how it ends is written down."""

    @initialize()
    def begin(self) -> None:
        self.now_s = 0.0
        self.worker = LoneWorker(RULES)
        self.open_step: str | None = None
        self.open_since_s = 0.0
        self.endings: list[tuple[str, str]] = []
        self.deadline_s: float | None = None

    def hear(self, words: list[Word]) -> None:
        for word in words:
            if word.step is not None and word.state != "acknowledged":
                if self.open_step is not None:
                    self.endings.append((self.open_step, "escalated"))
                self.open_step, self.open_since_s = word.step, self.now_s
            elif self.open_step is not None:
                self.endings.append((self.open_step, "acknowledged"))
                self.open_step = None
            if word.silent_after_s is not None:
                self.deadline_s = self.now_s + word.silent_after_s
            elif word.state == "cleared":
                self.deadline_s = None

    @rule()
    def start(self) -> None:
        self.hear(self.worker.start("lw-1", self.now_s))

    @rule()
    def sign_of_life(self) -> None:
        self.hear(self.worker.alive(self.now_s))

    @rule()
    def drive(self) -> None:
        before = self.worker.session and self.worker.session.step
        words = self.worker.drives(self.now_s)
        if before == "cab":
            assert words, "the cab's question is answered aloud"
        self.hear(words)

    @rule(grace_s=st.sampled_from([0.0, 720.0, 2_700.0]))
    def zone(self, grace_s: float) -> None:
        self.hear(self.worker.without_network(grace_s, self.now_s))

    @rule()
    def acknowledge(self) -> None:
        self.hear(self.worker.acknowledge(self.now_s))

    @rule()
    def end(self) -> None:
        self.hear(self.worker.end())

    @rule(same_boot=st.booleans())
    def restart(self, same_boot: bool) -> None:
        kept = self.worker.session
        self.worker = LoneWorker(RULES)
        if kept is not None:
            kept = msgspec.json.decode(msgspec.json.encode(kept), type=Session)
            self.worker.resume(kept, self.now_s, same_boot=same_boot)

    @rule(seconds=st.integers(1, 2_500))
    def wait(self, seconds: int) -> None:
        for _ in range(seconds // 5):
            self.now_s += 5
            self.hear(self.worker.tick(self.now_s))
            self.no_step_outlasts_its_time()
            self.a_session_is_never_lost_and_its_silence_always_has_an_end()

    @invariant()
    def no_step_outlasts_its_time(self) -> None:
        if self.open_step is not None:
            assert self.now_s - self.open_since_s <= RULES.lasts_s(self.open_step) + 5

    @invariant()
    def a_session_is_never_lost_and_its_silence_always_has_an_end(self) -> None:
        if self.worker.session is None:
            assert self.open_step is None
            assert self.deadline_s is None
        elif self.open_step not in ASKED:
            assert self.deadline_s is not None
            assert self.deadline_s >= self.now_s, "the unit speaks before the backend must ask"

    @invariant()
    def a_step_that_is_open_is_the_one_it_stands_on(self) -> None:
        session = self.worker.session
        on = session.step if session and session.step in {"cab", *ASKED} else None
        assert on == self.open_step

    @precondition(lambda self: len(self.endings) > 1)
    @rule()
    def steps_ended_in_the_order_of_the_ladder(self) -> None:
        order = {"cab": "supervisor", "supervisor": "second-person"}
        for (step, how), (following, _) in zip(self.endings, self.endings[1:], strict=False):
            if how == "escalated":
                assert following == order.get(step, "second-person")


TestLadder = Ladder.TestCase
TestLadder.settings = settings(max_examples=120, stateful_step_count=30, deadline=None)


@given(st.floats(min_value=0, max_value=1e6))
def test_there_is_nothing_to_say_without_a_session(now_s):
    worker = LoneWorker(RULES)
    assert worker.tick(now_s) + worker.alive(now_s) + worker.drives(now_s) + worker.end() == []
