"""Another device in a unit, and a records store that goes away: said, bounded, survived."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from contextlib import suppress

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy.exc import OperationalError

from backend.access.desk import Author, revoke_card
from backend.access.door_records import put_fields
from backend.access.door_report import report_doors
from backend.access.frames import frames_of
from backend.access.press import Press
from backend.access.term import take_term
from backend.records.transaction import writing
from backend.steady import steadily
from contract.clock import ManualClock
from edge.link.sealed import SealRefused
from tests.access.scene import (
    DESK,
    DOOR,
    HOUR_MS,
    NOW_MS,
    PLACE,
    TERRITORY,
    Scene,
    give,
    serving_now,
)

UNIT = str(DOOR)


def test_the_device_that_was_taken_out_still_counts_for_the_bound_and_reads_nothing_new(tmp_path):
    scene = Scene(tmp_path)
    with writing(scene.engine) as connection:
        scene.enrol(connection)
        card = scene.issue(connection, 1)
        give(connection, card, kind="key_holder", offline_for_s=20 * 86_400)
        term, _ = take_term(connection, scene.keys)
        press = Press(scene.keys.vault, PLACE, serving_now, term)
        press.press(connection, UNIT, NOW_MS, whole=False)
        scene.enrol(connection, X25519PrivateKey.generate(), 2)
        assert press.moved(connection) == [UNIT]
        made = press.press(connection, UNIT, NOW_MS + 1, whole=False)
        assert made is not None
        assert press.moved(connection) == []
        (frame,) = frames_of(made, TERRITORY, scene.keys.signer)
        with pytest.raises(SealRefused):
            scene.opener().open("rights", frame.payload)
        revoke_card(connection, card, "lost", Author(DESK, NOW_MS + 2))
        press.press(connection, UNIT, NOW_MS + 2, whole=False)
        # The new device says it holds the newest; the old one will never say anything.
        put_fields(connection, UNIT, held_version=3, held_ms=NOW_MS + 3)
        (door,) = report_doors(connection, NOW_MS + 4)
        assert door.is_current
        assert door.revocation_bound_ms == NOW_MS + 20 * 24 * HOUR_MS
        assert [(one.card, one.state) for one in door.still_opens] == [(card, "lost")]
        (later,) = report_doors(connection, NOW_MS + 21 * 24 * HOUR_MS)
        assert (later.revocation_bound_ms, later.still_opens) == (None, ())
    scene.engine.dispose()


async def test_a_lost_store_is_said_once_survived_and_said_once_more_when_back(caplog):
    clock, tries = ManualClock(), []

    async def work() -> None:
        tries.append(clock.now_ms())
        if len(tries) in {2, 3, 4}:
            raise OperationalError("SELECT", {}, sqlite3.OperationalError("database is locked"))

    with caplog.at_level(logging.INFO, "softplace.dispatch"):
        task = asyncio.create_task(steadily("bell", work, 1.0, clock))
        await clock.advance(6)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    assert len(tries) == 7
    said = [record.getMessage().split()[0] for record in caplog.records]
    assert said == ["records_away", "records_back"]
