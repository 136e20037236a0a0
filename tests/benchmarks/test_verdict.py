"""The judgement of the outage bench must see each kind of fault."""

from benchmarks.outage.verdict import (
    JournalledFix,
    Silence,
    StoredFix,
    judge,
    missing_numbers,
)

T0 = 1_790_000_000_000


def journal(count):
    return [
        JournalledFix(T0 + 200 * n, 44.5 + n * 1e-5, 3.5, T0 + 200 * n + 5) for n in range(count)
    ]


def stored(fix, seq, boot="b", outbox="o"):
    time_ns = fix.observed_ms * 1_000_000 + seq % 1_000_000
    return StoredFix(time_ns, fix.latitude, fix.longitude, outbox, seq, boot)


def points(fixes):
    return [stored(fix, seq) for seq, fix in enumerate(fixes, 1)]


def test_everything_stored_once_is_sound():
    fixes = journal(50)

    verdict = judge("bus/b1", fixes, points(fixes), [], 1_000)

    assert verdict.sound
    assert (verdict.journalled, verdict.stored) == (50, 50)


def test_a_missing_fix_without_a_death_is_lost():
    fixes = journal(50)
    kept = fixes[:20] + fixes[21:]

    verdict = judge("bus/b1", fixes, points(kept), [], 1_000)

    assert verdict.lost == [fixes[20].observed_ms]


def test_fixes_between_the_batch_second_and_the_next_listening_were_never_numbered():
    fixes = journal(50)
    died, listening = fixes[20].written_ms, fixes[30].written_ms
    kept = fixes[:16] + fixes[31:]

    verdict = judge("bus/b1", fixes, points(kept), [Silence(died, listening)], 1_000)

    assert verdict.sound
    assert verdict.never_numbered == 15


def test_a_death_excuses_nothing_older_than_the_batch():
    fixes = journal(50)
    died, listening = fixes[20].written_ms, fixes[30].written_ms
    kept = fixes[:10] + fixes[31:]

    verdict = judge("bus/b1", fixes, points(kept), [Silence(died, listening)], 1_000)

    assert verdict.lost == [fix.observed_ms for fix in fixes[10:13]]


def test_a_fix_under_two_keys_is_doubled():
    fixes = journal(5)

    verdict = judge("bus/b1", fixes, [*points(fixes), stored(fixes[2], 9)], [], 1_000)

    assert verdict.doubled == [fixes[2].observed_ms]


def test_a_point_nobody_measured_is_invented():
    fixes = journal(5)
    strange = fixes[2]._replace(observed_ms=T0 + 1)

    verdict = judge("bus/b1", fixes, [*points(fixes), stored(strange, 9)], [], 1_000)

    assert verdict.invented == [(T0 + 1) * 1_000_000 + 9]


def test_a_moved_position_is_wrong():
    fixes = journal(5)
    moved = points(fixes)
    moved[3] = moved[3]._replace(latitude=moved[3].latitude + 2e-6)

    assert judge("bus/b1", fixes, moved, [], 1_000).wrong == [fixes[3].observed_ms]


def test_numbers_out_of_the_order_of_measurement_are_disordered():
    fixes = journal(3)
    swapped = [stored(fixes[0], 1), stored(fixes[1], 3), stored(fixes[2], 2)]

    assert judge("bus/b1", fixes, swapped, [], 1_000).disordered == [fixes[2].observed_ms]


def test_a_hole_in_the_numbers_must_be_explained():
    numbers = {("o", "position"): [1, 2, 5, 6]}

    assert missing_numbers(numbers, {}) == [("o", "position", 3, 5)]
    assert missing_numbers(numbers, {("o", "position"): [(3, 5)]}) == []


def test_a_missing_fix_whose_number_the_agent_named_was_dropped():
    fixes = journal(10)
    kept = [point for point in points(fixes) if point.seq not in {4, 5}]

    verdict = judge("bus/b1", fixes, kept, [], 1_000, {"o": [(4, 6)]})

    assert verdict.sound
    assert verdict.dropped == 2


def test_named_numbers_excuse_no_more_fixes_than_they_are():
    fixes = journal(10)
    kept = [stored(fix, seq) for seq, fix in enumerate(fixes, 1) if seq not in {4, 5, 6}]

    verdict = judge("bus/b1", fixes, kept, [], 1_000, {"o": [(4, 6)]})

    assert (verdict.dropped, verdict.lost) == (2, [fixes[3].observed_ms])
