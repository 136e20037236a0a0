"""A locker by itself: every way in which equipment leaves and comes back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.space_agent.locker import Clear, Lending, Locker, LockerTimes, Raise

NOON_MS = 1_793_098_800_000
HOUR_MS = 3_600_000
TIMES = LockerTimes()


class Scene:
    """A locker, its holder's hands, and time in seconds."""

    def __init__(self, lending: Lending | None = None, *, has_contact: bool = True) -> None:
        self.locker = Locker("drill", TIMES, has_contact=has_contact, lending=lending)
        self.at_ms = 0
        self.said: list[tuple[str, str]] = []
        self.knows_time = True
        self.shut()
        self.put(present=lending is None or lending.state == "in")

    @property
    def state(self) -> str:
        return self.locker.lending.state

    @property
    def utc_ms(self) -> int | None:
        return NOON_MS + self.at_ms if self.knows_time else None

    def wait(self, seconds: float) -> None:
        self.at_ms += int(seconds * 1_000)
        self.do(self.locker.tick(self.at_ms, self.utc_ms))

    def grant(self, holder: str = "ada", until_ms: int | None = NOON_MS + HOUR_MS) -> None:
        self.locker.granted(holder, until_ms, self.at_ms)

    def open(self) -> None:
        self.do(self.locker.contact(closed=False, boot_ms=self.at_ms))

    def shut(self) -> None:
        self.do(self.locker.contact(closed=True, boot_ms=self.at_ms))

    def put(self, *, present: bool) -> None:
        told = self.locker.equipment(present=present, boot_ms=self.at_ms, utc_ms=self.utc_ms)
        self.do(told)

    def do(self, effects: list[Raise | Clear]) -> None:
        self.said += [
            (effect.alarm, "raised" if isinstance(effect, Raise) else "cleared")
            for effect in effects
        ]


def lent() -> Scene:
    scene = Scene()
    scene.grant()
    scene.wait(5)
    scene.open()
    scene.wait(30)
    scene.put(present=False)
    scene.shut()
    return scene


def test_taken_by_right_and_put_back_is_a_lending_and_no_alarm():
    scene = lent()
    assert scene.locker.lending == Lending("lent", "ada", NOON_MS + HOUR_MS)
    scene.wait(600)
    scene.grant()
    scene.open()
    scene.put(present=True)
    assert scene.state == "returned"
    scene.shut()
    assert (scene.state, scene.said) == ("in", [])


def test_what_is_not_put_back_when_the_right_is_over_is_missing_and_then_returned():
    scene = lent()
    scene.wait(3_600 + 14 * 60)
    assert scene.state == "lent"
    scene.wait(2 * 60)
    assert (scene.state, scene.said) == ("missing", [("equipment_missing", "raised")])
    scene.wait(7_200)
    scene.grant()
    scene.open()
    scene.put(present=True)
    scene.shut()
    assert scene.state == "in"
    assert scene.said == [("equipment_missing", "raised"), ("equipment_missing", "cleared")]


def test_without_a_trusted_clock_nobody_is_late():
    scene = lent()
    scene.knows_time = False
    scene.wait(86_400)
    assert scene.state == "lent"
    scene.knows_time = True
    scene.wait(1)
    assert scene.state == "missing"


def test_a_right_without_an_end_lends_for_the_longest_time():
    scene = Scene()
    scene.knows_time = False
    scene.grant(until_ms=None)
    scene.open()
    scene.put(present=False)
    scene.knows_time = True
    scene.wait(1)
    assert scene.locker.lending.until_ms == NOON_MS + 1_000 + TIMES.lends_ms


def test_a_locker_opened_without_a_card_is_forced_and_its_equipment_missing_at_once():
    scene = Scene()
    scene.grant()
    scene.wait(16)
    scene.open()
    scene.put(present=False)
    assert scene.said == [("door_forced", "raised"), ("equipment_missing", "raised")]
    scene.put(present=True)
    scene.shut()
    assert scene.said[2:] == [("equipment_missing", "cleared"), ("door_forced", "cleared")]


def test_a_door_that_stays_open_is_said_once():
    scene = Scene()
    scene.grant()
    scene.open()
    for _ in range(10):
        scene.wait(60)
    scene.shut()
    assert scene.said == [("door_held_open", "raised"), ("door_held_open", "cleared")]


def test_what_went_while_the_power_was_off_is_missing():
    scene = Scene()
    again = Locker("drill", TIMES, has_contact=True, lending=scene.locker.lending)
    [effect] = again.equipment(present=False, boot_ms=0, utc_ms=None)
    assert effect == Raise("equipment_missing", "gone while nobody watched")
    assert again.lending.state == "missing"


def test_a_lending_outlives_a_restart():
    scene = Scene(lent().locker.lending)
    assert (scene.state, scene.said) == ("lent", [])
    scene.wait(2 * 3_600)
    assert scene.said == [("equipment_missing", "raised")]


def test_a_locker_without_a_contact_lends_by_the_tap_alone():
    scene = Scene(has_contact=False)
    scene.grant()
    scene.put(present=False)
    assert scene.state == "lent"
    scene.put(present=True)
    assert scene.state == "in"


steps = st.lists(
    st.one_of(
        st.sampled_from(["grant", "open", "shut", "out", "in", "clock"]),
        st.integers(1, 7_200),
    ),
    max_size=40,
)


@given(steps)
def test_no_order_of_events_loses_equipment_without_a_word(told: list[str | int]):
    scene, present = Scene(), True
    for step in told:
        match step:
            case "grant":
                scene.grant()
            case "open":
                scene.open()
            case "shut":
                scene.shut()
            case "out" | "in":
                present = step == "in"
                scene.put(present=present)
            case "clock":
                scene.knows_time = not scene.knows_time
            case int():
                scene.wait(step)
        missing = [word for alarm, word in scene.said if alarm == "equipment_missing"]
        assert missing == ["raised", "cleared"] * (len(missing) // 2) + ["raised"] * (
            len(missing) % 2
        ), "raised and cleared in turn"
        assert (scene.state == "missing") == bool(len(missing) % 2)
        assert (scene.state in {"lent", "missing"}) == (not present)
    scene.knows_time = True
    scene.wait(10 * 86_400)
    assert present or scene.state == "missing"
