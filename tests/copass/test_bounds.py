"""The bound that a door states holds: a card revoked elsewhere opens until then and no longer."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.copass.bounds import clockless_bound_s, revocation_bound
from edge.copass.decision import Asked, Policy, decide
from edge.copass.rights_table import RightsTable
from edge.copass.time_keeper import STORE_EVERY_MS, KeptTime, Moment, TimeKeeper
from tests.copass.rights_made import DAY_MS, HOUR_MS, NOON_MS, booking, right, table, tag_of

kinds = st.one_of(
    st.builds(lambda s: {"offline_for_s": s}, st.integers(0, 30 * 86_400)),
    st.builds(
        lambda start, length: {
            "kind": "booking",
            "offline_for_s": None,
            "starts_ms": NOON_MS + start * HOUR_MS,
            "ends_ms": NOON_MS + (start + length) * HOUR_MS,
        },
        st.integers(-48, 48),
        st.integers(1, 48),
    ),
    st.builds(lambda s: {"offline_for_s": s, "schedule": 0}, st.integers(0, 30 * 86_400)),
)
policies = st.builds(
    Policy,
    clockless_limit_ms=st.integers(0, 100 * HOUR_MS),
    windowed_without_clock=st.sampled_from(["refuse", "reckon"]),
)


def opens(held: RightsTable, moment: Moment, policy: Policy) -> bool:
    decided = decide(Asked(tag_of("ada"), "door", proof="authentic"), held, moment, policy)
    return decided is not None and decided.is_granted


@given(kinds, st.integers(0, 40 * DAY_MS))
def test_with_a_clock_nothing_opens_at_or_after_the_revocation_bound(fields, later_ms):
    held = table(right(1, "ada", **fields))
    bound_ms = revocation_bound(held)
    now_ms = NOON_MS + later_ms
    if opens(held, Moment(now_ms, "ntp"), Policy()):
        assert now_ms < bound_ms


@given(kinds, policies, st.lists(st.integers(1, 30 * HOUR_MS), min_size=1, max_size=12))
def test_without_a_clock_nothing_opens_beyond_the_clockless_bound_of_running_time(
    fields, policy, boots
):
    held = table(right(1, "ada", **fields))
    bound_s = clockless_bound_s(held, Moment(NOON_MS, "ntp"), policy)
    # The last the disk knew was up to five minutes old when the power went.
    kept, ran_ms = KeptTime(NOON_MS - STORE_EVERY_MS, 0), 0
    for run_ms in boots:
        keeper = TimeKeeper(kept, 0)
        for at_ms in (0, run_ms // 2, run_ms):
            if opens(held, keeper.look(at_ms, None), policy):
                assert ran_ms + at_ms < bound_s * 1_000
        ran_ms += run_ms
        kept = keeper.kept(max(run_ms - STORE_EVERY_MS, 0))


def test_the_bounds_of_a_member_and_of_nothing():
    held = table(right(1, "ada"), booking(2, "ada", NOON_MS, NOON_MS + 96 * HOUR_MS))
    assert revocation_bound(held) == NOON_MS + 96 * HOUR_MS + 15 * 60_000
    policy = Policy(clockless_limit_ms=100 * HOUR_MS)
    assert clockless_bound_s(held, Moment(NOON_MS, "ntp"), policy) == 72 * 3_600
    assert clockless_bound_s(held, Moment(NOON_MS, "unset", 99 * HOUR_MS), policy) == 3_600
    assert revocation_bound(RightsTable()) is None
    assert clockless_bound_s(RightsTable(), Moment(NOON_MS, "ntp"), policy) == 0
