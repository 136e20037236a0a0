"""The optional sections of a vehicle's file: what is wired, and how long is long.

A section that is not there switches nothing on. Durations are seconds, distances metres.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from edge.drivers.card_head import CardHeadSection

Seconds = Annotated[float, Meta(ge=0, le=86_400)]
Metres = Annotated[float, Meta(gt=0, le=10_000)]
Persons = Annotated[int, Meta(ge=0, le=2_000)]
Latitude = Annotated[float, Meta(ge=-90, le=90)]
Longitude = Annotated[float, Meta(ge=-180, le=180)]
Port = Annotated[int, Meta(ge=0, le=65_535)]


class Section(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the sections have in common: every key known."""


class IgnitionSection(Section, frozen=True):
    """[ignition]: the line of the key, and what follows when it is turned off."""

    line: str = "key"
    off_after_s: Seconds = 3.0
    crank_s: Seconds = 15.0
    hold_s: Seconds = 300.0
    settle_s: Seconds = 60.0
    needed_s: Seconds = 14_400.0
    switch_off: tuple[str, ...] = ()
    """The command that switches the computer off; none leaves it on."""


class SosSection(Section, frozen=True):
    """[sos]: the button, if there is one beside that of the cab screen."""

    line: str | None = None
    hold_s: Seconds = 2.0
    repeat_s: Seconds = 60.0


class LoneWorkerSection(Section, frozen=True):
    """[lone_worker]: its button, its buzzer, its ladder and what is known of dead zones."""

    line: str | None = None
    """A short press is a sign of life; held for 3 s it starts or ends the session."""
    buzzer: str | None = None
    interval_s: Seconds = 1_800.0
    cab_s: Seconds = 120.0
    supervisor_s: Seconds = 300.0
    second_s: Seconds = 300.0
    taken_s: Seconds = 1_800.0
    margin_s: Seconds = 120.0
    zone_margin_s: Seconds = 300.0
    zone_most_s: Seconds = 2_700.0


class DoorSection(Section, frozen=True):
    """[[doors]]: a passenger door; its beams, its contact, both, or neither."""

    name: str
    outer: str | None = None
    inner: str | None = None
    """Lines of the two beams, in the order in which they are met on the way in."""
    contact: str | None = None
    """Line that is active while the door is open."""

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines that it has."""
        return tuple(line for line in (self.outer, self.inner, self.contact) if line is not None)


class PassengersSection(Section, frozen=True):
    """[passengers]: what the vehicle holds and where it is surely empty."""

    seats: Persons | None = None
    wheelchair_places: Persons | None = None
    ramp: str | None = None
    """Line that is active while the wheelchair ramp is out."""
    stop_radius_m: Metres = 80.0
    depots: tuple[tuple[Latitude, Longitude], ...] = ()
    depot_radius_m: Metres = 150.0
    miscount: Annotated[float, Meta(ge=0, le=1)] = 0.15
    """At most this share of passages is told wrongly on balance; count a day by hand and see."""


class CabSection(Section, frozen=True):
    """[cab]: the screen of the driver, on this machine alone."""

    port: Port = 8_010


class ReaderSection(CardHeadSection, frozen=True):
    """[reader]: the reader of co-passes at the passenger door; it needs [identity]."""

    port: str = "/dev/ttyAMA1"
    place: Annotated[str, Meta(min_length=1, max_length=40)] = "bus-door"
    directory: str = "copass"
    """Where rights and journal lie, sealed to this board."""
