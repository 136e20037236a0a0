"""The small parts: bodies, back-off, sentences, systemd, the fake."""

from __future__ import annotations

import asyncio
import socket
import ssl
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.clock import ManualClock
from contract.codec import decode_uplink
from contract.errors import MalformedMessage
from edge.link import connecting, systemd
from edge.link.backoff import Backoff
from edge.link.envelope import check_body, message_bytes
from edge.link.heartbeat import _signal_dbm, device_health
from edge.link.identity import boot_id, machine_serial
from edge.link.link_fake import FakeLink
from edge.link.service import Link
from edge.link.settings import BackoffSettings
from tests.link.readings import position


@pytest.mark.parametrize(
    ("stream", "body", "words"),
    [
        ("position", {"latitude": 91.0, "longitude": 3.0}, "latitude"),
        ("position", {"latitude": float("nan"), "longitude": 3.0}, "latitude"),
        ("position", {"longitude": 3.0}, "latitude"),
        ("position", {"latitude": 1.0, "longitude": 3.0, "speed_kmh": 3}, "speed_kmh"),
        ("weather", {}, "no such stream"),
        ("alarm", {"alarm": "fire"}, "alarm"),
        ("tap", {"decision": object()}, "tap"),
        ("alarm", {"alarm": "sos", "detail": "x" * 281}, "detail"),
    ],
)
def test_a_body_that_breaks_its_schema_is_refused_by_name(
    stream: str, body: dict[str, object], words: str
) -> None:
    with pytest.raises(MalformedMessage, match=words):
        check_body(stream, body)


@given(
    seq=st.integers(1, 2**48 - 1),
    observed_ms=st.integers(0, 4_102_444_800_000),
    clock=st.sampled_from(["gnss", "ntp", "rtc", "unset"]),
    replayed=st.booleans(),
    latitude=st.floats(-90, 90),
    state=st.sampled_from(["online", "asleep"]),
)
def test_what_is_spliced_is_what_the_receiver_reads(
    seq: int, observed_ms: int, clock: str, replayed: bool, latitude: float, state: str
) -> None:
    for stream, body in (
        ("position", {"latitude": latitude, "longitude": 3.0}),
        ("status", {"state": state, "session": 3, "version": "1"}),
        ("health", {}),
    ):
        payload = message_bytes(
            "0123456789abcdef",
            seq,
            "0000aaaa-0000bbbb",
            (observed_ms, clock),
            77,
            check_body(stream, body),
            replayed=replayed,
        )
        message = decode_uplink(stream, payload)
        assert (message.seq, message.observed_ms, message.clock) == (seq, observed_ms, clock)
        assert message.replayed is replayed
        assert message.boot_ms == (77 if clock == "unset" else None)
        for name, value in body.items():
            assert getattr(message, name) == value


@given(st.integers())
def test_backoff_doubles_up_to_its_cap_and_never_leaves_its_bounds(seed: int) -> None:
    backoff = Backoff(BackoffSettings(0.2, 60.0), Random(seed))  # noqa: S311 - jitter
    waits = [backoff.next_s() for _ in range(20)]
    for attempt, wait_s in enumerate(waits):
        cap_s = min(0.2 * 2**attempt, 60.0)
        assert cap_s / 2 <= wait_s <= cap_s
    backoff.reset()
    assert backoff.next_s() <= 0.2


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "nobody listens there"),
        (socket.gaierror(-2, "Name or service not known"), "name is not known"),
        (TimeoutError(), "no answer in time"),
        (FileNotFoundError(2, "No such file", "/etc/ca.pem"), "TLS file /etc/ca.pem"),
        (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number"), "TLS failed"),
        (OSError(101, "Network is unreachable"), "Network is unreachable"),
    ],
)
def test_each_failure_to_connect_has_one_sentence(error: Exception, words: str) -> None:
    failure = connecting.unreachable("mqtt://host:1883", error)
    assert words in str(failure)
    assert str(failure).startswith("broker mqtt://host:1883: ")
    assert "; " in str(failure)


def test_systemd_hears_the_very_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        systemd.notify("READY=1")
        assert listener.recv(100) == b"READY=1"
    systemd.notify("nobody listens any more")
    monkeypatch.delenv("NOTIFY_SOCKET")
    systemd.notify("nobody ever listened")


async def test_the_watchdog_is_silent_as_soon_as_one_task_is_late(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said: list[str] = []
    monkeypatch.setattr(systemd, "notify", said.append)
    monkeypatch.setenv("WATCHDOG_USEC", "20000000")
    clock = ManualClock()
    watchdog = systemd.Watchdog(clock)
    watchdog.promise("position", 30)
    task = asyncio.create_task(watchdog.run())
    await clock.advance(25)
    assert said == ["READY=1", "WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1"]
    await clock.advance(20)
    assert said.count("WATCHDOG=1") == 4
    assert watchdog.late() == ["position"]
    watchdog.beat("position")
    await clock.advance(10)
    assert said.count("WATCHDOG=1") == 5
    watchdog.release("position")
    assert watchdog.late() == []
    task.cancel()


def test_a_machine_has_a_serial_and_each_run_its_boot() -> None:
    assert machine_serial()
    simulated = ManualClock()
    assert boot_id(simulated, None) != boot_id(simulated, None)
    assert boot_id(simulated, "0000aaaa").startswith("0000aaaa-")


def test_the_device_says_what_it_has(tmp_path: Path) -> None:
    found = device_health(tmp_path)
    assert found["disk_free_bytes"] > 0
    check_body("health", found)
    wireless = "head\nhead\n wlan0: 0000   54.  -56.  -256  0  0  0  0  1  0\n"
    assert _signal_dbm(wireless) == -56.0
    assert _signal_dbm("") is None


def test_the_fake_has_the_face_of_the_real_link() -> None:
    public = {name for name in vars(Link) if not name.startswith("_")}
    for_the_session = {
        "say_state",
        "report_losses",
        "news",
        "storage_failed",
        "heard_down",
        "says_goodbye",
        "beat",
    }
    fake = FakeLink()
    assert public - for_the_session <= set(dir(fake))
    fake.put(position(1))
    assert fake.health().streams["position"].confirmed == 1
    with pytest.raises(MalformedMessage):
        fake.put(position(10**9))
