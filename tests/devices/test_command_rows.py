"""A reply counts once, in any order; a renewal needs the key that is there now."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from backend.devices import renewal
from backend.devices.assignments import put_device_in
from backend.devices.authority import Authority, open_authority, requested_key
from backend.devices.command_rows import (
    SEND_AGAIN_MS,
    due_for_sending,
    expire,
    mark_sent,
    newest_of,
    order,
    put_reply,
    read_command,
    text_of,
)
from backend.devices.enrolment import given_certificate
from backend.devices.invitations import invite, mark_used, read_invitation
from backend.devices.registry import (
    Device,
    certificates_of,
    end_service,
    put_certificate,
    put_device,
    revoked_certificates,
)
from backend.devices.retirement import (
    due_for_sweeping,
    mark_swept,
    retire,
    return_to_service,
)
from backend.devices.withdrawals import due_for_throwing_out, is_new
from backend.records.open import open_records
from backend.records.transaction import writing
from contract.topics import Unit
from contract.uplink import Ack
from edge.agent.tls_keys import certificate_request, new_tls_key, sign

NOW_MS = 1_790_000_000_000
DAY_MS = 86_400_000
BUS = Unit("bus", "b1")


@pytest.fixture
def connection() -> Iterator[Connection]:
    with writing(open_records("sqlite://")) as connection:
        yield connection


def ordered(connection: Connection, command: str = "logs", life_ms: int = 60_000) -> str:
    return order(connection, "bus/b1", command, {}, "ops", NOW_MS, life_ms)


def reply(nonce: str, answer: str, **fields: str | int) -> Ack:
    return Ack(
        outbox="00000000000000aa",
        seq=1,
        boot="0000b001-00000001",
        observed_ms=NOW_MS,
        clock="ntp",
        subject="command",
        reference=nonce,
        answer=answer,  # type: ignore[arg-type]  # a word of the test
        **fields,
    )


def test_replies_come_in_any_order_and_say_the_same(connection):
    ends = []
    for replies in itertools.permutations(range(4)):
        nonce = ordered(connection)
        mark_sent(connection, nonce, NOW_MS)
        told = [
            reply(nonce, "received"),
            reply(nonce, "done", text="first\n", part=1, parts=2),
            reply(nonce, "done", text="second\n", part=2, parts=2),
            reply(nonce, "refused", reason="repeated"),
        ]
        for number in replies:
            put_reply(connection, "bus/b1", told[number], NOW_MS + 1)
        row = read_command(connection, nonce)
        assert row is not None
        ends.append((row.state, row.reason, text_of(connection, row)))
    assert set(ends) == {("done", None, "first\nsecond\n")}


def test_a_text_with_a_part_missing_is_not_shown(connection):
    nonce = ordered(connection)
    put_reply(connection, "bus/b1", reply(nonce, "done", text="b", part=2, parts=2), NOW_MS)
    row = read_command(connection, nonce)
    assert row is not None
    assert text_of(connection, row) is None


def test_another_unit_cannot_answer(connection):
    nonce = ordered(connection)
    put_reply(connection, "bus/b2", reply(nonce, "done"), NOW_MS)
    put_reply(connection, "bus/b1", reply("f" * 32, "done"), NOW_MS)
    row = read_command(connection, nonce)
    assert row is not None
    assert row.state == "waiting"


def test_what_nobody_received_is_sent_again_ever_more_rarely_until_it_ends(connection):
    nonce = ordered(connection, life_ms=DAY_MS)
    sent = []
    for at_ms in range(NOW_MS, NOW_MS + 600_000, 500):
        if due_for_sending(connection, at_ms):
            sent.append((at_ms - NOW_MS) // 1_000)
            mark_sent(connection, nonce, at_ms)
    assert sent == [0, 2, 6, 14, 30, 62, 126, 254, 510]
    put_reply(connection, "bus/b1", reply(nonce, "received"), NOW_MS + 600_000)
    assert due_for_sending(connection, NOW_MS + DAY_MS // 2) == []
    expire(connection, NOW_MS + DAY_MS + 200_000)
    row = read_command(connection, nonce)
    assert row is not None
    assert row.state == "expired"
    assert SEND_AGAIN_MS == 2_000


class Enrolled:
    """A device in bus/b1 and its authority, without the way there."""

    def __init__(self, connection: Connection, authority: Authority) -> None:
        self.connection = connection
        self.authority = authority
        self.key = new_tls_key()
        put_device(connection, Device("d-1", "pi", bytes(32), NOW_MS))
        public = requested_key(certificate_request(self.key))
        signed = authority.device_certificate("lozere", BUS, public, NOW_MS)
        put_certificate(connection, given_certificate(signed, "d-1", "bus/b1", NOW_MS))
        put_device_in(connection, "d-1", "bus/b1", NOW_MS)

    def answer(self, key: bytes, *, signed_with: bytes, at_ms: int) -> str:
        """Order a renewal and answer it; the state it ends in."""
        nonce = ordered(self.connection, renewal.RENEW)
        csr = certificate_request(key)
        signature = sign(signed_with, csr.encode()).hex()
        text = json.dumps({"csr": csr, "signature": signature})
        put_reply(
            self.connection, "bus/b1", reply(nonce, "done", text=text, part=1, parts=1), at_ms
        )
        renewal.advance(self.connection, self.authority, "lozere", at_ms)
        row = read_command(self.connection, nonce)
        assert row is not None
        return row.state


@pytest.fixture
def enrolled(connection, tmp_path) -> Enrolled:
    return Enrolled(connection, open_authority(tmp_path, "lozere", NOW_MS))


def test_a_renewal_is_ordered_at_two_thirds_of_the_life_and_again_each_day(enrolled):
    connection = enrolled.connection
    assert renewal.order_due(connection, NOW_MS + 486 * DAY_MS) == []
    assert renewal.order_due(connection, NOW_MS + 487 * DAY_MS) == ["bus/b1"]
    assert renewal.order_due(connection, NOW_MS + 487 * DAY_MS + 1) == []
    assert renewal.order_due(connection, NOW_MS + 488 * DAY_MS) == ["bus/b1"]
    end_service(connection, "d-1", "lost", NOW_MS + 489 * DAY_MS)
    assert renewal.order_due(connection, NOW_MS + 490 * DAY_MS) == []


def test_a_device_without_a_certificate_keeps_no_other_from_its_renewal(enrolled):
    connection = enrolled.connection
    put_device(connection, Device("d-0", "pi-0", bytes(32), NOW_MS - 1))
    put_device_in(connection, "d-0", "bus/b0", NOW_MS)
    assert renewal.order_due(connection, NOW_MS + 487 * DAY_MS) == ["bus/b1"]


def test_of_commands_ordered_in_one_moment_the_last_is_the_newest(connection):
    nonces = [ordered(connection) for _ in range(20)]
    newest = newest_of(connection, "bus/b1", "logs")
    assert newest is not None
    assert newest.nonce == nonces[-1]
    assert [row.nonce for row in due_for_sending(connection, NOW_MS)] == nonces


def test_the_old_certificate_ends_when_the_device_says_that_it_has_the_new_one(enrolled):
    connection = enrolled.connection
    at_ms = NOW_MS + DAY_MS
    assert enrolled.answer(new_tls_key(), signed_with=enrolled.key, at_ms=at_ms) == "certified"
    new, old = certificates_of(connection, "d-1")
    assert revoked_certificates(connection, at_ms) == []
    bring = newest_of(connection, "bus/b1", renewal.RENEW)
    assert bring is not None
    assert json.loads(bring.arguments) == {"certificate": new.pem}
    put_reply(connection, "bus/b1", reply(bring.nonce, "done"), at_ms)
    assert renewal.advance(connection, enrolled.authority, "lozere", at_ms)
    assert [row.serial for row in revoked_certificates(connection, at_ms)] == [old.serial]


def test_a_certificate_that_never_arrived_is_no_renewal(enrolled):
    connection = enrolled.connection
    late_ms = NOW_MS + 600 * DAY_MS
    assert renewal.order_due(connection, late_ms - 1) == ["bus/b1"]
    assert enrolled.answer(new_tls_key(), signed_with=enrolled.key, at_ms=late_ms) == "certified"
    lost = newest_of(connection, "bus/b1", renewal.RENEW)
    assert lost is not None
    expire(connection, late_ms + 2 * DAY_MS)
    assert renewal.order_due(connection, late_ms + 2 * DAY_MS) == ["bus/b1"], "and so again"
    second = enrolled.answer(new_tls_key(), signed_with=enrolled.key, at_ms=late_ms + 3 * DAY_MS)
    assert second == "certified"
    # The first one was brought after all, and the device says so before the second comes.
    put_reply(connection, "bus/b1", reply(lost.nonce, "done"), late_ms + 3 * DAY_MS)
    renewal.advance(connection, enrolled.authority, "lozere", late_ms + 3 * DAY_MS)
    usable = [one for one in certificates_of(connection, "d-1") if one.revoked_ms is None]
    assert [one.pem for one in usable] == [json.loads(lost.arguments)["certificate"]]


def test_who_only_speaks_for_the_unit_gets_no_certificate(enrolled):
    thief = new_tls_key()
    assert enrolled.answer(thief, signed_with=thief, at_ms=NOW_MS + DAY_MS) == "failed"
    assert len(certificates_of(enrolled.connection, "d-1")) == 1


def test_a_retired_unit_is_swept_at_once_and_for_an_hour(connection):
    retire(connection, "bus/b9", NOW_MS)
    assert due_for_sweeping(connection, NOW_MS) == ["bus/b9"]
    mark_swept(connection, "bus/b9", NOW_MS)
    assert due_for_sweeping(connection, NOW_MS + 59_000) == []
    assert due_for_sweeping(connection, NOW_MS + 60_000) == ["bus/b9"]
    assert due_for_sweeping(connection, NOW_MS + 3_600_000) == []
    retire(connection, "bus/b9", NOW_MS)
    return_to_service(connection, "bus/b9")
    assert due_for_sweeping(connection, NOW_MS) == []


def test_a_device_that_answers_a_renewal_with_rubbish_ends_that_renewal_and_nothing_else(enrolled):
    connection = enrolled.connection
    for text in (
        "[" * 2_900,
        '{"csr": "\\ud800", "signature": ""}',
        '{"csr": 1, "signature": "00"}',
        "[]",
        "\x00",
    ):
        nonce = ordered(connection, renewal.RENEW)
        said = reply(nonce, "done", text=text, part=1, parts=1)
        put_reply(connection, "bus/b1", said, NOW_MS)
        assert not renewal.advance(connection, enrolled.authority, "lozere", NOW_MS)
        row = read_command(connection, nonce)
        assert row is not None
        assert row.state == "failed"


def test_the_last_word_of_a_replaced_device_does_not_revoke_its_successor(enrolled):
    connection = enrolled.connection
    assert enrolled.answer(new_tls_key(), signed_with=enrolled.key, at_ms=NOW_MS) == "certified"
    bring = newest_of(connection, "bus/b1", renewal.RENEW)
    assert bring is not None
    later_ms = NOW_MS + 1_000
    end_service(connection, "d-1", "replaced", later_ms)
    put_device(connection, Device("d-2", "pi", bytes(32), later_ms))
    public = requested_key(certificate_request(new_tls_key()))
    signed = enrolled.authority.device_certificate("lozere", BUS, public, later_ms)
    put_certificate(connection, given_certificate(signed, "d-2", "bus/b1", later_ms))
    put_device_in(connection, "d-2", "bus/b1", later_ms)
    put_reply(connection, "bus/b1", reply(bring.nonce, "done"), later_ms)
    assert not renewal.advance(connection, enrolled.authority, "lozere", later_ms)
    assert [one.revoked_ms for one in certificates_of(connection, "d-2")] == [None]


def test_a_device_without_a_certificate_stops_nobody_elses_renewal(enrolled):
    connection = enrolled.connection
    put_device(connection, Device("d-0", "pi", bytes(32), NOW_MS - 1))
    put_device_in(connection, "d-0", "bus/b0", NOW_MS - 1)
    assert renewal.order_due(connection, NOW_MS + 487 * DAY_MS) == ["bus/b1"]


def test_an_invitation_that_two_read_at_once_makes_one_device(connection):
    code = invite(connection, "bus/b1", NOW_MS)
    assert mark_used(connection, code[:4], "d-1", "00")
    assert not mark_used(connection, code[:4], "d-2", "11")
    found = read_invitation(connection, code[:4])
    assert found is not None
    assert found.device == "d-1"


def test_a_withdrawal_is_new_for_three_looks(enrolled):
    connection = enrolled.connection
    end_service(connection, "d-1", "stolen", NOW_MS + 1)
    assert due_for_throwing_out(connection, NOW_MS + 2) == {"bus/b1": []}
    assert is_new(connection, "bus/b1", NOW_MS + 80_000)
    assert not is_new(connection, "bus/b1", NOW_MS + 100_000)
