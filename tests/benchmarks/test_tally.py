"""The kills survive the bench, and their shares are what was promised."""

from collections import Counter

from benchmarks.outage.dice import SHARES, Dice
from benchmarks.outage.tally import AGENT, INGEST, LINK, Death, Interruption, Listening, Tally


def death(target, at_ms=1, name=None, group=1, point=None, in_flight=3):
    return Death(at_ms, target, name or target, 1, group, point, in_flight)


def test_a_tally_goes_on_where_it_ended(tmp_path):
    path = tmp_path / "kills.jsonl"
    Tally(path).add(death("agent", 10, "bus/b1", point="row-written-not-synced"))
    Tally(path).add(Listening(20, "bus/b1"))
    with path.open("a") as file:
        file.write('{"kind": "dea')

    tally = Tally(path)
    tally.add(death("broker", 30))

    again = Tally(path)
    assert again.silences("bus/b1") == [(10, 20)]
    assert again.kills == 2
    assert again.summary()["crash_points"] == {"row-written-not-synced": 1}


def test_a_death_without_a_new_life_is_open_ended(tmp_path):
    tally = Tally(tmp_path / "kills.jsonl")
    tally.add(death("agent", 10, "bus/b1"))
    tally.add(Listening(20, "bus/b1"))
    tally.add(death("agent", 30, "bus/b1"))

    assert tally.silences("bus/b1") == [(10, 20), (30, None)]


def test_an_interruption_excuses_but_is_no_kill(tmp_path):
    tally = Tally(tmp_path / "kills.jsonl")
    tally.add(Interruption(5, "bus/b1"))
    tally.add(Listening(9, "bus/b1"))

    assert tally.silences("bus/b1") == [(5, 9)]
    assert tally.kills == 0


def test_cut_links_are_counted_beside_the_kills(tmp_path):
    tally = Tally(tmp_path / "kills.jsonl")
    tally.add(death(LINK, group=1))
    tally.add(death("broker", group=1))

    summary = tally.summary()
    assert (summary["kills"], summary["link_cuts"]) == (1, 1)
    assert summary["together"] == {"2": 1}


def test_every_target_gets_its_share_and_half_die_at_a_named_point():
    dice = Dice(1)
    counts, at_point = Counter(), 0
    while sum(counts.values()) < 1_000:
        target = dice.one_of([AGENT] * 11 + [INGEST] * 10)
        at_point += dice.life(target, target, 10, counts, at_point).point is not None
        counts[target] += 1
        for other in dice.companions(counts) or dice.owed(counts)[:1]:
            counts[other] += 1

    total = sum(counts.values())
    assert set(counts) == set(SHARES)
    assert all(count >= 0.15 * total for count in counts.values())
    assert at_point >= 0.5 * total


def test_the_same_seed_makes_the_same_choices():
    one, two = (Dice(7), Dice(7))

    assert [one.life(AGENT, "a", 9, {}, 0) for _ in range(9)] == [
        two.life(AGENT, "a", 9, {}, 0) for _ in range(9)
    ]
    assert [Dice(8).life(AGENT, "a", 9, {}, 0) for _ in range(9)] != [
        Dice(7).life(AGENT, "a", 9, {}, 0) for _ in range(9)
    ]
