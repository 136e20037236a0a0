"""What the backend has confirmed, overheard on the wire."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from benchmarks.outage.outbox_file import Highest
from contract.streams import BY_NAME


class Confirmations:
    """Listens to every unit's `down/stored` and remembers the highest contiguous number."""

    def __init__(self, port: int, territory: str) -> None:
        self._topic = f"softplace/1/{territory}/+/+/down/stored"
        self._contiguous: dict[tuple[str, int], int] = {}
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="outage-listener")
        self._client.on_connect = self._on_connect
        self._client.on_message = self._on_message
        self._client.reconnect_delay_set(min_delay=1, max_delay=1)
        self._client.connect_async("127.0.0.1", port)

    def start(self) -> None:
        """Listen in a thread until `stop`."""
        self._client.loop_start()

    def stop(self) -> None:
        """Stop listening."""
        self._client.disconnect()
        self._client.loop_stop()

    def in_flight(self, highest: Highest) -> int:
        """Numbers given and not yet confirmed."""
        return sum(max(0, number - self._contiguous.get(key, 0)) for key, number in highest.items())

    def forget(self) -> None:
        """Start afresh, for a new backend."""
        self._contiguous = defaultdict(int)

    def _on_connect(self, client: mqtt.Client, *_: Any) -> None:
        client.subscribe(self._topic, qos=1)

    def _on_message(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        if not message.payload:
            return
        stored = json.loads(message.payload)
        for stream, ranges in stored.get("streams", {}).items():
            self._contiguous[stored["outbox"], BY_NAME[stream].number] = ranges["contiguous"]
