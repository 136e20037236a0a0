"""Cards as a territory hands them out, with the application of `contract.card_file` on them.

Made directly in a card's memory instead of over the air.
"""

from __future__ import annotations

from collections.abc import Sequence

from contract.card_file import APPLICATION_ID, DOOR_KEY_SLOTS, CardFile
from simulator.devices.desfire.memory import Application, CardMemory, DataFile, Key

ENCIPHERED = 3
APPLICATION_KEY = 0
SETTINGS = 0x0B
"""Changes by key 0 only, except that files are listed freely."""


def co_pass(
    uid: bytes,
    file: CardFile,
    door_keys: Sequence[bytes],
    application_key: bytes,
    generation: int = 2,
) -> CardMemory:
    """A card whose slots 1, 2, ... carry `door_keys`; file n holds `file`, read with key n.

    The keys are those of this card, already diversified.
    """
    memory = CardMemory(uid, generation)
    keys = [Key(application_key, 1), *(Key(key, 1) for key in door_keys)]
    keys += [Key() for _ in range(len(DOOR_KEY_SLOTS) + 1 - len(keys))]
    files = {
        number: DataFile(ENCIPHERED, _read_only_by(number), bytearray(file.encode()))
        for number in DOOR_KEY_SLOTS[: len(door_keys)]
    }
    wire_id = APPLICATION_ID[::-1].hex()
    memory.applications[wire_id] = Application(SETTINGS, keys, files)
    return memory


def _read_only_by(key: int) -> int:
    """Read by `key`; everything else by the application's own key."""
    return key << 12 | APPLICATION_KEY << 8 | APPLICATION_KEY << 4 | APPLICATION_KEY
