"""A source that keeps its own journal knows, after any end, what it has handed over."""

from __future__ import annotations

from pathlib import Path

from contract.streams import BY_NAME
from edge.link.notes import mark_note
from edge.link.outbox import Outbox
from edge.link.rows import NewRow

TAP = BY_NAME["tap"].number
MARK = mark_note("journal:1c84")


def entry(number: int) -> NewRow:
    body = b'{"n":%d}' % number
    return NewRow(TAP, number, 1_790_000_000_000, "gnss", body, None, (MARK, number))


def test_a_mark_is_written_with_its_row_or_not_at_all(tmp_path: Path):
    path = tmp_path / "outbox.sqlite"
    outbox = Outbox(path, "serial", "3fa2c91d-0b7e44aa")
    outbox.append([entry(1), entry(2)])
    assert outbox.notes[MARK] == 2
    outbox.database.close()
    again = Outbox(path, "serial", "3fa2c91d-0b7e44ab")
    assert again.notes[MARK] == 2
    assert again.book(again.current, BY_NAME["tap"]).next == 3
    again.close()
