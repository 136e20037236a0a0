"""EV1 secure messaging with AES: one IV chained over all commands and answers.

Rules of this file: pure. Sources: NXP MF3ICD81 functional specification as libfreefare and
python-desfire, which certify this file, understood it.
"""

from __future__ import annotations

from simulator.devices.desfire import crypto
from simulator.devices.desfire.messaging import Mode
from simulator.devices.desfire.status import Refused, Status

MAC_BYTES = 8
CRC_BYTES = 4
OK = bytes((Status.OK,))


def session_key(rnd_a: bytes, rnd_b: bytes) -> bytes:
    """First and last four bytes of both challenges, by turns."""
    return rnd_a[:4] + rnd_b[:4] + rnd_a[12:] + rnd_b[12:]


class SessionEv1:
    """After AuthenticateAES."""

    denied: Status = Status.AUTHENTICATION_ERROR

    def __init__(self, key_number: int, key: bytes) -> None:
        self.key_number = key_number
        self._key = key
        self._iv = crypto.ZERO

    def sent_bytes(self, mode: Mode, data_bytes: int) -> int:
        if not data_bytes:
            return 0
        if mode is Mode.FULL:
            return len(crypto.filled(bytes(data_bytes + CRC_BYTES)))
        return data_bytes + (MAC_BYTES if mode is Mode.MAC else 0)

    def opened(self, mode: Mode, head: bytes, sent: bytes, data_bytes: int) -> bytes:
        if mode is Mode.FULL and sent:
            return self._deciphered(head, sent, data_bytes)
        if mode is not Mode.MAC or not sent:
            self._mac(head + sent)
            return sent
        data, mac = sent[:-MAC_BYTES], sent[-MAC_BYTES:]
        if self._mac(head + data) != mac:
            raise Refused(Status.INTEGRITY_ERROR)
        return data

    def closed(self, mode: Mode, data: bytes, *, padded_end: bool = False) -> bytes:
        if mode is not Mode.FULL or not data:
            return data + self._mac(data + OK)
        plain = data + crypto.crc32(data + OK)
        secret = crypto.encrypt(
            self._key, crypto.padded(plain) if padded_end else crypto.filled(plain), self._iv
        )
        self._iv = secret[-crypto.BLOCK :]
        return secret

    def _deciphered(self, head: bytes, sent: bytes, data_bytes: int) -> bytes:
        """The data; in ChangeKey also what follows the command's CRC: the new key's own."""
        if len(sent) % crypto.BLOCK:
            raise Refused(Status.LENGTH_ERROR)
        plain = crypto.decrypt(self._key, sent, self._iv)
        self._iv = sent[-crypto.BLOCK :]
        end = data_bytes + CRC_BYTES
        data, crc = plain[:data_bytes], plain[data_bytes:end]
        if crypto.crc32(head + data) != crc:
            raise Refused(Status.INTEGRITY_ERROR)
        return data + plain[end:]

    def _mac(self, message: bytes) -> bytes:
        self._iv = crypto.cmac(self._key, message, self._iv)
        return self._iv[:MAC_BYTES]
