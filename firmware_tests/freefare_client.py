"""A program that takes a card through libfreefare: `python -m firmware_tests.freefare_client`.

A process of its own, because a C library that meets a faulty card may take its process along.
LIBNFC_DEVICE names the reader. Exit status 0 means that all was as `scenario` says.
"""

from __future__ import annotations

import sys
from ctypes import (
    CDLL,
    POINTER,
    byref,
    c_char_p,
    c_int,
    c_long,
    c_size_t,
    c_ssize_t,
    c_uint8,
    c_uint32,
    c_void_p,
    create_string_buffer,
    string_at,
)
from ctypes.util import find_library

from firmware_tests import scenario

AUTHENTICATION_ERROR = 0xAE
NEW_AID = 0x112233
SETTINGS = 0x0F


def expect(what: str, found: object, wanted: object) -> None:
    if found != wanted:
        sys.exit(f"{what}: {found!r} instead of {wanted!r}")
    sys.stdout.write(f"{what}: as it should be\n")


class Freefare:
    """The library's calls, on the first tag of the first reader."""

    def __init__(self) -> None:
        self.nfc = CDLL(find_library("nfc"))
        self.lib = CDLL(find_library("freefare"))
        self.nfc.nfc_open.restype = c_void_p
        self.nfc.nfc_open.argtypes = [c_void_p, c_char_p]
        for name in ("aid_new", "aes_key_new_with_version"):
            self._of(name).restype = c_void_p
        for name in ("read_data", "write_data"):
            self._of(name).restype = c_ssize_t
        self.lib.freefare_get_tags.restype = POINTER(c_void_p)
        self.lib.freefare_get_tags.argtypes = [c_void_p]
        context = c_void_p()
        self.nfc.nfc_init(byref(context))
        self.device = self.nfc.nfc_open(context, None)
        if not self.device:
            sys.exit("libnfc does not open the reader")
        self.tags = self.lib.freefare_get_tags(self.device)
        self.tag = c_void_p(self.tags[0])
        if not self.tag:
            sys.exit("libfreefare finds no tag")
        expect("connect", self.call("connect"), 0)

    def _of(self, name: str):
        return getattr(self.lib, f"mifare_desfire_{name}")

    def call(self, name: str, *arguments: object) -> int:
        """What the library returns: 0 or a count where all went well."""
        return int(self._of(name)(self.tag, *arguments))

    def card_error(self) -> int:
        self.lib.mifare_desfire_last_picc_error.argtypes = [c_void_p]
        return int(self.lib.mifare_desfire_last_picc_error(self.tag)) & 0xFF

    def key(self, value: bytes, version: int = 0) -> c_void_p:
        make = self._of("aes_key_new_with_version")
        return c_void_p(make(create_string_buffer(value, 16), c_uint8(version)))

    def select(self, aid: int) -> None:
        expect("select", self.call("select_application", self.aid(aid)), 0)

    def aid(self, aid: int) -> c_void_p:
        return c_void_p(self._of("aid_new")(c_uint32(aid)))

    def authenticate(self, number: int, value: bytes) -> int:
        return self.call("authenticate", c_uint8(number), self.key(value))

    def read(self, number: int, length: int) -> bytes:
        buffer = create_string_buffer(length + 64)
        count = self.call("read_data", c_uint8(number), c_long(0), c_size_t(length), buffer)
        return buffer.raw[: max(count, 0)]

    def write(self, number: int, data: bytes, offset: int = 0) -> int:
        buffer = create_string_buffer(data, len(data))
        return self.call("write_data", c_uint8(number), c_long(offset), c_size_t(len(data)), buffer)

    def uid(self) -> str:
        found = c_void_p()
        expect("get_card_uid", self.call("get_card_uid", byref(found)), 0)
        return string_at(found).decode()

    def close(self) -> None:
        self.call("disconnect")
        self.lib.freefare_free_tags(self.tags)
        self.nfc.nfc_close.argtypes = [c_void_p]
        self.nfc.nfc_close(self.device)


def reads(card: Freefare) -> None:
    expect("a wrong key", card.authenticate(1, bytes(16)), -1)
    expect("the card's word for it", card.card_error(), AUTHENTICATION_ERROR)
    expect("key 1", card.authenticate(1, scenario.key(1)), 0)
    expect("the enciphered file", card.read(scenario.SECRET_FILE, 32), scenario.SECRET)
    expect("the whole of it", card.read(scenario.SECRET_FILE, 0), scenario.SECRET)
    expect("the file with MAC", card.read(scenario.MACED_FILE, len(scenario.LONG)), scenario.LONG)
    expect("the free file", card.read(scenario.FREE_FILE, 16), scenario.PUBLIC)
    expect("the UID", card.uid(), scenario.UID.hex())
    expect("a write with key 1", card.write(scenario.SECRET_FILE, b"mine"), -1)
    expect("the card's word for it", card.card_error(), AUTHENTICATION_ERROR)


def writes(card: Freefare) -> None:
    expect("key 0", card.authenticate(0, scenario.key(0)), 0)
    expect("an enciphered write", card.write(scenario.SECRET_FILE, b"changed", 3), 7)
    expect("a long write with MAC", card.write(scenario.MACED_FILE, bytes(120), 7), 120)
    expect("a plain write", card.write(scenario.FREE_FILE, b"Some"), 4)


def changes_keys(card: Freefare) -> None:
    another = card.key(scenario.key(2, "next"), 0x22)
    old = card.key(scenario.key(2))
    expect("another's key", card.call("change_key", c_uint8(2), another, old), 0)
    own = card.key(scenario.key(0, "next"), 0x20)
    expect("settings", card.call("change_key_settings", c_uint8(SETTINGS)), 0)
    expect("the own key", card.call("change_key", c_uint8(0), own, card.key(bytes(16))), 0)
    expect("key 2 anew", card.authenticate(2, scenario.key(2, "next")), 0)
    expect("key 0 anew", card.authenticate(0, scenario.key(0, "next")), 0)
    version = c_uint8()
    expect("a version", card.call("get_key_version", c_uint8(2), byref(version)), 0)
    expect("the version", version.value, 0x22)


def makes_and_deletes(card: Freefare) -> None:
    card.select(0)
    expect("the card's key", card.authenticate(0, bytes(16)), 0)
    aid = card.aid(NEW_AID)
    made = card.call("create_application_aes", aid, c_uint8(SETTINGS), c_uint8(2))
    expect("a new application", made, 0)
    card.select(NEW_AID)
    expect("its key", card.authenticate(0, bytes(16)), 0)
    file = (c_uint8(5), c_uint8(scenario.ENCIPHERED), c_int(0x1000), c_uint32(64))
    expect("a new file", card.call("create_std_data_file", *file), 0)
    files, count = c_void_p(), c_size_t()
    expect("files", card.call("get_file_ids", byref(files), byref(count)), 0)
    expect("their numbers", string_at(files, count.value), b"\x05")
    expect("without the file", card.call("delete_file", c_uint8(5)), 0)
    card.select(0)
    expect("the card's key", card.authenticate(0, bytes(16)), 0)
    expect("without the application", card.call("delete_application", aid), 0)


def main() -> None:
    card = Freefare()
    card.select(int.from_bytes(scenario.AID, "big"))
    for step in (reads, writes, changes_keys, makes_and_deletes):
        step(card)
    card.close()


if __name__ == "__main__":
    main()
