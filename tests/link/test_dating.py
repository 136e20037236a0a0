"""Dates: by a trusted source, by an anchor, or frozen without either."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.link import kernel_clock
from edge.link.anchors import MIN_APART_MS, Anchor, AnchorBook
from edge.link.dating import PATIENCE_MS, Dated, Freeze, Present, Wait, date_row
from edge.link.rows import Row

UTC = 1_790_000_000_000
HERE = "0000aaaa"


def anchor(boot_ms: int, utc_ms: int, machine: str = HERE) -> Anchor:
    return Anchor(machine, boot_ms, boot_ms, utc_ms, "gnss")


def row(boot_ms: int = 1_000, machine: str = HERE, **changes: object) -> Row:
    fields = {
        "seq": 1,
        "boot": f"{machine}-00000001",
        "boot_ms": boot_ms,
        "observed_ms": None,
        "clock": "unset",
        "sent_as": None,
        "body": b"{}",
    }
    return Row(**(fields | changes))


def test_the_first_anchor_dates_what_was_measured_before_it() -> None:
    book = AnchorBook([anchor(50_000, UTC)])
    assert book.date(HERE, 20_000) == (UTC - 30_000, "gnss")
    assert book.date("0000bbbb", 20_000) is None


@given(st.lists(st.tuples(st.integers(0, 10**9), st.integers(-5_000, 5_000)), max_size=12))
def test_no_date_changes_once_it_can_have_been_sent(looks: list[tuple[int, int]]) -> None:
    book = AnchorBook()
    given_dates: dict[int, tuple[int, str]] = {}
    for boot_ms, off_ms in sorted(looks):
        for moment in list(given_dates):
            assert book.date(HERE, moment) == given_dates[moment]
        found = anchor(boot_ms, UTC + boot_ms + off_ms)
        if book.needs(found):
            book.add(found)
        for moment in range(0, boot_ms, max(boot_ms // 5, 1)):
            date = book.date(HERE, moment)
            if date and moment not in given_dates and moment < boot_ms:
                given_dates[moment] = date


def test_a_drifting_boot_clock_gets_another_anchor_but_not_every_second() -> None:
    book = AnchorBook([anchor(0, UTC)])
    hour = 3_600_000
    assert not book.needs(anchor(hour, UTC + hour + 900))
    assert book.needs(anchor(hour, UTC + hour + 1_100))
    assert not book.needs(anchor(MIN_APART_MS - 1, UTC + 50_000_000))
    assert not AnchorBook().needs(anchor(0, -5))


def test_a_row_goes_by_its_own_date_then_its_frozen_one_then_the_anchor() -> None:
    book = AnchorBook([anchor(0, UTC)])
    present = Present(HERE, 5_000, UTC)
    assert date_row(row(observed_ms=7, clock="gnss"), book, present, patient=True) == Dated(
        7, "gnss"
    )
    assert date_row(row(sent_as=9), book, present, patient=True) == Dated(9, "unset")
    assert date_row(row(), book, present, patient=True) == Dated(UTC + 1_000, "gnss")


def test_a_row_waits_ten_minutes_unless_it_cannot_or_must_not() -> None:
    nothing = AnchorBook()
    soon = Present(HERE, 1_000 + PATIENCE_MS - 5, UTC)
    late = Present(HERE, 1_000 + PATIENCE_MS, UTC)
    assert date_row(row(), nothing, soon, patient=True) == Wait(5)
    assert date_row(row(), nothing, late, patient=True) == Freeze(UTC - PATIENCE_MS)
    assert isinstance(date_row(row(), nothing, soon, patient=False), Freeze)
    assert date_row(row(machine="0000bbbb"), nothing, soon, patient=True) == Freeze(UTC)


def test_the_kernel_is_believed_only_while_it_is_synchronised() -> None:
    nano = kernel_clock.STA_NANO
    assert kernel_clock.read_timex(0, nano, 100, 5_000_000) == 100_005
    assert kernel_clock.read_timex(0, 0, 100, 5_000) == 100_005
    assert kernel_clock.read_timex(kernel_clock.TIME_ERROR, nano, 100, 0) is None
    assert kernel_clock.read_timex(0, kernel_clock.STA_UNSYNC, 100, 0) is None
    assert kernel_clock.read_timex(-1, 0, 100, 0) is None
    found = kernel_clock.synchronised_ms()
    assert found is None or found > UTC - 10**12
    year = 31_536_000_000
    assert kernel_clock.trusted_now_ms(UTC + year, UTC) is None
    assert kernel_clock.trusted_now_ms(UTC + 5, UTC) == UTC + 5
    assert kernel_clock.trusted_now_ms(UTC, None) is None
