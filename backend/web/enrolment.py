"""The HTTP face of enrolment: one address, few requests, refusals in words."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Awaitable, Callable

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from backend.devices.errors import DevicesError, InvitationRefused
from contract.clock import Clock
from contract.enrolment import MAX_BYTES, PATH, EnrolmentRefused

MOST_A_MINUTE = 10
"""From one address: a person who mistypes a code needs three."""
MOST_ADDRESSES = 1_000
MOST_BYTES = 2 * MAX_BYTES
_MINUTE_S = 60.0

Enrol = Callable[[bytes], Awaitable[bytes]]
"""Raises EnrolmentRefused and DevicesError."""

_log = logging.getLogger("softplace.web")


class RateLimit:
    """At most so many requests a minute from each address; when very many ask, from all."""

    def __init__(self, pace: Clock) -> None:
        self._pace = pace
        self._asked: dict[str, deque[float]] = {}

    def allows(self, address: str) -> bool:
        """Whether one more request may be answered."""
        now_s = self._pace.monotonic_s()
        if len(self._asked) >= MOST_ADDRESSES:
            self._forget(now_s)
        if len(self._asked) >= MOST_ADDRESSES and address not in self._asked:
            return False
        times = self._asked.setdefault(address, deque())
        while times and now_s - times[0] >= _MINUTE_S:
            times.popleft()
        if len(times) >= MOST_A_MINUTE:
            return False
        times.append(now_s)
        return True

    def _forget(self, now_s: float) -> None:
        old = [who for who, times in self._asked.items() if now_s - times[-1] >= _MINUTE_S]
        for who in old:
            del self._asked[who]


def enrolment_routes(enrol: Enrol | None, pace: Clock) -> tuple[Route, ...]:
    """The address at which devices ask for an identity."""
    if enrol is None:
        return ()
    limit = RateLimit(pace)

    async def ask(request: Request) -> Response:
        address = request.client.host if request.client else ""
        if not limit.allows(address):
            return _refused("too many requests; wait a minute", 429)
        body = await _body(request)
        if body is None:
            return _refused("the request is too long", 413)
        try:
            answer = await enrol(body)
        except EnrolmentRefused as refusal:
            return _refused(str(refusal), 400)
        except InvitationRefused as refusal:
            _log.warning("enrolment=refused reason=%s", refusal.reason)
            return _refused(str(refusal), 403)
        except DevicesError as error:
            _log.error("enrolment=failed why=%s", error)
            return _refused("the server cannot enrol now; look at its log", 503)
        _log.info("enrolment=answered")
        return Response(answer, 200, {"Cache-Control": "no-store"}, media_type="application/json")

    return (Route(PATH, ask, methods=["POST"]),)


async def _body(request: Request) -> bytes | None:
    """The body, None where it is longer than any request of ours."""
    body = b""
    try:
        async for piece in request.stream():
            body += piece
            if len(body) > MOST_BYTES:
                return None
    except ClientDisconnect:
        return None
    return body


def _refused(sentence: str, status: int) -> Response:
    content = msgspec.json.encode({"error": sentence})
    return Response(content, status, {"Cache-Control": "no-store"}, media_type="application/json")
