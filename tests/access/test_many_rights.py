"""Ten thousand rights on their way to the rights store of a door, and one revocation after them."""

from __future__ import annotations

import secrets

import pytest

from backend.access.card_records import put_card
from backend.access.desk import Author, revoke_card
from backend.access.frames import Frame, frames_of
from backend.access.grant_records import put_grant
from backend.access.model import Card, CardSecrets
from backend.access.press import Press
from backend.access.term import take_term
from backend.records.transaction import writing
from edge.copass.at_rest import SealedFile
from edge.copass.durable_files import RealFiles
from edge.copass.rights_store import RightsStore
from tests.access.scene import (
    DESK,
    DOOR,
    HOUR_MS,
    NOW_MS,
    PLACE,
    TERRITORY,
    Scene,
    serving_now,
    wanted,
)

RIGHTS = 10_000
UNIT = str(DOOR)


def issue_all(scene: Scene, connection) -> list[str]:
    cards = []
    for n in range(RIGHTS):
        card = Card(f"{n:016x}", "ev2", 1, "active", NOW_MS, DESK)
        keys = {slot: secrets.token_bytes(16) for slot in range(5)}
        uid = b"\x04" + n.to_bytes(6, "big")
        put_card(connection, scene.keys.vault, card, CardSecrets(uid, keys))
        put_grant(connection, wanted(card.card_id, offline_for_s=72 * 3_600))
        cards.append(card.card_id)
    return cards


@pytest.mark.long
def test_ten_thousand_rights_arrive_whole_and_a_revocation_costs_hundreds_of_bytes(tmp_path):
    scene = Scene(tmp_path)
    with writing(scene.engine) as connection:
        scene.enrol(connection)
        cards = issue_all(scene, connection)
        term, _ = take_term(connection, scene.keys)
        press = Press(scene.keys.vault, PLACE, serving_now, term)

        def frames(now_ms: int) -> list[Frame]:
            made = press.press(connection, UNIT, now_ms, whole=False)
            assert made is not None
            return frames_of(made, TERRITORY, scene.keys.signer)

        def kept(name: str) -> SealedFile:
            return SealedFile(tmp_path / name, bytes(32), name, RealFiles(), secrets.token_bytes)

        store = RightsStore(kept("rights"), kept("floor"), scene.opener())
        whole = frames(NOW_MS)
        assert max(len(frame.payload) for frame in whole) < 60_000
        answers = [store.take("rights", frame.payload) for frame in reversed(whole)]
        assert [answer.answer for answer in answers if answer] == ["accepted"]
        assert len(store.table.snapshot.rights) == RIGHTS
        revoke_card(connection, cards[77], "lost", Author(DESK, NOW_MS + 1))
        change, *cleared = frames(NOW_MS + 1)
        assert len(change.payload) < 1_000
        assert not change.retain
        assert [frame.topic for frame in cleared] == [frame.topic for frame in whole]
        assert store.take("rights_delta", change.payload).answer == "accepted"
        assert len(store.table.snapshot.rights) == RIGHTS - 1
        (renewal,) = frames(NOW_MS + 5 * HOUR_MS)
        assert len(renewal.payload) < 600
        assert store.take("rights_delta", renewal.payload).answer == "accepted"
    scene.engine.dispose()
