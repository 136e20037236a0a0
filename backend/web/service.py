"""The web application: routes, what they answer, and the beat behind open pages."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, NamedTuple

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.routing import Route

from backend.arrivals.service import Arrivals
from backend.web import api
from backend.web.channel import Channel, Compose
from backend.web.context import Context, Live
from backend.web.devices import DeviceReport
from backend.web.doors import DoorLine
from backend.web.enrolment import Enrol, enrolment_routes
from backend.web.formats import LANGUAGES, Language, age, clock_time, day, spaced
from backend.web.headers import SecurityHeaders
from backend.web.pages import board, devices, landing
from backend.web.publisher import Publisher
from backend.web.rendering import Renderer, asset
from backend.web.settings import PageSettings
from backend.web.shapes import LOGO
from backend.web.words import say
from contract.clock import Clock, SystemClock
from contract.territory_file import Stop, Territory

OTHER: dict[Language, tuple[Language, str]] = {"fr": ("en", "English"), "en": ("fr", "Français")}
_KEEP_FOR_EVER = "public, max-age=31536000, immutable"
_NEVER_KEEP = "no-store"


class _Shown(NamedTuple):
    """A page that can be followed."""

    name: str
    channel: Channel


class Pages:
    """Handlers of the routes."""

    def __init__(
        self,
        context: Context,
        settings: PageSettings,
        pace: Clock,
        report: Callable[[], Awaitable[DeviceReport]] | None,
        doors: Callable[[], Awaitable[list[DoorLine]]] | None,
    ) -> None:
        self._context = context
        self._settings = settings
        self._report = report
        self._doors = doors
        self.publisher = Publisher(context, settings, pace)

    async def landing(self, request: Request) -> Response:
        """The territory as a map and as lists."""
        language = _language(request)
        shown = self._fresh("map", language)
        return self._page(
            request, "landing.html", shown, language, **landing.frame(self._context, language)
        )

    async def board(self, request: Request) -> Response:
        """The board of a stop."""
        language = _language(request)
        stop = self._stop(request.path_params["stop_id"])
        shown = self._fresh(f"board/{stop.stop_id}", language)
        names = {
            "name": spaced(stop.name, language),
            "detail": spaced(stop.detail, language),
        }
        return self._page(request, "board.html", shown, language, stop=names)

    async def events(self, request: Request) -> Response:
        """Server-sent events of one page."""
        language = _language(request)
        name = request.query_params.get("page", "")
        channel = self.publisher.channel(f"{name}?{language}", self._compose(name, language))
        version = request.query_params.get("version", "")
        return StreamingResponse(
            self.publisher.follow(channel, version),
            media_type="text/event-stream",
            headers={"Cache-Control": _NEVER_KEEP, "X-Accel-Buffering": "no"},
        )

    async def devices(self, request: Request) -> Response:
        """What operations must see: presence, gaps, quarantine."""
        language = _language(request)
        report = await self._reported()
        doors = await self._doors() if self._doors is not None else []
        renderer = Renderer(language, self._context.moment())
        return HTMLResponse(
            devices.render(renderer, self._context, report, doors, language),
            headers={"Cache-Control": _NEVER_KEEP},
        )

    async def api_board(self, request: Request) -> Response:
        """The board of a stop, for machines."""
        stop = self._stop(request.path_params["stop_id"])
        self._context.arrivals.refresh()
        return _json(api.board(self._context, stop))

    async def api_stops(self, _: Request) -> Response:
        """Every stop."""
        return _json(api.stops(self._context))

    async def api_vehicles(self, _: Request) -> Response:
        """Every vehicle with its state."""
        self._context.arrivals.refresh()
        return _json(api.vehicles(self._context))

    async def api_devices(self, _: Request) -> Response:
        """The device report, for machines."""
        return _json(await self._reported())

    async def api_doors(self, _: Request) -> Response:
        """Rights, contact and revocation bound of each door, for machines."""
        return _json(await self._doors() if self._doors is not None else [])

    async def health(self, _: Request) -> Response:
        """That the pages answer, and how many are open."""
        stamp = self.publisher.stamp()
        return _json(
            {
                "status": "ok",
                "territory": self._context.territory.territory,
                "now_ms": stamp.now,
                "clock_set": stamp.set,
                "open_pages": self.publisher.readers,
            }
        )

    async def static(self, request: Request) -> Response:
        """A stylesheet or script; its address names its content."""
        found = asset(request.path_params["digest"], request.path_params["name"])
        if found is None:
            raise HTTPException(404)
        media_type, content = found
        return Response(content, media_type=media_type, headers={"Cache-Control": _KEEP_FOR_EVER})

    async def favicon(self, _: Request) -> Response:
        """The mark."""
        drawing = LOGO.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
        return Response(drawing, media_type="image/svg+xml")

    async def failed(self, request: Request, error: Exception) -> Response:
        """A page in words for what went wrong, with the way back."""
        language = _language(request)
        status = error.status_code if isinstance(error, HTTPException) else 500
        sentence = say(language, "not_found" if status in {404, 405} else "failed")
        if isinstance(error, UnknownStop):
            sentence = say(language, "unknown_stop", stop=error.stop_id)
        if request.url.path.startswith("/api/"):
            return _json({"error": sentence}, status)
        page = Renderer(language, self._context.moment()).page(
            "error.html",
            page={"title": f"SoftPlace · {sentence}", "light": "day"},
            kind="error",
            live=None,
            sentence=sentence,
            stops=landing.stop_links(self._context, language),
            query=_query(language),
        )
        return HTMLResponse(page, status)

    def _stop(self, stop_id: str) -> Stop:
        stop = self._context.arrivals.plans.stops.get(stop_id)
        if stop is None:
            raise UnknownStop(stop_id)
        return stop

    async def _reported(self) -> DeviceReport:
        return DeviceReport() if self._report is None else await self._report()

    def _fresh(self, name: str, language: Language) -> _Shown:
        return _Shown(
            name, self.publisher.fresh(f"{name}?{language}", self._compose(name, language))
        )

    def _compose(self, name: str, language: Language) -> Compose:
        """How a page is made. Raises HTTPException for a page that is not followed."""
        if name == "map":
            return lambda: landing.compose(self._context, language)
        kind, _, stop_id = name.partition("/")
        if kind != "board":
            raise HTTPException(404)
        stop = self._stop(stop_id)
        return lambda: board.compose(self._context, stop, language)

    def _page(
        self, request: Request, template: str, shown: _Shown, language: Language, **values: Any
    ) -> Response:
        moment, stamp = self._context.moment(), self.publisher.stamp()
        other, other_name = OTHER[language]
        is_set = moment.is_set
        html = Renderer(language, moment).page(
            template,
            page=shown.channel.page,
            kind="map" if shown.name == "map" else "board",
            phone=self._context.territory.phone,
            query=_query(language),
            clock=clock_time(moment.local) if is_set else say(language, "clock_unset"),
            date=day(moment.local.date(), language) if is_set else "",
            fresh_age=age(moment.local, moment.local, language),
            other={
                "path": request.url.path + _query(other),
                "language": other,
                "name": other_name,
            },
            live={
                "path": f"/events?page={shown.name}&lang={language}",
                "version": shown.channel.version,
                "now_ms": stamp.now,
                "rate": stamp.rate,
                "clock_set": stamp.set,
                "zone": self._context.territory.timezone,
                "live_s": self._settings.arrivals.live_s,
                "no_contact_s": self._settings.arrivals.no_contact_s,
                "heartbeat_s": self._settings.heartbeat_s,
            },
            **values,
        )
        return HTMLResponse(html, headers={"Cache-Control": _NEVER_KEEP})


class UnknownStop(HTTPException):
    """No stop of that name; the page lists those there are."""

    def __init__(self, stop_id: str) -> None:
        self.stop_id = stop_id[:60]
        super().__init__(404, f"unknown stop {self.stop_id}")


def create_app(
    territory: Territory,
    live: Live,
    clock: Clock,
    settings: PageSettings | None = None,
    *,
    pace: Clock | None = None,
    report: Callable[[], Awaitable[DeviceReport]] | None = None,
    enrol: Enrol | None = None,
    doors: Callable[[], Awaitable[list[DoorLine]]] | None = None,
) -> Starlette:
    """The pages of one territory.

    Args:
        territory: places, lines and timetables.
        live: what is true now; somebody else keeps it true (`backend.live.follow`), the pages
            read it on every beat.
        clock: the territory's time, real or simulated.
        settings: beats and thresholds.
        pace: real time, for beats and heartbeats; the machine's own by default.
        report: asks what `/devices` shows; an empty report by default.
        enrol: answers devices that want an identity; without it there is no such address.
        doors: asks what `/api/doors` shows; no door by default.

    Raises:
        UnknownTimezone: the territory's time zone does not exist.
    """
    settings = settings or PageSettings()
    arrivals = Arrivals(territory, live, settings.arrivals)
    context = Context(territory, live, arrivals, clock)
    pace = pace or SystemClock()
    pages = Pages(context, settings, pace, report, doors)
    routes = (
        *enrolment_routes(enrol, pace),
        Route("/", pages.landing),
        Route("/board/{stop_id}", pages.board),
        Route("/devices", pages.devices),
        Route("/events", pages.events),
        Route("/api/stops", pages.api_stops),
        Route("/api/boards/{stop_id}", pages.api_board),
        Route("/api/vehicles", pages.api_vehicles),
        Route("/api/devices", pages.api_devices),
        Route("/api/doors", pages.api_doors),
        Route("/healthz", pages.health),
        Route("/static/{digest}/{name}", pages.static),
        Route("/favicon.svg", pages.favicon),
    )

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        beat = asyncio.create_task(pages.publisher.run(), name="pages")
        try:
            yield
        finally:
            pages.publisher.close()
            beat.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await beat

    app = Starlette(
        routes=routes,
        lifespan=lifespan,
        middleware=[Middleware(SecurityHeaders)],
        exception_handlers={HTTPException: pages.failed, Exception: pages.failed},
    )
    app.state.publisher = pages.publisher
    return app


def _language(request: Request) -> Language:
    wanted = request.query_params.get("lang")
    return next((language for language in LANGUAGES if language == wanted), "fr")


def _query(language: Language) -> str:
    return "" if language == "fr" else f"?lang={language}"


def _json(content: object, status: int = 200) -> Response:
    return Response(
        msgspec.json.encode(content),
        status,
        {"Cache-Control": _NEVER_KEEP},
        media_type="application/json",
    )
