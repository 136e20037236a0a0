"""Checks of the broker: does it let us in, what is it, how much does it hold."""

from __future__ import annotations

import secrets

from backend.broker.capabilities import lacking
from backend.broker.errors import BrokerError
from backend.broker.model import EMBEDDED_VERSION, VERSION_TOPIC
from backend.broker.mosquitto_files import IN_FLIGHT, QUEUED_BYTES, QUEUED_MESSAGES
from backend.broker.probe import ClientTls, probe_broker
from contract.topics import ROOT
from softplace.doctor.ear import CannotListen, Ear
from softplace.doctor.finding import Finding, failed, not_checked, ok, warning
from softplace.doctor.subject import Subject

NO_BROKER = not_checked("no broker was named", "softplace doctor --broker URL, or --config FILE")
SAMPLE = 3_000
"""Messages sent to ourselves and not acknowledged: above every default, below what is advised."""
ENOUGH_IN_FLIGHT = 1_000


async def answers(subject: Subject) -> Finding:
    """The broker answers and accepts our credentials."""
    if subject.broker is None:
        return NO_BROKER
    tls = ClientTls(subject.tls.ca_file, subject.tls.cert_file, subject.tls.key_file)
    try:
        await probe_broker(subject.broker, tls)
    except BrokerError as error:
        sentence, _, mend = str(error).rpartition(": ")
        return failed(sentence, mend)
    who = f" as {subject.broker.username!r}" if subject.broker.username else ", without a name"
    return ok(f"{subject.broker.shown} lets us in{who}")


async def kind(subject: Subject) -> Finding:
    """Which broker it is and what it cannot do."""
    if subject.broker is None:
        return NO_BROKER
    try:
        async with Ear(subject, subject.broker, (VERSION_TOPIC,)) as ear:
            await ear.until_quiet(subject.wait_s, 1)
    except (CannotListen, OSError):
        return not_checked("this account may not read what the broker says of itself")
    if not ear.messages:
        return not_checked("the broker does not say what it is")
    version = ear.messages[0][1].decode(errors="replace")
    if version != EMBEDDED_VERSION:
        return ok(version)
    cannot = "; ".join(row.feature for row in lacking("embedded"))
    return warning(
        f"{version}: enough for one machine or a village. It cannot do: {cannot}",
        "apt install mosquitto; `softplace up` takes it where it finds it",
    )


async def limits(subject: Subject) -> Finding:
    """How many unacknowledged messages the broker holds, tried with our own.

    On a topic of our own, not retained, nobody else is told.
    """
    if subject.broker is None:
        return NO_BROKER
    topic = f"{ROOT}/doctor/backend/{secrets.token_hex(8)}"
    try:
        async with Ear(subject, subject.broker, (topic,)) as ear:
            for _ in range(SAMPLE):
                ear.publish(topic, b"x")
            await ear.until_quiet(subject.wait_s, SAMPLE)
            in_flight = len(ear.messages)
            ear.acknowledge()
            await ear.until_quiet(subject.wait_s, SAMPLE)
            kept = len(ear.messages)
    except (CannotListen, OSError):
        in_flight = kept = 0
    return judge_limits(in_flight, kept)


def judge_limits(in_flight: int, kept: int) -> Finding:
    """What `in_flight` sent before any acknowledgement, `kept` of SAMPLE in all, mean."""
    if not kept:
        return not_checked(
            "this account may not write to itself",
            "run doctor with the backend's account to measure what the broker holds",
        )
    if in_flight >= ENOUGH_IN_FLIGHT and kept >= SAMPLE:
        return ok(f"{in_flight} messages go out before one is acknowledged; none of {SAMPLE} lost")
    found = f"{in_flight} messages go out before one is acknowledged"
    if kept < SAMPLE:
        found += f", and of {SAMPLE} waiting ones {SAMPLE - kept} were dropped in silence"
    return warning(
        f"{found}: too few for an ingest that acknowledges in batches",
        "in mosquitto.conf (or take deploy/mosquitto/softplace.conf):\n"
        f"max_inflight_messages {IN_FLIGHT}\n"
        f"max_queued_messages {QUEUED_MESSAGES}\n"
        f"max_queued_bytes {QUEUED_BYTES}",
    )
