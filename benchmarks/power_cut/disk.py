"""What a disk may hold after a power cut, from what was written and synced before it.

Rules of this file: pure; it knows file names, bytes and syncs, and nothing of SQLite. A synced
write is there after the cut. An unsynced one may be there, be missing, be there in some of its
512-byte sectors only, or have overtaken another. The first sync of a new file syncs its
directory too, as SQLite's own file layer does for journals; so does a deletion that asks for
it. Until then names come and go: a deleted file may be back, a new one may be missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Literal, NamedTuple

SECTOR_BYTES = 512
"""The smallest piece a disk writes whole; SD cards and SSDs write larger ones."""

Fate = Literal["forgotten", "kept", "prefix", "scattered", "torn", "reordered"]
FATES: tuple[Fate, ...] = ("forgotten", "kept", "prefix", "scattered", "torn", "reordered")
"""What becomes of unsynced writes: none, all, the first few, any, parts of any, in any order."""


class Write(NamedTuple):
    """Bytes put at an offset."""

    name: str
    offset: int
    data: bytes


class Truncate(NamedTuple):
    """A file cut or grown to a size."""

    name: str
    size: int


class Sync(NamedTuple):
    """Everything written to this file so far is durable; the first one also its directory.

    A plain fsync promises nothing of the directory (`directory` false).
    """

    name: str
    directory: bool = True


class SyncDirectory(NamedTuple):
    """Every name is durable as it stands now."""

    name: str = "."


class Rename(NamedTuple):
    """A file takes the name, and the place, of another; for good once the directory is synced."""

    name: str
    to: str


class Delete(NamedTuple):
    """The name is taken away; for good only where the directory is synced."""

    name: str
    synced: bool


class Said(NamedTuple):
    """What the program under test said at this moment, for example "row 7 is stored"."""

    what: object


Event = Write | Truncate | Sync | SyncDirectory | Rename | Delete | Said


@dataclass(slots=True)
class _File:
    durable: bytearray = field(default_factory=bytearray)
    exists: bool = True
    """The program has not deleted it."""
    named: bool = False
    """The name survives a cut."""
    pending: list[Write | Truncate] = field(default_factory=list)
    deleted: list[tuple[bytearray, bool]] = field(default_factory=list)
    """An unsynced deletion: what stood there, and whether its name was durable."""
    renamed: tuple[str, bool, _File | None] | None = None
    """An unsynced rename: the old name, whether that was durable, what stood at the new one."""


class Cut(NamedTuple):
    """One crash image: the files, and how many events came before the cut."""

    after: int
    fate: Fate
    files: Mapping[str, bytes]


def crash_images(
    start: Mapping[str, bytes], events: Sequence[Event], cuts: Sequence[int], random: Random
) -> Iterator[Cut]:
    """One image per entry of `cuts` (numbers of events that happened before the cut), ascending.

    `start` is what stood durably on the disk before the first event.
    """
    files = {name: _File(bytearray(data), named=True) for name, data in start.items()}
    done = 0
    for cut in sorted(cuts):
        for event in events[done:cut]:
            _apply(files, event)
        done = cut
        fate = random.choice(FATES)
        yield Cut(cut, fate, _image(files, fate, random))


def _apply(files: dict[str, _File], event: Event) -> None:
    if isinstance(event, Said):
        return
    if isinstance(event, SyncDirectory):
        _sync_directory(files)
        return
    if isinstance(event, Rename):
        moved = files.pop(event.name)
        moved.renamed = (event.name, moved.named, files.get(event.to))
        files[event.to] = moved
        return
    file = files.setdefault(event.name, _File())
    if isinstance(event, Sync):
        for change in file.pending:
            _change(file.durable, change)
        file.pending.clear()
        if event.directory and not file.named:
            _sync_directory(files)
    elif isinstance(event, Delete):
        file.deleted.append((file.durable, file.named))
        file.durable, file.named, file.exists = bytearray(), False, False
        file.pending.clear()
        if event.synced:
            _sync_directory(files)
    else:
        file.exists = True
        file.pending.append(event)


def _sync_directory(files: dict[str, _File]) -> None:
    for name in [name for name, file in files.items() if not file.exists]:
        del files[name]
    for file in files.values():
        file.named = True
        file.deleted.clear()
        file.renamed = None


def _change(content: bytearray, change: Write | Truncate) -> None:
    if isinstance(change, Truncate):
        if change.size < len(content):
            del content[change.size :]
        else:
            content.extend(bytes(change.size - len(content)))
        return
    if change.offset > len(content):
        content.extend(bytes(change.offset - len(content)))
    content[change.offset : change.offset + len(change.data)] = change.data


def _image(files: Mapping[str, _File], fate: Fate, random: Random) -> dict[str, bytes]:
    image: dict[str, bytes] = {}
    for name, file in _as_named(files, fate, random):
        content, named, pending = file.durable, file.named, file.pending
        if file.deleted and fate != "kept" and random.random() < 0.5:
            content, named = file.deleted[0]
            pending = []
        elif not file.exists:
            continue
        if not named and (fate == "forgotten" or (fate != "kept" and random.random() < 0.5)):
            continue
        survivor = bytearray(content)
        for change in _survivors(pending, fate, random):
            _change(survivor, change)
        image[name] = bytes(survivor)
    return image


def _as_named(
    files: Mapping[str, _File], fate: Fate, random: Random
) -> Iterator[tuple[str, _File]]:
    """Each file under the name it has after the cut; an unsynced rename may not have happened."""
    for name, file in files.items():
        if (
            file.renamed is None
            or fate == "kept"
            or (fate != "forgotten" and random.random() < 0.5)
        ):
            yield name, replace(file, named=True) if file.renamed else file
            continue
        old_name, was_named, replaced = file.renamed
        yield old_name, replace(file, named=was_named, renamed=None)
        if replaced is not None:
            yield name, replaced


def _survivors(
    pending: Sequence[Write | Truncate], fate: Fate, random: Random
) -> list[Write | Truncate]:
    if fate == "forgotten":
        return []
    if fate == "kept":
        return list(pending)
    if fate == "prefix":
        return list(pending[: random.randint(0, len(pending))])
    kept = [change for change in pending if random.random() < 0.6]
    if fate == "scattered":
        return kept
    torn = [piece for change in kept for piece in _torn(change, random)]
    if fate == "reordered":
        random.shuffle(torn)
    return torn


def _torn(change: Write | Truncate, random: Random) -> list[Write | Truncate]:
    if isinstance(change, Truncate):
        return [change]
    pieces: list[Write | Truncate] = []
    position = 0
    while position < len(change.data):
        sector_end = (change.offset + position) // SECTOR_BYTES * SECTOR_BYTES + SECTOR_BYTES
        end = min(sector_end - change.offset, len(change.data))
        if random.random() < 0.5:
            pieces.append(Write(change.name, change.offset + position, change.data[position:end]))
        position = end
    return pieces
