"""Doctor says what is wrong with a device's identity, and how to mend it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from backend.records.open import open_records
from contract.clock import ManualClock, SystemClock
from softplace.doctor.identity import identity
from softplace.doctor.subject import Subject, subject_of
from tests.devices.enrolling import Server

DAY_S = 86_400


@pytest.fixture
async def enrolled(tmp_path) -> tuple[Subject, Path]:
    """What doctor looks at on a device that was just enrolled."""
    clock = ManualClock(SystemClock().now_ms())
    records = open_records(f"sqlite:///{tmp_path / 'records.sqlite'}")
    server = Server(tmp_path / "server", records, clock)
    async with server.serving():
        answer = await server.enrol(tmp_path, server.invite("bus/b1"))
    from edge.agent.enrolment import agent_toml

    path = tmp_path / "agent-bus.toml"
    path.write_text(agent_toml(answer, tmp_path))
    return replace(subject_of(config=path), clock=clock), tmp_path / "bus" / "identity"


async def test_a_whole_identity_is_named_with_its_end(enrolled):
    subject, _ = enrolled
    found = await identity(subject)
    assert found.state == "ok"
    assert found.sentence.startswith("lozere/bus/b1, certificate until 20")


async def test_a_certificate_near_its_end_is_a_warning_and_past_it_a_failure(enrolled):
    subject, _ = enrolled
    assert isinstance(subject.clock, ManualClock)
    await subject.clock.advance(600 * DAY_S)
    near = await identity(subject)
    assert (near.state, near.mend) == ("warning", "on the server: softplace device renew bus/b1")
    await subject.clock.advance(200 * DAY_S)
    assert (await identity(subject)).state == "failed"


async def test_what_is_wrong_is_said_with_the_file(enrolled):
    subject, directory = enrolled
    other = await identity(replace(subject, unit="bus/b2"))
    assert "is of lozere/bus/b1, the configuration says lozere/bus/b2" in other.sentence
    (directory / "box.key").chmod(0o644)
    readable = await identity(subject)
    assert (readable.state, readable.mend) == ("failed", f"chmod 600 {directory / 'box.key'}")
    (directory / "box.key").unlink()
    assert "box.key" in (await identity(subject)).sentence
    never = await identity(replace(subject, identity=directory / "none"))
    assert "never enrolled" in never.sentence
    assert (await identity(Subject())).state == "not_checked"
