"""The ledger after a batch: fresh, refused and explained numbers are settled."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import Connection

from backend.devices.gaps import explain, hasten
from backend.devices.model import StreamKey
from backend.ingest.decide import Verdict
from backend.ingest.entry import Entry, refuse, settle, settle_ranges
from backend.ingest.ledger import Entries, entry_of, write_boots, write_entries
from backend.ingest.outcome import Outcome
from backend.ingest.sorting import Refused
from contract.uplink import LostRange, Status

Boot = tuple[str, str, str, str, int]


@dataclass(slots=True)
class Merge:
    """Entries as they were read, and as they are to be written."""

    entries: Entries
    changed: Entries = field(default_factory=dict)
    boots: list[Boot] = field(default_factory=list)

    def entry(self, key: StreamKey) -> Entry:
        """The entry as it stands now."""
        return self.changed.get(key) or entry_of(self.entries, key)


def keys_of(verdicts: Iterable[Verdict], refused: Iterable[Refused]) -> list[StreamKey]:
    """Every key whose entry a batch may change, in order, each once."""
    keys = {verdict.lot.key for verdict in verdicts}
    for key, _ in refused_keys(refused):
        keys.add(key)
    for verdict in verdicts:
        for lost in losses(verdict):
            keys.add(StreamKey(verdict.lot.key.unit, lost.outbox, lost.stream))
    return sorted(keys)


def losses(verdict: Verdict) -> list[LostRange]:
    """What the fresh status messages of a lot report as lost."""
    if verdict.lot.key.stream != "status":
        return []
    return [lost for m in verdict.messages if isinstance(m, Status) for lost in m.lost]


def refused_keys(refused: Iterable[Refused]) -> list[tuple[StreamKey, Refused]]:
    """The refused messages whose number can be read."""
    return [
        (StreamKey(one.route.unit, one.key.outbox, one.route.stream), one)
        for one in refused
        if one.route is not None and one.key is not None
    ]


def settle_verdict(merge: Merge, verdict: Verdict, repeated: int) -> None:
    """Settle the fresh numbers of a lot and count its duplicates.

    `repeated` of the numbers are fresh and carry a journal entry that is known already.
    """
    key = verdict.lot.key
    entry = merge.entry(key)
    if verdict.numbers:
        entry = _with_boots(merge, key, settle(entry, verdict.numbers), verdict)
    merge.changed[key] = entry._replace(
        stored=entry.stored + len(verdict.numbers) - repeated,
        duplicates=entry.duplicates + verdict.duplicates + repeated,
    )


def settle_refused(merge: Merge, refused: Iterable[Refused], outcome: Outcome) -> list[Refused]:
    """Settle what can be settled; returns what is refused for the first time."""
    listed = [one for one in refused if one.route is None or one.key is None]
    for key, one in refused_keys(refused):
        assert one.key is not None  # noqa: S101 - refused_keys gives no others
        entry = merge.entry(key)
        if one.key.seq in entry.settled:
            outcome.refused_again += 1
            merge.changed[key] = entry._replace(duplicates=entry.duplicates + 1)
            continue
        merge.changed[key] = refuse(entry, [one.key.seq])
        if isinstance(one.key.boot, str):
            merge.boots.append((*key, one.key.boot, one.key.seq))
        listed.append(one)
    for one in listed:
        outcome.quarantined[one.reason] = outcome.quarantined.get(one.reason, 0) + 1
    return listed


def settle_losses(connection: Connection, merge: Merge, verdict: Verdict, outcome: Outcome) -> None:
    """Settle what a unit says will never come, and keep its word."""
    for lost in losses(verdict):
        key = StreamKey(verdict.lot.key.unit, lost.outbox, lost.stream)
        entry = merge.entry(key)
        merge.changed[key] = settle_ranges(entry, [(lost.start, lost.end)])
        missing = entry.settled.missing(lost.start, lost.end)
        for start, end in missing.ranges:
            explain(connection, key, start, end, lost.cause, outcome.received_ms)
        hasten(connection, key)
        outcome.explained += len(missing)


def write_merge(connection: Connection, merge: Merge, now_ms: int) -> None:
    """Write what has changed."""
    write_entries(connection, merge.changed, now_ms)
    write_boots(connection, merge.boots)


def _with_boots(merge: Merge, key: StreamKey, entry: Entry, verdict: Verdict) -> Entry:
    highest: dict[str, int] = {}
    boots = {message.boot for message in verdict.messages}
    if len(boots) == 1:
        highest[boots.pop()] = max(verdict.numbers)
    else:
        for message in verdict.messages:
            highest[message.boot] = max(message.seq, highest.get(message.boot, 0))
    if entry.boot in highest:
        number = max(highest.pop(entry.boot), entry.boot_highest)
        entry = entry._replace(boot_highest=number)
    else:
        if entry.boot:
            merge.boots.append((*key, entry.boot, entry.boot_highest))
        boot = max(highest, key=highest.__getitem__)
        entry = entry._replace(boot=boot, boot_highest=highest.pop(boot))
    merge.boots += [(*key, boot, number) for boot, number in highest.items()]
    return entry
