"""Configuration of the private servers that the benches run: loopback only, nothing reported."""

from __future__ import annotations

import socket
from pathlib import Path

_MOSQUITTO = """\
listener {port} 127.0.0.1
allow_anonymous true
persistence false
max_inflight_messages 5000
max_inflight_bytes 0
max_queued_messages 0
max_queued_bytes 0
queue_qos0_messages true
max_keepalive 120
set_tcp_nodelay true
connection_messages false
log_type error
log_type warning
user root
"""
"""Nothing is kept on disk: killed, the broker forgets what it acknowledged. In flight as in
deploy/mosquitto."""

_INFLUXD = """\
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
"""Each write is synced, so a kill takes nothing that was answered for."""


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def write_mosquitto_conf(directory: Path, port: int) -> Path:
    """The file with which to start a broker on `port`."""
    directory.mkdir(parents=True, exist_ok=True)
    conf = directory / "mosquitto.conf"
    conf.write_text(_MOSQUITTO.format(port=port), encoding="utf-8")
    return conf


def write_influxd_conf(directory: Path, port: int) -> Path:
    """The file with which to start a store on `port` that keeps its data under `directory`."""
    directory.mkdir(parents=True, exist_ok=True)
    conf = directory / "influxdb.conf"
    conf.write_text(
        _INFLUXD.format(port=port, rpc_port=free_port(), root=directory), encoding="utf-8"
    )
    return conf
