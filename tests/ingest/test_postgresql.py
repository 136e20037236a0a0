"""The same pipeline on a real PostgreSQL, where several workers share a ledger."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from pathlib import Path

import pytest

import backend.devices.tables
import backend.ingest.tables
import backend.live.tables  # noqa: F401 - declare their tables
from backend.access.tapping import take_taps
from backend.ingest.entries import prune_entries
from backend.live.state import LiveState
from backend.records.open import open_records
from backend.records.schema import metadata
from backend.records.transaction import writing
from contract.uplink import Alarm
from tests.ingest import harness as h
from tests.peers.ports import free_port


def binary(name: str) -> str | None:
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return shutil.which(name) or (str(installed[-1]) if installed else None)


@pytest.fixture(scope="module")
def postgresql(tmp_path_factory):
    """Address of a private server; as root it runs as user postgres, as it insists."""
    pytest.importorskip("psycopg", reason="psycopg is not installed (extra postgresql)")
    initdb, server = binary("initdb"), binary("postgres")
    if initdb is None or server is None:
        pytest.skip("PostgreSQL is not installed (apt install postgresql)")
    user: dict[str, object] = {}
    directory = tmp_path_factory.mktemp("postgresql")
    if os.geteuid() == 0:
        try:
            shutil.chown(directory, "postgres", "postgres")
        except LookupError:
            pytest.skip("PostgreSQL needs a user postgres when tests run as root")
        for parent in directory.parents[:3]:
            parent.chmod(parent.stat().st_mode | 0o011)
        user = {"user": "postgres", "group": "postgres", "extra_groups": []}
    data = directory / "data"
    made = subprocess.run(
        [initdb, "-D", str(data), "-A", "trust", "-U", "softplace", "--no-sync", "-E", "UTF8"],
        check=False,
        capture_output=True,
        cwd="/",
        **user,
    )
    if made.returncode:
        pytest.skip(f"initdb failed: {made.stderr.decode()[-300:]}")
    port = free_port()
    process = subprocess.Popen(
        [server, "-D", str(data), "-p", str(port), "-h", "127.0.0.1", "-k", "", "-F"],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        cwd="/",
        **user,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "ready to accept connections" in line:
            break
    drain = threading.Thread(target=process.stderr.read, daemon=True)
    drain.start()
    yield f"postgresql://softplace@127.0.0.1:{port}/postgres"
    process.terminate()
    process.wait(20)


@pytest.fixture
def workers(postgresql):
    engine = open_records(postgresql)
    with engine.begin() as connection:
        for table in (
            "ledger",
            "ledger_boot",
            "latest_message",
            "unit_contact",
            "unit_session",
            "tap_entry",
            "distress",
            "device_alarm",
        ):
            connection.execute(metadata.tables[table].delete())
    one = h.Harness(engine)
    other = h.Harness(open_records(postgresql), telemetry=one.telemetry)
    yield one, other
    one.engine.dispose()
    other.engine.dispose()


def test_the_whole_of_a_batch(workers):
    one, other = workers
    bad = h.raw("position", b"\x00{")
    named = h.tap(1)
    named = named[0], named[1].replace(b"p-1234", b"p\\u0000x"), named[2]
    undated = h.alarm(1, observed_ms=5, clock="unset")
    messages = [h.hello(), h.position(1), h.position(3), bad, named, undated, h.will()]
    outcome = one.feed(*messages)
    assert (outcome.accepted, outcome.quarantined) == (4, {"malformed": 1})
    assert outcome.answers[0][1].streams["position"].above == ((3, 4),)
    assert other.feed(*messages[1:3], h.position(2)).accepted == 1
    assert one.entry().contiguous == 3
    assert LiveState.load(one.engine).state(h.BUS).presence == "lost"
    one.now_ms += 200_000
    assert one.check() == []
    one.housekeeping.mark(one.now_ms, one.now_ms)
    one.housekeeping.prune(one.now_ms)


def test_two_workers_at_once_lose_and_double_nothing(workers):
    counts = []

    def work(worker, numbers):
        for start in range(0, len(numbers), 5):
            batch = [h.position(n) for n in numbers[start : start + 5]]
            counts.append(worker.feed(*batch).accepted)

    halves = (range(1, 121), range(60, 181))
    threads = [
        threading.Thread(target=work, args=(worker, list(numbers)))
        for worker, numbers in zip(workers, halves, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    entry = workers[0].entry()
    assert (entry.contiguous, entry.stored, sum(counts)) == (180, 180, 180)
    assert workers[0].stored() == 180


def test_two_workers_with_two_outboxes_store_each_journal_entry_once(workers):
    accepted = []

    def work(worker, outbox):
        for number in range(1, 41):
            message = h.tap(number, outbox=outbox, journal="c" * 16, entry=number, chain="0" * 32)
            accepted.append(worker.feed(message).accepted)

    threads = [
        threading.Thread(target=work, args=pair)
        for pair in zip(workers, (h.OUTBOX, h.OTHER_OUTBOX), strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(accepted) == 40
    one = workers[0]
    assert one.entry("tap").contiguous == one.entry("tap", h.OTHER_OUTBOX).contiguous == 40
    assert one.stored("tap") == 40
    with writing(one.engine) as connection:
        assert take_taps(connection, one.now_ms) == 40
        prune_entries(connection, one.now_ms + 1)


def test_a_silent_lone_worker_is_one_alarm_whoever_looks(workers):
    one, other = workers
    told = {"alarm": "lone_worker_silent", "reference": "lw-1", "state": "cleared"}
    at_ms = one.now_ms
    word = Alarm(**h.envelope(1, observed_ms=at_ms), **told, silent_after_s=60)
    one.feed(h.sealed("alarm", word))
    for worker in workers:
        worker.now_ms = at_ms + 61_000
    assert [len(worker.check()) for worker in workers] == [1, 0]
    later = Alarm(**h.envelope(2, observed_ms=at_ms + 61_000), **told, silent_after_s=60)
    outcome = other.feed(h.sealed("alarm", later), h.sealed("alarm", word))
    assert [notice.split()[0] for notice in outcome.notices] == ["lone_worker_silent_over"]
    one.housekeeping.prune(at_ms + 400 * 86_400_000)
