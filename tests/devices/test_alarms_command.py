"""A supervisor sees who is in distress and answers, from the command line."""

from __future__ import annotations

import json

from backend.devices.command_rows import newest_of
from backend.devices.distress import hear_distress
from backend.records.open import open_records
from backend.records.transaction import reading, writing
from contract.clock import SystemClock
from contract.uplink import Alarm
from softplace.__main__ import main


def test_an_alarm_is_listed_answered_and_ended(tmp_path, capsys):
    config = tmp_path / "softplace.toml"
    config.write_text(
        f'territory = "lozere"\ndata = "{tmp_path}/data"\n'
        '[distress]\nsupervisor = "chef de parc"\nsupervisor_min = 10\n'
    )
    (tmp_path / "data").mkdir()
    records = open_records(f"sqlite:///{tmp_path}/data/records.sqlite")
    now_ms = SystemClock().now_ms()
    raised = Alarm(
        outbox="00000000000000aa",
        seq=1,
        boot="0000b001-00000001",
        observed_ms=now_ms,
        clock="ntp",
        alarm="sos",
        reference="sos-1",
    )
    with writing(records) as connection:
        hear_distress(connection, "bus/b1", raised, now_ms)

    def run(*words: str) -> tuple[int, str, str]:
        code = main(["device", *words, "--config", str(config)])
        return code, *capsys.readouterr()

    def listed() -> list[dict[str, object]]:
        return json.loads(run("alarms", "--json")[1])["alarms"]

    (alarm,) = listed()
    assert alarm == {
        "unit": "bus/b1",
        "alarm": "sos",
        "reference": "sos-1",
        "step": "supervisor",
        "who": "chef de parc",
        "since_ms": now_ms,
        "deadline_ms": now_ms + 600_000,
    }
    assert "chef de parc" in run("alarms")[1]
    assert run("acknowledge", "bus/b1", "sos-1", "--by", "astreinte")[0] == 0
    (alarm,) = listed()
    assert (alarm["step"], alarm["who"], alarm["deadline_ms"]) == ("taken", "astreinte", None)
    code, _, complaint = run("acknowledge", "bus/b1", "sos-2")
    assert code == 1
    assert "has no open alarm 'sos-2'; `softplace device alarms`" in complaint
    assert run("acknowledge", "bus/b1", "sos-1", "--over", "--json")[0] == 0
    assert listed() == []
    assert run("alarms")[1] == "nobody is in distress\n"
    with reading(records) as connection:
        order = newest_of(connection, "bus/b1", "alarm_ack")
    assert order is not None
    assert json.loads(order.arguments) == {"reference": "sos-1"}
    records.dispose()
