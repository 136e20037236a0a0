"""The one transaction of a batch: ledger, quarantine, sessions, latest state, alarms."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from sqlalchemy import Connection

from backend.devices.model import StreamKey
from backend.ingest.confirmations import answer
from backend.ingest.decide import Verdict, decide
from backend.ingest.entries import settle_entries
from backend.ingest.entry import Entry
from backend.ingest.facts import draw_epoch, read_epoch
from backend.ingest.ledger import entry_of, read_entries
from backend.ingest.merge import (
    Merge,
    keys_of,
    settle_losses,
    settle_refused,
    settle_verdict,
    write_merge,
)
from backend.ingest.outcome import Outcome
from backend.ingest.quarantine import put_quarantined
from backend.ingest.receipts import put_holders
from backend.ingest.replies import put_replies
from backend.ingest.sorting import HelloHeard, Sorted
from backend.ingest.watching import check_clocks, check_identity, hear_alarms, watch_gaps
from backend.ingest.words import Words, hear_words
from backend.live.snapshot import Latest, put_heard, put_latest, put_lost
from backend.live.state import EVENT_STREAMS
from contract.backend import LostContact

QUEUE_LAG_MOST_MS = 86_400_000
"""Messages that are older when they arrive come from a recording, not from a queue."""


class LedgerChanged(Exception):
    """Another worker's new epoch came between: rows that seemed stored must be written again."""


@dataclass(frozen=True, slots=True)
class Moment:
    """When a batch was received, and the real time at which it is committed (ms UTC)."""

    received_ms: int
    real_ms: int


def commit_batch(
    connection: Connection,
    batch: Sorted,
    verdicts: list[Verdict],
    moment: Moment,
    random: Random,
) -> Outcome:
    """Merge a batch whose rows are durable. Raises LedgerChanged; then nothing is merged."""
    received_ms = moment.received_ms
    entries = read_entries(connection, keys_of(verdicts, batch.refused), lock=True)
    verdicts = [_still(verdict, entries, received_ms) for verdict in verdicts]
    settled = settle_entries(connection, verdicts, received_ms)
    outcome = Outcome(received_ms, settled.verdicts, lag_ms=_lag_ms(verdicts, received_ms))
    outcome.notices += settled.notices
    epoch = read_epoch(connection)
    words = hear_words(connection, batch, verdicts, epoch, received_ms)
    outcome.hellos = sum(isinstance(word, HelloHeard) for word in batch.words)
    outcome.wills = len(batch.words) - outcome.hellos
    merge = Merge(entries)
    for verdict, repeated in zip(verdicts, settled.repeated, strict=True):
        settle_verdict(merge, verdict, repeated)
    for verdict in verdicts:
        settle_losses(connection, merge, verdict, outcome)
    refused = settle_refused(merge, batch.refused, outcome)
    write_merge(connection, merge, received_ms)
    put_quarantined(connection, refused, received_ms)
    put_holders(connection, settled.verdicts)
    put_replies(connection, verdicts, moment.real_ms)
    _put_live(connection, batch, words, outcome)
    outcome.notices += check_identity(connection, verdicts, words, received_ms)
    outcome.notices += check_clocks(connection, verdicts, received_ms)
    outcome.notices += hear_alarms(connection, verdicts, received_ms)
    watch_gaps(connection, words.judged, moment.real_ms)
    _answer(connection, words, outcome, random)
    _due(outcome, merge)
    return outcome


def _still(verdict: Verdict, entries: dict[StreamKey, Entry], received_ms: int) -> Verdict:
    """The verdict as the ledger stands now, which another worker may have moved on."""
    entry = entry_of(entries, verdict.lot.key)
    if entry == verdict.entry:
        return verdict
    again = decide(verdict.lot, entry, received_ms)
    if not set(again.numbers) <= set(verdict.numbers):
        raise LedgerChanged
    return again


def _lag_ms(verdicts: list[Verdict], received_ms: int) -> int:
    newest = [
        message.observed_ms
        for verdict in verdicts
        if verdict.newest >= 0 and not (message := verdict.messages[verdict.newest]).replayed
    ]
    lag_ms = received_ms - max(newest, default=received_ms)
    return lag_ms if 0 < lag_ms < QUEUE_LAG_MOST_MS else 0


def _put_live(connection: Connection, batch: Sorted, words: Words, outcome: Outcome) -> None:
    received_ms = outcome.received_ms
    latest = []
    for verdict in outcome.verdicts:
        unit, _, stream = verdict.lot.key
        if verdict.newest >= 0 and stream not in EVENT_STREAMS:
            observed_ms = verdict.messages[verdict.newest].observed_ms
            payload = verdict.payloads[verdict.newest]
            latest.append(Latest(unit, stream, observed_ms, received_ms, payload))
    heard = {verdict.lot.key.unit for verdict in outcome.verdicts}
    heard |= {word.route.unit for word in batch.words if isinstance(word, HelloHeard)}
    # Sorted, so that two workers never wait for each other's rows.
    put_latest(connection, sorted(latest))
    put_heard(connection, [(unit, received_ms) for unit in sorted(heard)])
    put_lost(connection, [(unit, received_ms) for unit in sorted(words.lost)])
    outcome.lost_contact = [
        LostContact(kind=unit.kind, unit=unit.name, received_ms=received_ms)
        for unit in words.lost.values()
    ]


def _answer(connection: Connection, words: Words, outcome: Outcome, random: Random) -> None:
    restored = [one for one in words.judged if one.judgement.restored]
    if restored:
        draw_epoch(connection, random, empty_ledger=False)
        outcome.epoch_drawn = True
        outcome.notices.append(
            f"records_restored unit={restored[0].unit}: we had confirmed more than the ledger "
            "knows, so it was restored from a backup; every unit sends again what it holds"
        )
    for one in words.judged:
        if one.judgement.renew:
            outcome.notices.append(
                f"outbox_rolled_back unit={one.unit} outbox={one.hello.outbox}: it draws a new id"
            )
        outcome.answers.append((one.unit, answer(connection, one, outcome.received_ms)))


def _due(outcome: Outcome, merge: Merge) -> None:
    outcome.touched = {(key.unit, key.outbox) for key in merge.changed}
    outcome.urgent = {
        (verdict.lot.key.unit, verdict.lot.key.outbox)
        for verdict in outcome.verdicts
        if verdict.lot.route.urgent
    }
