"""A private Mosquitto and a private InfluxDB, kept on disk and made to be killed."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

from benchmarks.outage.children import Child

_MOSQUITTO_CONF = """\
listener {port} 127.0.0.1
allow_anonymous true
persistence false
max_inflight_messages 1000
max_inflight_bytes 0
max_queued_messages 200000
max_queued_bytes 268435456
max_keepalive 120
set_tcp_nodelay true
log_type error
log_type warning
connection_messages false
user root
"""

_INFLUXD_CONF = """\
reporting-disabled = true
bind-address = "127.0.0.1:{rpc_port}"
[meta]
  dir = "{root}/meta"
[data]
  dir = "{root}/data"
  wal-dir = "{root}/wal"
  wal-fsync-delay = "0s"
  index-version = "inmem"
  query-log-enabled = false
  cache-snapshot-write-cold-duration = "1m"
[coordinator]
  write-timeout = "10s"
[monitor]
  store-enabled = false
[http]
  enabled = true
  bind-address = "127.0.0.1:{port}"
  log-enabled = false
[continuous_queries]
  enabled = false
[logging]
  level = "warn"
"""


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def mosquitto(directory: Path, port: int) -> Child:
    """A broker whose queue lives in memory only: killed, it forgets what it acknowledged."""
    directory.mkdir(parents=True, exist_ok=True)
    conf = directory / "mosquitto.conf"
    conf.write_text(_MOSQUITTO_CONF.format(port=port), encoding="utf-8")
    return Child("broker", ["mosquitto", "-c", str(conf)], directory / "mosquitto.log")


def influxd(directory: Path, port: int) -> Child:
    """A store that syncs each write and comes back with what it had."""
    directory.mkdir(parents=True, exist_ok=True)
    conf = directory / "influxdb.conf"
    conf.write_text(
        _INFLUXD_CONF.format(port=port, rpc_port=free_port(), root=directory), encoding="utf-8"
    )
    return Child("influxd", ["influxd", "-config", str(conf)], directory / "influxd.log")


def softplace(name: str, arguments: list[str], log: Path) -> Child:
    """One command of ours, as it is deployed."""
    return Child(name, [sys.executable, "-m", "softplace", *arguments], log)
