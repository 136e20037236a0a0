"""Counting bytes of stations that come, go, restart their counters and wrap them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.drivers.wifi_ledger import Totals, UsageLedger
from edge.drivers.wifi_station import Station

KEY = bytes(32)
PHONE = "02:00:00:00:00:01"


def phone(received: int, connected_s: int | None = None, **changed: object) -> Station:
    fields = {"mac": PHONE, "authorized": True, "received_bytes": received, "sent_bytes": 0}
    return Station(**fields | {"connected_s": connected_s} | changed)


def used(*looks: tuple[float, list[Station]]) -> Totals:
    ledger = UsageLedger(KEY)
    for at_s, stations in looks:
        ledger.look(stations, at_s)
    return ledger.close()


def test_what_was_used_before_the_first_look_is_not_ours():
    assert used((0, [phone(5_000, 600)]), (30, [phone(5_700, 630)])).received_bytes == 700


def test_a_station_that_came_between_two_looks_counts_from_its_association():
    assert used((0, []), (30, [phone(900, 12)])).received_bytes == 900
    assert used((0, []), (30, [phone(900, 3_000)])).received_bytes == 0
    assert used((0, []), (30, [phone(900, None)]), (60, [phone(950)])).received_bytes == 50


def test_a_reassociation_begins_anew_even_where_the_counter_is_higher():
    assert used((0, [phone(100, 600)]), (30, [phone(300, 5)])).received_bytes == 300


def test_a_counter_that_fell_began_anew_and_one_of_32_bits_went_round():
    assert used((0, [phone(100)]), (30, [phone(40)])).received_bytes == 40
    assert used((0, [phone(2**32 - 10, 600)]), (30, [phone(40, 630)])).received_bytes == 50


def test_the_stations_of_an_interval_are_the_most_at_one_moment_and_only_authorized_ones():
    others = [phone(0, mac=f"02:00:00:00:00:1{n}") for n in range(3)]
    guessing = phone(0, authorized=False, mac="02:00:00:00:00:ff")
    ledger = UsageLedger(KEY)
    ledger.look([phone(0), *others, guessing], 0)
    ledger.look(others[:1], 30)
    assert ledger.present == 1
    assert ledger.close().stations == 4
    assert ledger.close().stations == 1


def test_who_stayed_away_for_an_interval_is_forgotten_and_no_address_is_kept():
    ledger = UsageLedger(KEY)
    ledger.look([phone(5)], 0)
    [(name, seen)] = ledger._seen.items()
    assert seen.station.mac == ""
    assert PHONE.encode() not in name
    ledger.close()
    ledger.look([], 30)
    ledger.close()
    assert not ledger._seen


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["stays", "roams", "leaves"]),
            st.integers(0, 2**34),
            st.integers(5, 60),
        ),
        max_size=12,
    ),
    st.booleans(),
)
def test_never_more_is_counted_than_was_used(life: list[tuple[str, int, int]], tells_age: bool):
    """`roams`: associates anew right after a look; `leaves`: is not seen by the look in between."""
    ledger = UsageLedger(KEY)
    now_s, counter, since_s, truly = 0, 0, 0, 0
    ledger.look([], now_s)
    exact = tells_age
    for what, bytes_used, wait_s in life:
        if what == "leaves":
            now_s += 5
            ledger.look([], now_s)
        if what != "stays":
            counter, since_s = 0, now_s
        now_s += wait_s
        counter += bytes_used
        truly += bytes_used
        ledger.look([phone(counter, now_s - since_s - 1 if tells_age else None)], now_s)
        exact &= what == "leaves"
    counted = ledger.close().received_bytes
    assert counted <= truly
    if exact:
        assert counted == truly
