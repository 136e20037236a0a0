"""EV2 secure messaging: a transaction identifier and a counter of commands in every MAC and IV.

Rules of this file: pure. Source: NXP AN12343 sections 4 and 7, AN12196 section 5.
"""

from __future__ import annotations

from simulator.devices.desfire import crypto
from simulator.devices.desfire.messaging import Mode
from simulator.devices.desfire.status import Refused, Status

MAC_BYTES = 8
TO_CARD, FROM_CARD = b"\xa5\x5a", b"\x5a\xa5"
OK = bytes((Status.OK,))


def session_keys(key: bytes, rnd_a: bytes, rnd_b: bytes) -> tuple[bytes, bytes]:
    """The enciphering key and the MAC key (AN12343 section 7.1.3)."""
    mixed = rnd_a[:2] + crypto.xor(rnd_a[2:8], rnd_b[:6]) + rnd_b[6:] + rnd_a[8:]
    vector = b"\x00\x01\x00\x80" + mixed
    return crypto.cmac(key, TO_CARD + vector), crypto.cmac(key, FROM_CARD + vector)


def truncated(mac: bytes) -> bytes:
    """Every second byte, from the second on."""
    return mac[1::2]


class SessionEv2:
    """After AuthenticateEV2First; NonFirst makes another with the same identifier and counter."""

    denied: Status = Status.PERMISSION_DENIED

    def __init__(
        self, key_number: int, keys: tuple[bytes, bytes], identifier: bytes, counter: int = 0
    ) -> None:
        self.key_number = key_number
        self.identifier = identifier
        self.counter = counter
        self._enc_key, self._mac_key = keys

    def sent_bytes(self, mode: Mode, data_bytes: int) -> int:
        if mode is Mode.PLAIN:
            return data_bytes
        if mode is Mode.FULL and data_bytes:
            data_bytes = len(crypto.padded(bytes(data_bytes)))
        return data_bytes + MAC_BYTES

    def opened(self, mode: Mode, head: bytes, sent: bytes, data_bytes: int) -> bytes:  # noqa: ARG002 - the padding says it
        """Counts the command in any mode."""
        if mode is Mode.PLAIN:
            self._count()
            return sent
        body, mac = sent[:-MAC_BYTES], sent[-MAC_BYTES:]
        if len(mac) < MAC_BYTES:
            raise Refused(Status.LENGTH_ERROR)
        if self._mac(head[:1], head[1:] + body) != mac:
            raise Refused(Status.INTEGRITY_ERROR)
        data = self._deciphered(body) if mode is Mode.FULL and body else body
        self._count()
        return data

    def closed(self, mode: Mode, data: bytes, *, padded_end: bool = False) -> bytes:  # noqa: ARG002 - always padded
        if mode is Mode.PLAIN:
            return data
        if mode is Mode.FULL and data:
            data = crypto.encrypt(self._enc_key, crypto.padded(data), self._iv(FROM_CARD))
        return data + self._mac(OK, data)

    def _deciphered(self, secret: bytes) -> bytes:
        if len(secret) % crypto.BLOCK:
            raise Refused(Status.LENGTH_ERROR)
        plain = crypto.unpadded(crypto.decrypt(self._enc_key, secret, self._iv(TO_CARD)))
        if plain is None:
            raise Refused(Status.INTEGRITY_ERROR)
        return plain

    def _count(self) -> None:
        self.counter += 1

    def _iv(self, direction: bytes) -> bytes:
        moment = self.identifier + self._counter_bytes()
        return crypto.encrypt(self._enc_key, direction + moment + bytes(8))

    def _mac(self, code: bytes, rest: bytes) -> bytes:
        moment = self._counter_bytes() + self.identifier
        return truncated(crypto.cmac(self._mac_key, code + moment + rest))

    def _counter_bytes(self) -> bytes:
        return self.counter.to_bytes(2, "little")
