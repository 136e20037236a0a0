"""The words at the door: the reason where it helps, never where it harms, in two languages."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Self

import pytest

from contract.clock import ManualClock
from contract.uplink import TAP_REASONS
from edge.card_reader.screen.server import ScreenServer
from edge.card_reader.screen.state import ScreenState, ScreenTexts
from edge.card_reader.screen.words import LANGUAGES, WORDS
from edge.copass.decision import Decision
from edge.copass.time_keeper import Moment
from tests.copass.rights_made import DAY_MS, HOUR_MS, NOON_MS, table

N = "\u202f"
TEXTS = ScreenTexts("fr", "Coworking de Mende", f"04{N}65{N}71{N}00{N}12", 8.0)
GRANTED = Decision(
    is_granted=True,
    reason="granted",
    label="M. D., Bureau 3",
    kind="booking",
    until_ms=NOON_MS + HOUR_MS,
)


class Shown:
    """A screen at noon."""

    def __init__(self, moment: Moment | None = None, mode="normal") -> None:
        self.clock = ManualClock()
        self.moment = moment or Moment(NOON_MS, "ntp")
        self.state = ScreenState(TEXTS, lambda: self.moment, table, self.clock, mode)

    def says(self, language: str = "fr") -> tuple[str, ...]:
        shown = self.state.shown()[language]
        return (shown["title"], *shown["lines"])

    def refuses(self, reason: str, **fields: Any) -> tuple[str, ...]:
        decision = Decision(is_granted=False, reason=reason, **fields)
        self.state.tapped(decision, opens=False)
        return self.says()


def refused(reason: str, **fields: Any) -> tuple[str, ...]:
    return Shown().refuses(reason, **fields)


def test_a_granted_card_is_greeted_by_initials_and_told_until_when():
    screen = Shown()
    screen.state.tapped(GRANTED, opens=True)
    assert screen.says() == ("Entrez", "Bonjour M. D.", f"Bureau 3, jusqu’à 13{N}h")
    assert screen.says("en") == ("Come in", "Hello M. D.", "Bureau 3, until 13:00")
    shown = screen.state.shown()["fr"]
    assert (shown["left"], shown["right"]) == (f"12{N}h", "porte ouverte 8 s")
    assert shown["spoken"] == f"Entrez. Bonjour M. D. Bureau 3, jusqu’à 13{N}h."
    assert shown["sound"] == "granted"


def test_a_card_that_comes_too_early_is_told_when_to_come_back():
    told = refused("too_early", kind="booking", starts_ms=NOON_MS + 2 * HOUR_MS)
    assert told == ("Pas encore", f"Votre réservation commence à 14{N}h.")
    told = refused("too_early", kind="booking", starts_ms=NOON_MS + 5 * DAY_MS)
    assert told == ("Pas encore", "Votre réservation commence le 1er novembre.")
    told = refused("too_early", is_closed_hours=True, starts_ms=NOON_MS + 20 * HOUR_MS)
    assert told == ("Fermé", "Ouvre le 28 octobre.")


def test_what_is_over_or_elsewhere_is_said_so():
    assert refused("expired", kind="booking", until_ms=NOON_MS - HOUR_MS) == (
        "C’est fini",
        f"Votre réservation allait jusqu’à 11{N}h.",
    )
    assert refused("no_right_here", elsewhere="locker-3") == (
        "Pas ici",
        "Vous avez réservé à locker-3.",
    )
    assert refused("no_right_here") == ("Pas de réservation aujourd’hui",)
    assert refused("unknown_card") == ("Badge inconnu", "Appelez-nous.")
    assert refused("read_again") == ("Posez encore une fois",)
    assert refused("too_many_tries", wait_s=9.6) == ("Attendez 10 s", "Puis posez encore une fois.")


@pytest.mark.parametrize("reason", ["revoked", "not_authentic", "anti_passback"])
def test_reasons_that_harm_are_not_shown(reason):
    assert refused(reason) == ("Appelez-nous",)


def test_a_member_whose_right_ran_out_is_asked_to_call():
    assert refused("expired", kind="member") == ("Appelez-nous",)


def test_without_a_clock_no_hour_is_shown_at_all():
    screen = Shown(Moment(NOON_MS, "unset", 5))
    assert screen.refuses("clock_unknown")[0] == "Heure inconnue"
    screen.state.tapped(GRANTED, opens=True)
    shown = json.dumps(screen.state.shown(), ensure_ascii=False)
    assert f"{N}h" not in shown
    screen = Shown(Moment(NOON_MS, "unset", 5))
    assert screen.state.shown()["fr"]["left"] == "Appelez"
    assert screen.state.shown()["fr"]["right"] == TEXTS.help_number


@pytest.mark.parametrize("reason", TAP_REASONS)
def test_every_reason_has_words_in_both_languages_and_none_speaks_of_leaving(reason):
    screen = Shown()
    screen.refuses(reason) if reason != "granted" else screen.state.tapped(GRANTED, opens=True)
    for language in LANGUAGES:
        said = " ".join(screen.says(language))
        assert said
        assert "{" not in said
        assert not any(word in said.lower() for word in ("sort", "leave", "exit", "erreur"))


def test_words_are_short_and_shout_at_nobody():
    for pair in WORDS.values():
        for words in pair:
            assert len(words.split()) <= 12
            assert "!" not in words


def test_a_card_that_could_not_be_written_down_is_told_that_the_door_fails():
    screen = Shown()
    screen.state.tapped(GRANTED, opens=False)
    assert screen.says() == ("La porte ne répond pas", "Appelez-nous.")


async def test_answers_pass_and_the_screen_is_ready_again():
    screen = Shown()
    screen.state.tapped(GRANTED, opens=True)
    assert screen.state.shown()["left_s"] == 8.0
    await screen.clock.advance(8.0)
    assert screen.says() == ("Posez votre badge", "Coworking de Mende")
    screen.refuses("unknown_card")
    await screen.clock.advance(9.9)
    assert screen.says()[0] == "Badge inconnu"
    await screen.clock.advance(0.2)
    assert screen.says()[0] == "Posez votre badge"


def test_a_reader_that_is_away_and_an_open_door_are_said():
    screen = Shown()
    screen.state.fault(is_faulty=True)
    assert screen.says()[0] == "La porte ne répond pas"
    screen.state.fault(is_faulty=False)
    screen.state.mode("free_access")
    assert screen.says() == ("Entrée libre", "Coworking de Mende", "Poussez la porte.")


class Served:
    """The server on a port of its own."""

    def __init__(self, screen: Shown) -> None:
        self.server = ScreenServer(screen.state, 0, screen.clock)
        self.task = asyncio.create_task(self.server.run())

    async def __aenter__(self) -> Self:
        self.port = await self.server.port
        return self

    async def __aexit__(self, *_exception: object) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)

    async def ask(self, path: str, host: str = "127.0.0.1", method: str = "GET"):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        return reader, writer

    async def whole(self, *asked: str) -> bytes:
        reader, writer = await self.ask(*asked)
        answer = await reader.read()
        writer.close()
        return answer


async def test_the_page_is_whole_and_asks_nobody_else():
    async with Served(Shown()) as served:
        for path in ("/", "/page.js", "/page.css"):
            answer = await served.whole(path)
            assert answer.startswith(b"HTTP/1.1 200")
            assert b"default-src 'none'" in answer
            assert b"http" not in answer.split(b"\r\n\r\n", 1)[1].replace(b"http-equiv", b"")
        assert (await served.whole("/../config.py")).startswith(b"HTTP/1.1 404")


async def test_nobody_reads_the_screen_under_another_name():
    async with Served(Shown()) as served:
        assert (await served.whole("/state", "evil.example")).startswith(b"HTTP/1.1 405")
        assert (await served.whole("/state", "127.0.0.1", "POST")).startswith(b"HTTP/1.1 405")


async def test_a_tap_reaches_the_page_at_once():
    screen = Shown()
    async with Served(screen) as served:
        reader, writer = await served.ask("/events")
        await reader.readuntil(b"\r\n\r\n")
        first = json.loads((await reader.readuntil(b"\n\n"))[6:])
        assert first["fr"]["title"] == "Posez votre badge"
        screen.state.tapped(GRANTED, opens=True)
        second = json.loads((await reader.readuntil(b"\n\n"))[6:])
        assert second["fr"]["title"] == "Entrez"
        assert second["number"] == first["number"] + 1
        writer.close()


async def test_a_port_that_is_taken_is_tried_until_it_is_free(caplog):
    screen = Shown()
    taken = await asyncio.start_server(lambda _r, _w: None, "127.0.0.1", 0)
    port = taken.sockets[0].getsockname()[1]
    server = ScreenServer(screen.state, port, screen.clock)
    running = asyncio.create_task(server.run())
    await screen.clock.advance(1)
    assert "cannot be had" in caplog.text
    taken.close()
    await taken.wait_closed()
    await screen.clock.advance(11)
    assert await server.port == port
    running.cancel()
