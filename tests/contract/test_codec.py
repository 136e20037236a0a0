"""Messages to bytes and back, and what is refused."""

from __future__ import annotations

from contextlib import nullcontext, suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.codec import (
    decode_accepted,
    decode_key,
    decode_sealed,
    decode_stored,
    decode_uplink,
    encode,
    encode_uplink,
)
from contract.downlink import Session, Stored, StoredRanges
from contract.enrolment import EnrolmentRefused, read_envelope
from contract.errors import MalformedMessage, OversizedMessage
from contract.streams import BY_NAME, STREAMS
from contract.uplink import Hello, Position, Status, Will

ENVELOPE = {
    "outbox": "0123456789abcdef",
    "seq": 7,
    "boot": "0000aaaa-0000bbbb",
    "observed_ms": 1_790_000_000_000,
    "clock": "gnss",
}


@given(
    latitude=st.floats(-90, 90),
    longitude=st.floats(-180, 180),
    speed=st.none() | st.floats(0, 150),
    seq=st.integers(1, 2**48 - 1),
    replayed=st.booleans(),
)
def test_a_position_comes_back_to_the_last_bit(
    latitude: float, longitude: float, speed: float | None, seq: int, replayed: bool
) -> None:
    message = Position(
        **(ENVELOPE | {"seq": seq}),
        replayed=replayed,
        latitude=latitude,
        longitude=longitude,
        speed_m_s=speed,
    )
    assert decode_uplink("position", encode_uplink(message)) == message


@given(st.binary(max_size=200), st.sampled_from([stream.name for stream in STREAMS]))
def test_noise_is_refused_and_never_crashes(noise: bytes, stream: str) -> None:
    with suppress(MalformedMessage):
        decode_uplink(stream, noise)
    decode_key(noise)


@given(st.recursive(st.none() | st.floats() | st.text(max_size=5), st.lists, max_leaves=5))
def test_any_field_of_any_value_is_accepted_or_refused_by_name(value: object) -> None:
    body = ENVELOPE | {"latitude": value, "longitude": 3.5}
    payload = msgspec.json.encode(body)
    sound = isinstance(value, float) and -90 <= value <= 90
    with nullcontext() if sound else pytest.raises(MalformedMessage, match="latitude"):
        decode_uplink("position", payload)


@pytest.mark.parametrize("missing", ["outbox", "seq", "boot", "observed_ms", "clock", "latitude"])
def test_a_missing_field_is_named(missing: str) -> None:
    body = ENVELOPE | {"latitude": 44.5, "longitude": 3.5}
    del body[missing]
    with pytest.raises(MalformedMessage, match=missing):
        decode_uplink("position", msgspec.json.encode(body))


def test_an_unknown_field_is_ignored_and_a_long_message_is_not() -> None:
    body = ENVELOPE | {"latitude": 44.5, "longitude": 3.5, "wings": 2}
    assert decode_uplink("position", msgspec.json.encode(body)).latitude == 44.5
    limit = BY_NAME["position"].max_bytes
    with pytest.raises(OversizedMessage, match=f"limit is {limit}"):
        decode_uplink("position", msgspec.json.encode(body | {"wings": "x" * limit}))


def test_status_hello_and_will_share_a_topic_and_stay_apart() -> None:
    status = Status(**ENVELOPE, state="online", session=1, version="1")
    hello = Hello(outbox="0" * 16, boot="0000aaaa-0000bbbb", session=1, version="1")
    will = Will(boot="0000aaaa-0000bbbb", session=1)
    for message in (status, hello, will):
        assert decode_uplink("status", encode(message)) == message
    assert decode_key(encode(will)) is None
    assert decode_key(encode(status)).seq == 7


@given(
    st.dictionaries(
        st.sampled_from(["position", "alarm"]),
        st.tuples(st.integers(0, 99), st.lists(st.integers(1, 99), max_size=3)),
    )
)
def test_a_confirmation_comes_back(streams: dict[str, tuple[int, list[int]]]) -> None:
    stored = Stored(
        outbox="0" * 16,
        epoch="f" * 16,
        issued_ms=5,
        answers=Session(boot="0000aaaa-0000bbbb", session=3),
        streams={
            name: StoredRanges(contiguous=contiguous, refused=tuple(refused))
            for name, (contiguous, refused) in streams.items()
        },
    )
    assert decode_stored(encode(stored)) == stored


def test_broken_words_of_the_backend_are_refused() -> None:
    with pytest.raises(MalformedMessage, match="stored"):
        decode_stored(b"{}")
    with pytest.raises(MalformedMessage, match="accepted"):
        decode_accepted(b"[]")


def test_brackets_a_thousand_deep_are_malformed_and_end_nothing():
    deep = b'{"unheard": ' + b"[" * 2_500
    with pytest.raises(MalformedMessage):
        decode_uplink("ack", deep)
    with pytest.raises(MalformedMessage):
        decode_sealed(deep)
    assert decode_key(deep) is None
    with pytest.raises(EnrolmentRefused):
        read_envelope(deep)
