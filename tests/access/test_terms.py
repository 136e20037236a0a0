"""Dispatchers that follow each other, and records that come back from a backup."""

from __future__ import annotations

import shutil

import pytest

from backend.access.desk import Author, revoke_card
from backend.access.door_records import open_door
from backend.access.errors import Superseded, TermUnusable
from backend.access.frames import frames_of
from backend.access.press import Press
from backend.access.term import take_term
from backend.records.transaction import writing
from tests.access.scene import (
    DESK,
    DOOR,
    NOW_MS,
    PLACE,
    TERRITORY,
    DoorDouble,
    Scene,
    give,
    serving_now,
)

UNIT = str(DOOR)


def dispatcher(scene: Scene, connection) -> Press:
    term, _ = take_term(connection, scene.keys)
    scene.keys.keep_term(term)
    return Press(scene.keys.vault, PLACE, serving_now, term, small_bytes=0)


def tell(scene: Scene, press: Press, connection, door: DoorDouble, now_ms: int) -> None:
    made = press.press(connection, UNIT, now_ms, whole=False)
    assert made is not None
    for frame in frames_of(made, TERRITORY, scene.keys.signer):
        if frame.payload:
            door.take("rights" if frame.retain else "rights_delta", frame.payload)


def test_of_two_dispatchers_the_newer_publishes_and_the_older_ends(tmp_path):
    scene = Scene(tmp_path)
    with writing(scene.engine) as connection:
        scene.enrol(connection)
        give(connection, scene.issue(connection, 1))
        older, newer = dispatcher(scene, connection), dispatcher(scene, connection)
        assert newer.press(connection, UNIT, NOW_MS, whole=False) is not None
        with pytest.raises(Superseded, match="took over"):
            older.press(connection, UNIT, NOW_MS, whole=False)


def test_records_from_a_backup_go_on_above_every_version_ever_given(tmp_path):
    path, backup = tmp_path / "records.sqlite", tmp_path / "backup.sqlite"
    scene = Scene(tmp_path, f"sqlite:///{path}")
    door = DoorDouble(scene.opener())
    with writing(scene.engine) as connection:
        scene.enrol(connection)
        cards = [scene.issue(connection, n) for n in range(1, 6)]
        for card in cards:
            give(connection, card)
        tell(scene, dispatcher(scene, connection), connection, door, NOW_MS)
    scene.engine.dispose()
    shutil.copy(path, backup)
    with writing(scene.engine) as connection:
        press = dispatcher(scene, connection)
        tell(scene, press, connection, door, NOW_MS + 1)
        for step, card in enumerate(cards[:3]):
            revoke_card(connection, card, "lost", Author(DESK, NOW_MS + 2 + step))
            tell(scene, press, connection, door, NOW_MS + 2 + step)
    given = door.edition
    scene.engine.dispose()
    for leftover in tmp_path.glob("records.sqlite-*"):
        leftover.unlink()
    shutil.copy(backup, path)
    with writing(scene.engine) as connection:
        tell(scene, dispatcher(scene, connection), connection, door, NOW_MS + 9)
        assert door.edition > given
        assert door.edition[1] > given[1] + 1_000
        held = open_door(connection, scene.keys.vault, UNIT).snapshot
        assert door.snapshot == held
        assert len(door.snapshot.rights) == 5
    scene.engine.dispose()


def test_a_damaged_term_is_said_and_nothing_is_published(tmp_path):
    scene = Scene(tmp_path)
    scene.keys.term_path.write_text("many\n", encoding="ascii")
    with writing(scene.engine) as connection, pytest.raises(TermUnusable, match="plus one"):
        take_term(connection, scene.keys)
