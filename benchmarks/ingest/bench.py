"""The scenarios of `bench ingest` and their rows; ours and the peer's in turn, on one machine."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.ingest import nodered
from benchmarks.ingest.chain import TERRITORY, Chain
from benchmarks.ingest.feeder import feed, position_packets

Row = dict[str, Any]
INGESTS = ("softplace", "nodered")
BAR_PER_CPU_S = 3.0
"""Stored messages per CPU second at QoS 1, over the peer's in the same run."""
BAR_DRAIN = 10.0
"""A backlog is in ten times as fast as it grew."""
_OUTAGE_S = (5.0, 15.0)
_PACED_PER_S = 1_000.0
_PACED_SECONDS = 24


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the bench."""
    parser.add_argument("--messages", type=int, default=100_000, help="of a burst (default 100000)")
    parser.add_argument("--runs", type=int, default=3, help="bursts of each kind (default 3)")
    parser.add_argument(
        "--peer-dir",
        type=Path,
        default=Path.home() / ".cache/softplace/nodered",
        help="where Node-RED is installed, once",
    )
    parser.add_argument("--without-peer", action="store_true", help="measure ours alone")


def measure(arguments: argparse.Namespace) -> list[Row]:
    """All rows. Raises ServerUnavailable or PeerUnavailable with what is missing."""
    ingests = INGESTS[:1] if arguments.without_peer else INGESTS
    if not arguments.without_peer:
        nodered.install(arguments.peer_dir)
    rows: list[Row] = []
    for qos in (1, 0):
        bursts: list[Row] = []
        for number in range(arguments.runs):
            bursts += [_run(_burst, ingest, qos, arguments, number, rows) for ingest in ingests]
        if len(ingests) > 1:
            rows.append(_ratio(bursts, qos))
    for scenario in (_store_away, _killed):
        for ingest in ingests:
            _run(scenario, ingest, 1, arguments, 0, rows)
    _run(_drain, "softplace", 1, arguments, 0, rows)
    return rows


def _run(
    scenario: Callable[[Chain, int, argparse.Namespace], Row],
    ingest: str,
    qos: int,
    arguments: argparse.Namespace,
    number: int,
    rows: list[Row],
) -> Row:
    directory = Path(tempfile.mkdtemp(prefix="softplace-bench-"))
    name = scenario.__name__.strip("_")
    sys.stderr.write(f"{name} {ingest} qos {qos} run {number + 1} ...\n")
    try:
        with Chain(directory / "run", ingest, qos, arguments.peer_dir) as chain:
            row = {"scenario": name, "ingest": ingest, "qos": qos} | scenario(chain, qos, arguments)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    sys.stderr.write(f"  {row}\n")
    rows.append(row)
    return row


def _packets(count: int, qos: int) -> list[bytes]:
    return position_packets(count, qos, TERRITORY, int(time.time() * 1_000) - 3_600_000)


def _burst(chain: Chain, qos: int, arguments: argparse.Namespace) -> Row:
    packets = _packets(arguments.messages, qos)
    before = chain.ingest_cost()
    start = time.monotonic()
    fed = feed(chain.broker.port, packets, qos, 0, [])
    stored, last_at = chain.settle(fed.sent, quiet_s=10)
    after = chain.ingest_cost()
    cpu_s = after.cpu_s - before.cpu_s
    return {
        "sent": fed.sent,
        "stored": stored,
        "lost": fed.sent - stored,
        "stored_per_s": round(stored / (last_at - start)),
        "msg_per_cpu_s": round(stored / cpu_s),
        "cpu_us_per_msg": round(cpu_s * 1e6 / max(stored, 1), 1),
        "peak_mib": round(after.peak_mib),
    }


def _ratio(bursts: list[Row], qos: int) -> Row:
    def median(ingest: str, key: str) -> float:
        values = sorted(row[key] for row in bursts if row["ingest"] == ingest)
        return float(values[len(values) // 2])

    def ratio(key: str) -> float:
        return round(median("softplace", key) / median("nodered", key), 2)

    per_cpu_s, per_s = ratio("msg_per_cpu_s"), ratio("stored_per_s")
    return {
        "scenario": "burst_ratio",
        "qos": qos,
        "runs": len(bursts) // 2,
        "msg_per_cpu_s_ratio": per_cpu_s,
        "stored_per_s_ratio": per_s,
        "peak_mib_ratio": ratio("peak_mib"),
        "bar_msg_per_cpu_s_ratio": BAR_PER_CPU_S if qos else None,
        "passed": qos == 0 or (per_cpu_s >= BAR_PER_CPU_S and per_s > 1),
    }


def _paced(chain: Chain, qos: int, events: list[tuple[float, Callable[[], None]]]) -> Row:
    packets = _packets(int(_PACED_PER_S * _PACED_SECONDS), qos)
    fed = feed(chain.broker.port, packets, qos, _PACED_PER_S, events)
    stored, _ = chain.settle(fed.sent, quiet_s=15)
    return {
        "rate_per_s": _PACED_PER_S,
        "sent": fed.sent,
        "stored": stored,
        "lost": fed.sent - stored,
    }


def _store_away(chain: Chain, qos: int, _: argparse.Namespace) -> Row:
    away_at, back_at = _OUTAGE_S
    events = [(away_at, chain.store.end), (back_at, chain.store.start)]
    return _paced(chain, qos, events)


def _killed(chain: Chain, qos: int, _: argparse.Namespace) -> Row:
    restarts: list[threading.Thread] = []

    def kill() -> None:
        chain.kill_ingest(signal.SIGKILL)
        restarts.append(threading.Thread(target=chain.start_ingest))
        restarts[0].start()

    row = _paced(chain, qos, [(8.0, kill)])
    restarts[0].join()
    return row


def _drain(chain: Chain, qos: int, _: argparse.Namespace) -> Row:
    """The store is away for a minute of traffic; how fast is the spool drained, live going on?"""
    seconds = 60
    packets = _packets(int(_PACED_PER_S * seconds), qos)
    chain.store.end(signal.SIGKILL)
    fed = feed(chain.broker.port, packets, qos, _PACED_PER_S * 5, [])
    chain.store.start()
    start = time.monotonic()
    stored, last_at = chain.settle(fed.sent, quiet_s=30)
    drain_s = max(last_at - start, 0.001)
    return {
        "backlog": fed.sent,
        "backlog_real_time_s": seconds,
        "stored": stored,
        "lost": fed.sent - stored,
        "drain_s": round(drain_s, 2),
        "times_real_time": round(seconds / drain_s, 1),
        "bar_times_real_time": BAR_DRAIN,
        "passed": stored == fed.sent and seconds / drain_s >= BAR_DRAIN,
    }
