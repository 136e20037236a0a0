"""A private Mosquitto and a private InfluxDB, kept on disk and made to be killed."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.outage.children import Child
from benchmarks.server_files import write_influxd_conf, write_mosquitto_conf


def mosquitto(directory: Path, port: int) -> Child:
    """A broker whose queue lives in memory only: killed, it forgets what it acknowledged."""
    conf = write_mosquitto_conf(directory, port)
    return Child("broker", ["mosquitto", "-c", str(conf)], directory / "mosquitto.log")


def influxd(directory: Path, port: int) -> Child:
    """A store that syncs each write and comes back with what it had."""
    conf = write_influxd_conf(directory, port)
    return Child("influxd", ["influxd", "-config", str(conf)], directory / "influxd.log")


def softplace(name: str, arguments: list[str], log: Path) -> Child:
    """One command of ours, as it is deployed."""
    return Child(name, [sys.executable, "-m", "softplace", *arguments], log)
