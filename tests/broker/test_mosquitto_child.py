"""The private Mosquitto: its files, its life, its death."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from backend.broker.embedded import EmbeddedBroker
from backend.broker.errors import BrokerDidNotStart, BrokerPortInUse, BrokerWouldBeOpen
from backend.broker.model import Account
from backend.broker.mosquitto import MosquittoBroker, find_mosquitto
from backend.broker.mosquitto_files import UnwritableAccount, password_hash, passwords_text
from backend.broker.probe import probe_broker
from contract.topics import Unit
from tests.broker.harness import BrokerThread, Client, until
from tests.peers.mosquitto import require_mosquitto, running_mosquitto


@pytest.fixture
def binary() -> str:
    require_mosquitto()
    found = find_mosquitto()
    assert found is not None
    return found


def test_our_password_hashes_are_mosquittos(tmp_path, binary):
    salt = b"0123456789ab"
    passwords = tmp_path / "passwords"
    passwords.write_text(passwords_text([Account("a", "pâss word")], [salt]))
    config = {"password_file": str(passwords), "allow_anonymous": "false"}
    with running_mosquitto(tmp_path, config=config) as broker:
        right = Client(broker.address, username="a", password="pâss word")
        assert right.connect() == 0
        right.disconnect()
        wrong = Client(broker.address, username="a", password="pass word")
        assert wrong.connect() == 135
        wrong.disconnect()
    assert password_hash("x", salt) != password_hash("y", salt)


@pytest.mark.parametrize("account", [("a:b", "x"), ("", "x"), ("a", ""), ("a\nuser b", "x")])
def test_a_name_that_could_forge_a_line_is_refused(account):
    with pytest.raises(UnwritableAccount, match="choose another"):
        passwords_text([Account(*account)], [b"0" * 12])


def test_its_files_are_ours_alone(tmp_path, binary):
    accounts = (Account("backend", "secret"),)
    with BrokerThread(lambda: MosquittoBroker(binary, tmp_path / "m", 0, accounts)):
        modes = {p.name: p.stat().st_mode & 0o777 for p in (tmp_path / "m").iterdir()}
    assert modes.pop("mosquitto.log")
    assert set(modes.values()) == {0o600}
    assert "secret" not in (tmp_path / "m" / "passwords").read_text()


def test_it_is_started_again_on_its_port_when_it_dies(tmp_path, binary, caplog):
    with BrokerThread(lambda: MosquittoBroker(binary, tmp_path / "m", 0)) as running:
        broker = running.broker
        assert isinstance(broker, MosquittoBroker)
        first = broker.pid
        with Client(running.address) as client:
            os.kill(first, signal.SIGKILL)
            client.gone.get(timeout=10)
        until(lambda: _connects(running))
        assert broker.pid != first
        assert broker.restarts == 1


def _connects(running: BrokerThread) -> bool:
    try:
        running.run(probe_broker(running.address))
    except ConnectionError:
        return False
    return True


def test_it_does_not_outlive_a_killed_parent(tmp_path, binary):
    script = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from backend.broker.mosquitto import MosquittoBroker\n"
        "async def main():\n"
        f"    broker = MosquittoBroker({binary!r}, Path({str(tmp_path / 'm')!r}), 0)\n"
        "    await broker.start()\n"
        "    print(broker.pid, flush=True)\n"
        "    await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    watched = os.pidfd_open(child)
    parent.kill()
    parent.wait()
    assert select.select([watched], [], [], 10)[0], "mosquitto is still there"
    os.close(watched)


@pytest.mark.parametrize("kind", ["mosquitto", "embedded"])
def test_a_port_in_use_is_one_clear_sentence(tmp_path, kind):
    with BrokerThread(lambda: EmbeddedBroker(port=0)) as first:
        port = first.address.port

        def second() -> EmbeddedBroker | MosquittoBroker:
            if kind == "embedded":
                return EmbeddedBroker(port=port)
            return MosquittoBroker(find_mosquitto() or "absent", tmp_path, port)

        with pytest.raises(BrokerPortInUse) as caught, BrokerThread(second):
            pass
    assert str(caught.value) == (
        f"port {port} on 127.0.0.1 is in use: stop the program that listens there,"
        " use it by giving its address, or choose another port"
    )


def test_a_mosquitto_that_refuses_its_configuration_says_why(tmp_path, binary):
    broken = tmp_path / "mosquitto"
    broken.write_text("#!/bin/sh\necho 'Error: it is broken' >&2\nexit 3\n")
    broken.chmod(0o755)
    with (
        pytest.raises(BrokerDidNotStart, match="did not start: Error: it is broken"),
        BrokerThread(lambda: MosquittoBroker(str(broken), tmp_path / "m", 0)),
    ):
        pass


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])
def test_listening_beyond_this_machine_without_accounts_is_refused(tmp_path, host):
    with pytest.raises(BrokerWouldBeOpen, match="give every client an account"):
        EmbeddedBroker(host)
    with pytest.raises(BrokerWouldBeOpen):
        MosquittoBroker("mosquitto", tmp_path, host=host)
    EmbeddedBroker(host, accounts=[Account("a", "b")])


def test_a_device_account_names_its_territory():
    with pytest.raises(ValueError, match="together"):
        Account("a", "b", Unit("bus", "b1"))
