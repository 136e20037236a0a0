"""Keeps open pages true: one beat for all, each page composed once however many read it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

import msgspec

from backend.web.channel import Channel, Compose
from backend.web.context import Context
from backend.web.moment import rate_of
from backend.web.settings import PageSettings
from contract.clock import Clock

_log = logging.getLogger("softplace.web")


class Stamp(msgspec.Struct, frozen=True):
    """What time it is, for the clock of an open page."""

    now: int
    rate: float
    set: bool


class Publisher:
    """The channels of all pages that were ever opened; there are as many as there are pages."""

    def __init__(self, context: Context, settings: PageSettings, pace: Clock) -> None:
        self._context = context
        self._settings = settings
        self._pace = pace
        self._epoch = f"{pace.now_ms():x}"
        self._channels: dict[str, Channel] = {}
        self._failing = False
        self._closing = False

    def channel(self, name: str, compose: Compose) -> Channel:
        """The channel of a page; `compose` makes it where nobody has opened it before."""
        if name not in self._channels:
            self._channels[name] = Channel(self._epoch, compose)
        return self._channels[name]

    def fresh(self, name: str, compose: Compose) -> Channel:
        """The channel of a page, brought up to now."""
        channel = self.channel(name, compose)
        if channel.readers == 0:
            self._context.arrivals.refresh()
        channel.fresh(self._pace.monotonic_s())
        return channel

    @property
    def readers(self) -> int:
        """How many pages are open."""
        return sum(channel.readers for channel in self._channels.values())

    def stamp(self) -> Stamp:
        """The present, for a page."""
        moment = self._context.moment()
        return Stamp(now=moment.now_ms, rate=rate_of(self._context.clock), set=moment.is_set)

    async def run(self) -> None:
        """Compose what is open on every beat, until cancelled."""
        while True:
            try:
                self.beat()
            except Exception:  # noqa: BLE001 - the pages must outlive a fault in one of them
                if not self._failing:
                    _log.exception("pages cannot be composed; open pages keep what they show")
                self._failing = True
            else:
                if self._failing:
                    _log.info("pages are composed again")
                self._failing = False
            await self._pace.sleep(self._settings.refresh_s)

    def beat(self) -> None:
        """Bring every open page up to now."""
        pace_s = self._pace.monotonic_s()
        open_channels = [channel for channel in self._channels.values() if channel.readers]
        if open_channels:
            self._context.arrivals.refresh()
        for channel in open_channels:
            channel.refresh(pace_s)

    async def follow(self, channel: Channel, version: str) -> AsyncIterator[bytes]:
        """Server-sent events for one reader: what it lacks, then changes and heartbeats."""
        channel.readers += 1
        try:
            if channel.readers == 1:
                self._context.arrivals.refresh()
                channel.refresh(self._pace.monotonic_s())
            yield self._told(b"retry: 1000\n")
            while not self._closing:
                version, changes = channel.since(version)
                for change in changes:
                    yield self._told() + (
                        b"event: change\nid: %b\ndata: %b\n\n" % (version.encode(), change)
                    )
                await self._changed(channel, version)
                if version == channel.version:
                    yield self._told()
        finally:
            channel.readers -= 1

    def close(self) -> None:
        """Let every reader go, so that the server can stop; they come back by themselves."""
        self._closing = True
        for channel in self._channels.values():
            channel.wake()

    async def _changed(self, channel: Channel, version: str) -> None:
        """Return when there is something newer, or when it is time for a heartbeat."""
        beat = asyncio.ensure_future(self._pace.sleep(self._settings.heartbeat_s))
        news = asyncio.ensure_future(channel.changed(version))
        try:
            await asyncio.wait((beat, news), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (beat, news):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task

    def _told(self, before: bytes = b"") -> bytes:
        return before + b"event: now\ndata: %b\n\n" % msgspec.json.encode(self.stamp())
