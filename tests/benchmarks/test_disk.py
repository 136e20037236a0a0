"""The disk of the power cuts must be able to lose what SQLite does not protect."""

from pathlib import Path
from random import Random

import pytest

from benchmarks.power_cut.disk import (
    Delete,
    Rename,
    Said,
    Sync,
    SyncDirectory,
    Truncate,
    Write,
    crash_images,
)
from benchmarks.power_cut.runner import Findings, cut_power


def dice(seed):
    return Random(seed)  # noqa: S311 - repeatable on purpose


def images(events, cut, count=200):
    return [
        next(crash_images({}, events, [cut], dice(seed))).files.get("f") for seed in range(count)
    ]


def test_a_synced_write_is_in_every_image():
    events = [Write("f", 0, b"a" * 1_024), Sync("f"), Write("f", 0, b"b" * 1_024)]

    assert set(images(events, 2)) == {b"a" * 1_024}


def test_an_unsynced_write_is_kept_forgotten_or_torn_at_sectors():
    events = [Write("f", 0, b"a" * 1_024), Sync("f"), Write("f", 0, b"b" * 1_024)]

    seen = set(images(events, 3))

    old, new = b"a" * 512, b"b" * 512
    assert seen == {old + old, new + new, old + new, new + old}


def test_unsynced_writes_overtake_each_other():
    events = [Write("f", 0, b"0"), Sync("f"), Write("f", 0, b"1"), Write("f", 0, b"2")]

    assert set(images(events, 4)) == {b"0", b"1", b"2"}
    reordered = [
        cut.files["f"]
        for seed in range(300)
        for cut in crash_images({}, events, [4], dice(seed))
        if cut.fate == "reordered"
    ]
    assert b"1" in reordered


def test_an_unsynced_truncation_may_be_undone():
    events = [Write("f", 0, b"abc"), Sync("f"), Truncate("f", 1)]

    assert set(images(events, 3)) == {b"abc", b"a"}


def test_a_new_file_may_have_no_name_until_its_first_sync():
    events = [Write("f", 0, b"abc"), Sync("f")]

    assert None in images(events, 1)
    assert set(images(events, 2)) == {b"abc"}


def test_a_deletion_may_be_undone_until_the_directory_is_synced():
    born = [Write("f", 0, b"abc"), Sync("f")]

    assert set(images([*born, Delete("f", synced=False)], 3)) == {None, b"abc"}
    assert set(images([*born, Delete("f", synced=True)], 3)) == {None}
    other = [Write("g", 0, b"x"), Sync("g")]
    assert set(images([*born, Delete("f", synced=False), *other], 5)) == {None}


def test_a_plain_sync_promises_nothing_of_the_name():
    events = [Write("f", 0, b"abc"), Sync("f", directory=False), SyncDirectory()]

    assert set(images(events, 2)) == {None, b"abc"}
    assert set(images(events, 3)) == {b"abc"}


def test_a_rename_may_not_have_happened_until_the_directory_is_synced():
    born = [Write("f", 0, b"old"), Sync("f")]
    beside = [Write("g", 0, b"new"), Sync("g", directory=False), Rename("g", "f")]

    assert set(images([*born, *beside], 5)) == {b"old", b"new"}
    assert set(images([*born, *beside, SyncDirectory()], 6)) == {b"new"}
    careless = [Write("g", 0, b"new"), Rename("g", "f"), SyncDirectory()]
    assert b"" in images([*born, *careless], 5)


def test_the_same_seed_makes_the_same_image():
    events = [Write("f", 512 * n, bytes([n]) * 512) for n in range(20)] + [Said("x")]
    one, two = (next(crash_images({}, events, [15], dice(9))) for _ in range(2))

    assert one == two


class Notebook:
    """Commits rows and promises each: the subject that shows what the cuts can see."""

    steps = 12

    def __init__(self, journal_mode: str, synchronous: str) -> None:
        self.name = f"{journal_mode} {synchronous}"
        self._pragmas = (journal_mode, synchronous)

    def work(self, directory: Path, connect, recorder, steps, random) -> None:
        connection = connect(directory / "notes.sqlite")
        connection.execute(f"PRAGMA journal_mode={self._pragmas[0]}")
        connection.execute(f"PRAGMA synchronous={self._pragmas[1]}")
        connection.execute("PRAGMA wal_autocheckpoint=8")
        connection.execute("CREATE TABLE IF NOT EXISTS note (id INTEGER PRIMARY KEY, text TEXT)")
        for _ in range(steps):
            connection.execute("BEGIN IMMEDIATE")
            row = connection.execute(
                "INSERT INTO note (text) VALUES (?) RETURNING id", ("x" * random.randint(1, 6_000),)
            ).fetchone()
            connection.execute("COMMIT")
            recorder.say(row[0])
        connection.close()

    def inspect(self, directory: Path, said) -> Findings:
        import sqlite3

        connection = sqlite3.connect(directory / "notes.sqlite")
        try:
            tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            held = {r[0] for r in connection.execute("SELECT id FROM note")} if tables else set()
        finally:
            connection.close()
        return Findings(lost=len(set(said) - held))


@pytest.mark.parametrize("pragmas", [("WAL", "FULL"), ("DELETE", "EXTRA")], ids=" ".join)
def test_what_sqlite_synced_survives_every_cut(pragmas):
    row = cut_power(Notebook(*pragmas), 600, seed=1)

    assert (row.cut_points, row.lost, row.duplicated, row.corrupt) == (600, 0, 0, 0)
    assert len(row.fates) == 6


@pytest.mark.parametrize(
    "pragmas", [("WAL", "NORMAL"), ("DELETE", "FULL"), ("DELETE", "OFF")], ids=" ".join
)
def test_what_was_not_synced_is_lost_by_some_cut(pragmas):
    row = cut_power(Notebook(*pragmas), 600, seed=1)

    assert row.lost + row.corrupt > 0
    assert not row.as_row()["passed"]
