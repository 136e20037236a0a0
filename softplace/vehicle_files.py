"""Ready-made settings for a real vehicle's agent, for receivers plugged into this machine."""

from __future__ import annotations

from pathlib import Path

from softplace.credentials import write_secret
from softplace.up_plan import HOST, Plan

TEMPLATE = """\
# Written by `softplace up --no-simulator`. Set the port of your receiver, then:
#   softplace agent {kind} --config {file}
territory = "{territory}"
unit = "{unit}"

[broker]
url = "mqtt://{host}:{port}"
username = "{username}"
password_file = "{name}.password"

[position]
source = "nmea"                 # or "gpsd"
port = "/dev/ttyUSB0"
baud = 9600

[outbox]
path = "{name}.outbox.sqlite"
"""


def write_vehicle_files(plan: Plan) -> Path:
    """One settings file and one password file per vehicle; a settings file that exists is kept.

    The password is written again each time: it is the broker's that counts.
    """
    directory = plan.data / "agents"
    directory.mkdir(mode=0o700, exist_ok=True)
    for unit in (vehicle.unit for vehicle in plan.territory.vehicles):
        login = plan.credentials.units[unit]
        kind, _, slug = unit.partition("/")
        name = f"{kind}-{slug}"
        write_secret(directory / f"{name}.password", login.password + "\n")
        file = directory / f"{name}.toml"
        if file.exists():
            continue
        text = TEMPLATE.format(
            kind=kind,
            file=file,
            territory=plan.territory.territory,
            unit=unit,
            host=HOST,
            port=plan.broker_port,
            username=login.username,
            name=name,
        )
        file.write_text(text, encoding="utf-8")
    return directory
