"""HTTP of our own: bodies are compressed off this machine, each thread has its connection."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from backend.telemetry.circuit import LAST_PAUSE_S, Circuit
from backend.telemetry.errors import TelemetryUnavailable
from backend.telemetry.http_endpoint import HttpEndpoint, is_loopback
from contract.clock import ManualClock


@contextmanager
def one_answer(answer: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """A server that reads one request and gives `answer`; what it read."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(5.0)
                heard.append(connection.recv(65_536))
                while b"\r\n\r\n" not in heard[0] or _wants_more(heard[0]):
                    heard[0] += connection.recv(65_536)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", heard
        thread.join()


def _wants_more(request: bytes) -> bool:
    head, _, body = request.partition(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            return len(body) < int(line.split(b":")[1])
    return False


NO_CONTENT = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"


def test_a_body_for_another_machine_is_compressed() -> None:
    with one_answer(NO_CONTENT) as (url, heard):
        http = HttpEndpoint(url, {})
        http.compresses = True
        assert http.request("POST", "/write", {"db": "x"}, b"line " * 100).status == 204
    head, _, body = heard[0].partition(b"\r\n\r\n")
    assert b"Content-Encoding: gzip" in head
    assert gzip.decompress(body) == b"line " * 100


def test_a_body_for_this_machine_is_not() -> None:
    with one_answer(NO_CONTENT) as (url, heard):
        HttpEndpoint(url, {}).request("POST", "/write", {}, b"line")
    assert heard[0].endswith(b"\r\n\r\nline")


@pytest.mark.parametrize(
    ("host", "here"),
    [("localhost", True), ("127.0.0.5", True), ("::1", True), ("10.0.0.1", False), ("db", False)],
)
def test_this_machine_is_known_by_name_and_number(host: str, here: bool) -> None:
    assert is_loopback(host) is here


@pytest.mark.parametrize(
    "answer", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"]
)
def test_a_broken_answer_is_no_answer(answer: bytes) -> None:
    with one_answer(answer) as (url, _), pytest.raises(TelemetryUnavailable, match="not answer"):
        HttpEndpoint(url, {}).request("GET", "/ping", {})


async def test_a_dead_server_is_tried_ever_more_rarely_but_never_given_up() -> None:
    clock = ManualClock()
    circuit = Circuit(clock, "a server")
    waits = []
    for _ in range(12):
        circuit.breaks(OSError("refused"))
        waits.append(circuit.wait_s())
        await clock.advance(circuit.wait_s())
        assert circuit.wait_s() == 0.0
        assert circuit.broken
    assert waits == sorted(waits)
    assert waits[0] < 0.5
    assert waits[-1] == LAST_PAUSE_S
    circuit.heals(0)
    assert not circuit.broken
    circuit.breaks(OSError("refused"))
    assert circuit.wait_s() == waits[0]
