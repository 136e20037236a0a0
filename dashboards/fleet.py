"""The fleet: who is heard, what waits, how the devices are, what people must act on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.models.dashboard import (
    VariableOption,
    VariableRefresh,
    VariableSort,
)

from dashboards import queries
from dashboards.panels import BAD, GOOD, WARN, bands, curves, number, positions, rows, source_of
from dashboards.query import Query

UID = "softplace-fleet"


def fleet() -> Any:
    """The dashboard, ready to be written as JSON."""
    page = (
        dashboard.Dashboard("SoftPlace : la flotte")
        .uid(UID)
        .description("Vehicles, spaces and readers of a territory, from what they themselves sent.")
        .tags(["softplace"])
        .timezone("browser")
        .time("now-3h", "now")
        .refresh("10s")
        .with_variable(_choice("kind", "Genre", queries.kinds()))
        .with_variable(_choice("unit", "Unité", queries.units()))
    )
    identity = 0
    for title, panels in _sections():
        identity += 1
        page = page.with_row(dashboard.Row(title).id(identity))
        for panel in panels:
            identity += 1
            page = page.with_panel(panel.id(identity))
    return page.build()


def _choice(name: str, label: str, query: Query) -> Any:
    everything = VariableOption(selected=True, text="Toutes", value="$__all")
    return (
        dashboard.QueryVariable(name)
        .label(label)
        .datasource(source_of(query))
        .query(query.influxql)
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.ALPHABETICAL_ASC)
        .multi(True)
        .include_all(True)
        .all_value(".*")
        .current(everything)
    )


def _sections() -> tuple[tuple[str, Sequence[Any]], ...]:
    return (
        ("La flotte maintenant", _now()),
        ("Positions", _positions()),
        ("La liaison : rien ne se perd", _link()),
        ("Les appareils", _devices()),
        ("Voyageurs, salles et badges", _people()),
    )


def _now() -> Sequence[Any]:
    return (
        number(
            "Véhicules entendus depuis 5 min",
            "Vehicles with a position measured within five minutes. Fewer than are on duty: look "
            "at the ages below, then at the link of the silent ones.",
            queries.vehicles_heard(),
            ((None, BAD), (1, GOOD)),
        ),
        number(
            "Unités vues depuis 24 h",
            "Units that announced a state within a day, asleep ones included.",
            queries.units_of_the_day(),
            ((None, BAD), (1, GOOD)),
        ),
        number(
            "Alarmes",
            "Alarms in the chosen time. Anything but 0 is for a person to act on now.",
            queries.alarms_of_the_range(),
            ((None, GOOD), (1, BAD)),
        ),
        positions(
            "Dernières positions",
            "The newest position of each unit by time of measurement; old ones stay where they "
            "were last, so read the ages beside it. The background map is the one Grafana is "
            "configured with.",
            queries.last_positions(),
        ),
        rows(
            "Âge de la dernière position",
            "How long ago each unit's newest position was measured, and by which clock.",
            queries.last_heard(),
            {"observed_ms": "dateTimeFromNow"},
        ),
        rows(
            "Alarmes, la plus récente d'abord",
            "SOS, lone worker silent, doors forced or held open, tampering.",
            queries.alarms(),
        ),
        bands(
            "État annoncé",
            "Online, asleep (key off) or offline, as each unit said it itself.",
            queries.states(),
        ),
        rows(
            "Changements d'état",
            "Each announcement with the version of the program and the number of its session.",
            queries.status_changes(),
        ),
    )


def _positions() -> Sequence[Any]:
    return (
        curves(
            "Positions par minute",
            "Positions stored, by the minute they were measured in. 60 while moving at 1 Hz, one "
            "while parked.",
            queries.positions_per_minute(),
        ),
        curves("Vitesse", "Mean speed over ground.", queries.speed(), "velocitykmh"),
        curves(
            "Précision du récepteur",
            "The worst accuracy the receiver itself gave. Above 50 m: look at the antenna.",
            queries.accuracy(),
            "lengthm",
            ((None, GOOD), (20, WARN), (50, BAD)),
        ),
        curves(
            "Horloge inconnue",
            "Positions measured before the unit knew the time. Lasting: no sky and no network.",
            queries.untrusted_clocks(),
        ),
    )


def _link() -> Sequence[Any]:
    return (
        curves(
            "Messages en attente sur l'appareil",
            "Messages on the unit's card that are not yet confirmed as stored. Rising while the "
            "unit is online: look at the ingest.",
            queries.outbox_depth(),
        ),
        curves(
            "Âge du plus vieux message en attente",
            "How long the oldest of them has been waiting.",
            queries.outbox_age(),
            "s",
            ((None, GOOD), (60, WARN), (3_600, BAD)),
        ),
        curves(
            "Positions arrivées en retard",
            "Positions from a backlog: measured out of coverage, delivered later.",
            queries.replayed_per_minute(),
        ),
        curves(
            "Aller-retour de la liaison",
            "From a message to the broker's answer.",
            queries.link_round_trip(),
            "s",
        ),
        curves(
            "Signal radio",
            "Strength of the mobile signal. Below -110 dBm little goes through.",
            queries.link_signal(),
            "dBm",
        ),
        rows(
            "Messages abandonnés",
            "Ranges of numbers that a unit reported as dropped by its size limit, forgotten or "
            "corrupt on its card: every missing number is explained here or is an alarm.",
            queries.given_up(),
        ),
    )


def _devices() -> Sequence[Any]:
    return (
        curves(
            "Température",
            "Of the computer. A Raspberry Pi slows down at 80 °C.",
            queries.temperature(),
            "celsius",
            ((None, GOOD), (70, WARN), (80, BAD)),
        ),
        curves(
            "Sous-tension",
            "Reports of too low a voltage, each minute. Any: look at the supply and the cable.",
            queries.undervoltage(),
        ),
        curves(
            "Place libre sur la carte",
            "Bytes free where the outbox is kept.",
            queries.disk_free(),
            "decbytes",
        ),
        curves(
            "Phrases GPS refusées",
            "Sentences with a bad checksum, out of range or without a fix. Rising steadily: wrong "
            "speed of the port or a loose cable.",
            queries.rejected_sentences(),
        ),
        curves(
            "Capteurs et lecteurs en panne",
            "Sensors and readers that do not answer. Run softplace device doctor on the unit.",
            queries.sensor_faults(),
            steps=((None, GOOD), (1, BAD)),
        ),
    )


def _people() -> Sequence[Any]:
    return (
        curves(
            "Personnes à bord ou dans la salle",
            "Counted, with the error that each unit states.",
            queries.persons(),
        ),
        curves(
            "Erreur possible du comptage",
            "Persons by which the count may be wrong. It grows until the next re-zeroing.",
            queries.persons_error(),
        ),
        rows(
            "Dérive corrigée à la remise à zéro",
            "What the counters had gathered since the last one. Large again and again: look at "
            "the height and the distance of the beams.",
            queries.drift(),
        ),
        curves("Appareils sur le wifi", "How many; nothing about whose.", queries.wifi_stations()),
        curves("Wifi : octets reçus", "Per interval.", queries.wifi_received(), "decbytes"),
        curves("Badges acceptés", "Taps let in, each minute.", queries.taps_granted()),
        curves("Badges refusés", "Taps not let in, each minute.", queries.taps_refused()),
        rows(
            "Badges refusés, et pourquoi",
            "The newest refusals with their reason. Whose card it was stands in the records alone.",
            queries.refusals(),
        ),
        curves(
            "Du badge posé à la décision",
            "The slowest: the card proves itself, then the door decides. It does so alone, so the "
            "network is no excuse; slow means a worn card or a reader behind metal.",
            queries.decision_time(),
            "ms",
            ((None, GOOD), (300, WARN), (1_000, BAD)),
        ),
        rows(
            "Révocation : jusqu'à quand une porte peut l'ignorer",
            "A card revoked now could open until then, if the door heard nothing more; without a "
            "trusted clock for at most that many seconds of running time.",
            queries.revocation_bounds(),
            {"revocation_bound_ms": "dateTimeFromNow", "clockless_bound_s": "s"},
        ),
        rows(
            "Refus des conducteurs",
            "Plans and commands that a driver refused, with the reason given.",
            queries.refused_by_drivers(),
        ),
    )
