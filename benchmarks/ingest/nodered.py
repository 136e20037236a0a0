"""The peer: Node-RED with node-red-contrib-influxdb, in its tuned flow, on our topic and row.

`mqtt in` (JSON, persistent session) -> function -> join (1,000 rows or 0.5 s) -> one batch write.
The packages come from npm into a directory of the caller's choice and are kept there.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

from benchmarks.failure import BenchFailed

VERSIONS = ("node-red@4.1.15", "node-red-contrib-influxdb@0.7.0")
READY = "Connected to broker"

_ROW = """
const p = msg.payload, t = msg.topic.split("/");
const tags = {kind: t[3], unit: t[4], outbox: p.outbox};
const f = {seq: p.seq, boot: p.boot, clock: p.clock, replayed: p.replayed === true,
  latitude: p.latitude, longitude: p.longitude, speed_m_s: p.speed_m_s,
  course_deg: p.course_deg, accuracy_m: p.accuracy_m, fix_quality: p.fix_quality || 1,
  satellites: p.satellites, odometer_m: p.odometer_m || 0};
msg.payload = {measurement: "position", timestamp: new Date(p.observed_ms), fields: f, tags: tags};
delete msg.topic;
return msg;
"""


class PeerUnavailable(BenchFailed):
    """Node-RED cannot be run here; says why."""


def install(directory: Path) -> None:
    """Put the packages into `directory`, once. Raises PeerUnavailable."""
    if (directory / "node_modules/node-red/red.js").exists():
        return
    npm = shutil.which("npm")
    if npm is None:
        raise PeerUnavailable("npm is not installed; Node-RED cannot be measured beside us")
    directory.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [npm, "install", "--no-audit", "--no-fund", "--prefix", str(directory), *VERSIONS],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise PeerUnavailable(f"npm could not install Node-RED: {done.stderr.strip()[-200:]}")


def write_flow(
    user: Path, modules: Path, qos: int, mqtt_port: int, influx_port: int, database: str
) -> None:
    """The flow and its settings under `user`."""
    user.mkdir(parents=True, exist_ok=True)
    broker = {
        "id": "brk",
        "type": "mqtt-broker",
        "broker": "127.0.0.1",
        "port": str(mqtt_port),
        "clientid": "nodered-ingest",
        "autoConnect": True,
        "usetls": False,
        "protocolVersion": "4",
        "keepalive": "60",
        "cleansession": False,
        "autoUnsubscribe": False,
    }
    store = {
        "id": "idb",
        "type": "influxdb",
        "hostname": "127.0.0.1",
        "port": str(influx_port),
        "protocol": "http",
        "database": database,
        "usetls": False,
        "influxdbVersion": "1.x",
    }
    flow = [
        {"id": "tab", "type": "tab", "label": "ingest"},
        broker,
        store,
        {
            "id": "min",
            "type": "mqtt in",
            "z": "tab",
            "topic": "softplace/1/+/+/+/+",
            "qos": str(qos),
            "datatype": "json",
            "broker": "brk",
            "wires": [["fun"]],
        },
        {
            "id": "fun",
            "type": "function",
            "z": "tab",
            "outputs": 1,
            "func": _ROW,
            "libs": [],
            "wires": [["joi"]],
        },
        {
            "id": "joi",
            "type": "join",
            "z": "tab",
            "mode": "custom",
            "build": "array",
            "property": "payload",
            "propertyType": "msg",
            "key": "topic",
            "joiner": "\\n",
            "joinerType": "str",
            "accumulate": False,
            "timeout": "0.5",
            "count": "1000",
            "wires": [["out"]],
        },
        {
            "id": "out",
            "type": "influxdb batch",
            "z": "tab",
            "influxdb": "idb",
            "precision": "ms",
            "retentionPolicy": "",
        },
    ]
    (user / "flows.json").write_text(json.dumps(flow, indent=1))
    settings = {
        "flowFile": "flows.json",
        "uiHost": "127.0.0.1",
        "httpAdminRoot": False,
        "httpNodeRoot": False,
        "credentialSecret": False,
        "telemetry": {"enabled": False},
        "nodesDir": [str(modules / "node-red-contrib-influxdb")],
        "logging": {"console": {"level": "info", "metrics": False, "audit": False}},
    }
    (user / "settings.js").write_text(f"module.exports={json.dumps(settings)};\n")


def command(directory: Path, user: Path) -> list[str]:
    """How to start it."""
    return [
        "node",
        "--max-old-space-size=2048",
        str(directory / "node_modules/node-red/red.js"),
        "-p",
        "0",
        "-u",
        str(user),
        "-s",
        str(user / "settings.js"),
    ]
