"""An SOS is held, said at once, repeated until seen, and never claimed to be received too early."""

from __future__ import annotations

from copy import deepcopy
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from edge.truck_agent.sos import OpenSos, Sos

NOW_MS = 1_790_000_000_000


def button(kept: OpenSos | None = None) -> Sos:
    numbers = count(1)
    return Sos(lambda: f"sos-{next(numbers)}", kept)


def at(seconds: float) -> tuple[float, int]:
    return seconds, NOW_MS + int(seconds * 1_000)


def test_a_short_press_is_nothing_and_a_long_one_is_one_alarm_at_once():
    sos = button()
    sos.press(0)
    assert sos.tick(*at(1.9)) is None
    sos.release()
    assert sos.tick(*at(5)) is None
    assert sos.state == "idle"
    sos.press(10)
    assert sos.state == "held"
    assert sos.tick(*at(12)).reference == "sos-1"
    assert sos.tick(*at(13)) is None, "the finger is still there"
    sos.release()
    assert sos.state == "sending"


def test_it_is_repeated_until_somebody_acknowledges_by_its_name():
    sos = button()
    sos.trigger(*at(0))
    said = [s for s in range(1, 200) if sos.tick(*at(s))]
    assert said == [60, 120, 180]
    assert sos.acknowledge("sos-9", NOW_MS) is None
    assert sos.acknowledge("sos-1", NOW_MS).acknowledged_ms == NOW_MS
    assert sos.acknowledge("sos-1", NOW_MS) is None
    assert not any(sos.tick(*at(s)) for s in range(200, 400))
    assert sos.state == "acknowledged"
    assert sos.trigger(*at(400)).reference == "sos-2", "a second SOS is another one"


def test_received_is_said_of_the_alarm_that_was_confirmed_and_once():
    sos = button()
    sos.trigger(*at(0))
    assert not sos.confirmed("sos-0", NOW_MS)
    assert sos.state == "sending"
    assert sos.confirmed("sos-1", NOW_MS + 5)
    assert not sos.confirmed("sos-1", NOW_MS + 9)
    assert (sos.state, sos.open.received_ms) == ("received", NOW_MS + 5)


@given(st.lists(st.sampled_from(["press", "ack", "confirm", "restart", "wait"]), max_size=40))
def test_an_open_sos_is_never_forgotten_and_never_silent_for_over_a_minute(events):
    sos, now_s, last_said_s = button(), 0.0, None
    for event in events:
        if event == "press":
            sos.trigger(*at(now_s))
            last_said_s = now_s
        elif event == "ack" and sos.open:
            sos.acknowledge(sos.open.reference, NOW_MS)
        elif event == "confirm" and sos.open:
            sos.confirmed(sos.open.reference, NOW_MS)
        elif event == "restart":
            was_open = sos.is_open
            sos = button(deepcopy(sos.open))
            assert sos.is_open == was_open
        for _ in range(7):
            now_s += 5
            if sos.tick(*at(now_s)):
                assert sos.is_open
                last_said_s = now_s
            if sos.is_open:
                assert now_s - last_said_s <= 60
