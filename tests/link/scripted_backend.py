"""A backend of a hundred lines: it answers hello from a ledger of ranges and confirms what it gets.

It shares no code with the real ingest beyond the contract, so the two judge the link apart.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from contract.broker_url import BrokerAddress
from contract.clock import SystemClock
from contract.codec import decode_uplink, encode
from contract.downlink import Session, Stored, StoredRanges
from contract.ranges import RangeSet
from contract.topics import Unit, downlink_topic, parse_uplink_topic, uplink_filter
from contract.uplink import Hello, Status, Will

DEADLINE_S = 15.0


@dataclass
class Heard:
    """One publish as it came."""

    stream: str
    message: object
    retained: bool
    payload: bytes


@dataclass
class ScriptedBackend:
    address: BrokerAddress
    territory: str = "lozere"
    unit: Unit = field(default_factory=lambda: Unit("bus", "b1"))
    epoch: str = "e" * 16
    answering: bool = True
    confirming: bool = True
    heard: list[Heard] = field(default_factory=list)
    ledger: dict[tuple[str, str], RangeSet] = field(default_factory=dict)
    boots: dict[tuple[str, str], dict[str, int]] = field(default_factory=dict)
    issued_ahead_ms: int = 0

    def start(self, tls: tuple[Path, Path, Path] | None = None) -> None:
        self.changed = threading.Condition()
        self.client = paho.Client(CallbackAPIVersion.VERSION2, "backend", clean_session=False)
        self.client.on_message = self._on_message
        self.client.on_connect = lambda client, *_: client.subscribe(
            uplink_filter(self.territory), 1
        )
        subscribed = threading.Event()
        self.client.on_subscribe = lambda *_: subscribed.set()
        self.client.reconnect_delay_set(1, 1)
        if tls:
            self.client.tls_set(*map(str, tls))
        self.client.connect(self.address.host, self.address.port)
        self.client.loop_start()
        assert subscribed.wait(DEADLINE_S)

    def stop(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def of(self, stream: str) -> list[object]:
        return [h.message for h in self.heard if h.stream == stream]

    def numbers(self, stream: str) -> list[int]:
        return [m.seq for m in self.of(stream) if hasattr(m, "seq")]

    def stored(self, stream: str) -> RangeSet:
        return next((r for (_, s), r in self.ledger.items() if s == stream), RangeSet())

    def hellos(self) -> list[Hello]:
        return [m for m in self.of("status") if isinstance(m, Hello)]

    def states(self) -> list[Status]:
        return [m for m in self.of("status") if isinstance(m, Status)]

    async def until(self, claim: Callable[[], bool], within_s: float = DEADLINE_S) -> None:
        await asyncio.to_thread(self._until, claim, within_s)

    def _until(self, claim: Callable[[], bool], within_s: float) -> None:
        with self.changed:
            assert self.changed.wait_for(claim, within_s), self._story()

    def _story(self) -> str:
        return "\n".join(f"{h.stream} {h.payload[:150]!r}" for h in self.heard[-12:])

    def say_stored(self, outbox: str, answers: Session | None = None) -> None:
        """Confirm everything in the ledger, whoever asked."""
        streams = {s: told(r) for (o, s), r in self.ledger.items() if o == outbox}
        self._publish(
            Stored(
                outbox=outbox,
                epoch=self.epoch,
                issued_ms=SystemClock().now_ms() + (0 if answers else self.issued_ahead_ms),
                streams=streams,
                answers=answers,
            )
        )

    def _publish(self, stored: Stored) -> None:
        topic = downlink_topic(self.territory, self.unit, "stored")
        self.client.publish(topic, encode(stored), qos=1, retain=True)

    def _on_message(self, _client: object, _data: object, message: paho.MQTTMessage) -> None:
        stream = parse_uplink_topic(message.topic).stream
        payload = bytes(message.payload)
        body = decode_uplink(stream, payload) if payload else None
        with self.changed:
            self.heard.append(Heard(stream, body, message.retain, payload))
            if isinstance(body, Hello):
                if self.answering:
                    self._answer(body)
            elif body is not None and not isinstance(body, Will):
                self._store(stream, body)
            self.changed.notify_all()

    def _store(self, stream: str, body: object) -> None:
        key = (body.outbox, stream)
        self.ledger[key] = self.ledger.get(key, RangeSet()).union(RangeSet.of([body.seq]))
        known = self.boots.setdefault(key, {})
        known[body.boot] = max(known.get(body.boot, 0), body.seq)
        for lost in getattr(body, "lost", ()):
            gone = (lost.outbox, lost.stream)
            lost_range = RangeSet([(lost.start, lost.end)])
            self.ledger[gone] = self.ledger.get(gone, RangeSet()).union(lost_range)
        if self.confirming:
            self.say_stored(body.outbox)

    def _answer(self, hello: Hello) -> None:
        answers = Session(boot=hello.boot, session=hello.session)
        mine = {s: r for (o, s), r in self.ledger.items() if o == hello.outbox}
        rolled_back = hello.epoch == self.epoch and any(
            (r.highest() or 0) >= (hello.streams[s].next if s in hello.streams else 1)
            for s, r in mine.items()
        )
        if not rolled_back:
            self.say_stored(hello.outbox, answers)
            return
        self._publish(
            Stored(
                outbox=hello.outbox,
                epoch=self.epoch,
                issued_ms=SystemClock().now_ms(),
                streams={s: told(r) for s, r in mine.items()},
                answers=answers,
                renew=True,
                known_boots={s: b for (o, s), b in self.boots.items() if o == hello.outbox},
            )
        )


def told(stored: RangeSet) -> StoredRanges:
    contiguous = stored.contiguous_from(1) - 1
    above = stored.difference(RangeSet([(1, contiguous + 1)]))
    return StoredRanges(contiguous=contiguous, above=above.ranges[:32])


def retained_on(address: BrokerAddress, topic: str) -> bytes | None:
    """What a newcomer gets at once on `topic`, or None."""
    got: list[bytes] = []
    done = threading.Event()
    client = paho.Client(CallbackAPIVersion.VERSION2)
    marker = f"marker/{id(client)}"

    def on_message(_c: object, _d: object, message: paho.MQTTMessage) -> None:
        if message.topic == marker:
            done.set()
        else:
            got.append(bytes(message.payload))

    client.on_message = on_message
    client.on_connect = lambda c, *_: c.subscribe([(topic, 1), (marker, 1)])
    client.on_subscribe = lambda c, *_: c.publish(marker, b"", qos=1)
    client.connect(address.host, address.port)
    client.loop_start()
    assert done.wait(DEADLINE_S)
    client.disconnect()
    client.loop_stop()
    return got[0] if got else None


def fields(payload: bytes) -> dict[str, object]:
    return msgspec.json.decode(payload)
