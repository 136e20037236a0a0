"""Whatever is lost, late or doubled: a door holds what was published, and its bound is true."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from backend.access.desk import Author, revoke_card, revoke_grant
from backend.access.door_records import open_door, put_fields, read_lingering, read_states
from backend.access.exposure import bound_ms
from backend.access.frames import frames_of
from backend.access.grant_records import read_grants
from backend.access.hearing import Heard, held_after
from backend.access.press import Press
from backend.access.term import take_term
from backend.records.transaction import writing
from contract.rights import Snapshot, card_tag, opens_until_ms
from tests.access.scene import (
    DESK,
    DOOR,
    HOUR_MS,
    NOW_MS,
    PLACE,
    TERRITORY,
    DoorDouble,
    Scene,
    give,
    serving_now,
    uid_of,
)

STEPS = (
    *("grant", "grant", "grant", "end", "revoke", "wait", "hours"),
    *("deliver", "deliver", "deliver", "deliver", "lose", "shuffle", "answer", "restart"),
    *("rollback", "swap"),
)


class History:
    """A dispatcher, a wire that may do anything with frames, and a door."""

    def __init__(self, scene: Scene, connection: Connection, seed: int) -> None:
        self.scene, self.connection = scene, connection
        self.chance = random.Random(seed)  # noqa: S311 - a test's own dice
        self.now_ms = NOW_MS
        self.cards = [scene.issue(connection, n) for n in range(1, 13)]
        self.revoked: dict[str, int] = {}
        """Card to the first version without it."""
        self.published: dict[int, Snapshot] = {}
        self.wire: list[tuple[str, bytes]] = []
        self.door = DoorDouble(scene.opener())
        self.older: list[tuple[Snapshot | None, tuple[int, int]]] = []
        self.taken_out: list[DoorDouble] = []
        scene.enrol(connection)
        self.start()

    def start(self) -> None:
        term, _ = take_term(self.connection, self.scene.keys)
        self.scene.keys.keep_term(term)
        vault = self.scene.keys.vault
        self.press = Press(vault, PLACE, serving_now, term, small_bytes=0)
        self.publish(whole=True)

    def publish(self, *, whole: bool = False) -> None:
        made = self.press.press(self.connection, str(DOOR), self.now_ms, whole=whole)
        if made is None:
            return
        for frame in frames_of(made, TERRITORY, self.scene.keys.signer):
            if frame.payload:
                name = "rights_delta" if frame.topic.endswith("rights_delta") else "rights"
                self.wire.append((name, frame.payload))
        snapshot = self.backend_door().snapshot
        assert snapshot is not None
        self.published[snapshot.version] = snapshot

    def backend_door(self):
        return open_door(self.connection, self.scene.keys.vault, str(DOOR))

    def step(self, what: str) -> None:
        getattr(self, what)()
        self.check()

    def grant(self) -> None:
        card = self.chance.choice(self.cards)
        if card in self.revoked:
            return
        kind = self.chance.choice(["member", "booking", "key_holder"])
        ends = self.now_ms + self.chance.randint(1, 100) * HOUR_MS if kind == "booking" else None
        offline = self.chance.randint(1, 30) * 86_400 if kind == "key_holder" else None
        give(self.connection, card, self.now_ms, kind=kind, ends_ms=ends, offline_for_s=offline)
        self.publish()

    def end(self) -> None:
        grants = [g for g in read_grants(self.connection, unit=str(DOOR)) if g.ended_ms is None]
        if grants:
            ended = self.chance.choice(grants)
            revoke_grant(self.connection, ended.right_id, Author(DESK, self.now_ms))
            self.publish()

    def revoke(self) -> None:
        card = self.chance.choice(self.cards)
        if card not in self.revoked:
            revoke_card(self.connection, card, "revoked", Author(DESK, self.now_ms))
            self.publish()
            self.revoked[card] = self.backend_door().version

    def wait(self) -> None:
        self.now_ms += self.chance.randint(1, 60) * 1_000

    def hours(self) -> None:
        self.now_ms += self.chance.randint(1, 30) * HOUR_MS
        self.publish()

    def deliver(self) -> None:
        if self.wire:
            self.older.append((self.door.snapshot, self.door.edition))
            self.door.take(*self.wire.pop(0))

    def lose(self) -> None:
        if self.wire:
            self.wire.pop(self.chance.randrange(len(self.wire)))

    def shuffle(self) -> None:
        self.wire += self.wire[:3]
        self.chance.shuffle(self.wire)

    def answer(self) -> None:
        """The device says what it holds; where that is behind it is sent all of it."""
        door = self.backend_door()
        held = self.door.snapshot.version if self.door.snapshot else 0
        version, held_ms = held_after(door, Heard(str(DOOR), self.now_ms, True, held))
        put_fields(self.connection, str(DOOR), held_version=version, held_ms=held_ms)
        if self.door.gap or held < door.version:
            self.publish(whole=True)

    def restart(self) -> None:
        self.start()

    def rollback(self) -> None:
        """The card of the device is put back to an older image, and the device says so."""
        if self.older:
            self.door.snapshot, self.door.edition = self.chance.choice(self.older)
            self.now_ms += 1
            self.answer()

    def swap(self) -> None:
        """Another device serves the unit; the old one lies in a car boot, with all it knew."""
        self.taken_out.append(self.door)
        self.scene.box = X25519PrivateKey.generate()
        self.scene.enrol(self.connection, n=len(self.taken_out) + 1)
        self.wire.clear()
        self.older.clear()
        self.door = DoorDouble(self.scene.opener())
        self.publish()

    def check(self) -> None:
        for door in (self.door, *self.taken_out):
            if door.snapshot is not None:
                self.check_held(door.snapshot)

    def check_held(self, held: Snapshot) -> None:
        assert held == self.published[held.version]
        lookup = held.lookup_key
        for card, version in self.revoked.items():
            if held.version >= version:
                tag = card_tag(lookup, uid_of(int(card, 16)))
                assert all(right.tag != tag for right in held.rights)
                assert all(key.tag != tag for key in held.cards)
        (door,) = read_states(self.connection)
        lingering = read_lingering(self.connection, str(DOOR), self.now_ms)
        stated = bound_ms(door, lingering, self.now_ms) or 0
        for right in held.rights:
            until_ms = opens_until_ms(right, held.issued_ms)
            assert until_ms is not None
            assert until_ms <= max(stated, self.now_ms)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(STEPS), min_size=5, max_size=60), st.integers(0, 2**32))
def test_a_door_holds_what_was_published_and_its_bound_is_never_understated(steps, seed):
    with tempfile.TemporaryDirectory() as directory:
        scene = Scene(Path(directory))
        with writing(scene.engine) as connection:
            history = History(scene, connection, seed)
            for step in steps:
                history.step(step)
            # In the end everything arrives.
            history.wire.clear()
            history.publish(whole=True)
            while history.wire:
                history.deliver()
            assert history.door.snapshot == history.backend_door().snapshot
        scene.engine.dispose()
