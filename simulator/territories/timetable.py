"""Routes and trips from lines, runs and rounds; refuses a vehicle in two places at once."""

from __future__ import annotations

import math
from collections import defaultdict
from itertools import pairwise

from contract.territory_file import Route, StopTime, Trip
from simulator.territories.lines import VIA, Line, Run
from simulator.territories.network import Network
from simulator.territories.rounds import Halt, Truck

SLACK = 1.06
"""Timetables give this much more than the running time, so that small delays heal."""
DWELL_S = 25.0


def minutes(text: str) -> int:
    """Minutes after midnight of "HH:MM"."""
    hours, _, rest = text.partition(":")
    return int(hours) * 60 + int(rest)


class ImpossibleDuty(ValueError):
    """A vehicle would have to be in two places at once."""

    def __init__(self, vehicle: str, before: Trip, after: Trip, why: str) -> None:
        super().__init__(f"{vehicle} cannot run {after.trip_id} after {before.trip_id}: {why}")


class TimetableBuilder:
    """Collects routes and trips."""

    def __init__(self, network: Network, names: dict[str, str]) -> None:
        self._network = network
        self._names = names
        self._routes: dict[str, Route] = {}
        self._trips: list[Trip] = []

    def routes(self) -> tuple[Route, ...]:
        """All routes, in the order they were added."""
        return tuple(self._routes.values())

    def trips(self) -> tuple[Trip, ...]:
        """All trips, in the order they were added."""
        return tuple(self._trips)

    def trip_id(self, route_id: str, leaves: str) -> str:
        """Id of the run of a route that leaves at that time."""
        return f"{route_id}-{leaves.replace(':', '')}"

    def add_line(self, line: Line) -> None:
        """A bus line."""
        name = f"{self._names[line.stops[0]]} – {self._names[line.stops[-1]]}"
        self._add_route(line.route_id, line.short_name, name, "bus", line.stops)

    def add_run(self, run: Run) -> None:
        """One journey of a line."""
        saturday = "-sa" if run.weekdays == (6,) else ""
        self._trips.append(
            self._trip(
                self.trip_id(run.route_id, run.leaves) + saturday,
                self._routes[run.route_id],
                run.leaves,
                run.back,
                run.vehicle,
                run.weekdays,
                school=run.school,
                via=VIA[run.route_id, run.back],
            )
        )

    def add_round(self, truck: Truck, weekday: int, halts: tuple[Halt, ...]) -> None:
        """The drives of a truck on one weekday, from its base and back."""
        slug = truck.unit.partition("/")[2]
        place = truck.base
        for halt in halts:
            route, back = self._truck_route(truck, place, halt.stop)
            self._trips.append(
                self._trip(
                    f"{slug}-{weekday}-{halt.leaves.replace(':', '')}",
                    route,
                    halt.leaves,
                    back,
                    truck.unit if halt.tracked else None,
                    (weekday,),
                )
            )
            place = halt.stop
        if place != truck.base:
            message = f"{truck.unit} does not come home on weekday {weekday}"
            raise ValueError(message)

    def check_vehicles(self) -> None:
        """Each vehicle leaves from where it stands. Raises ImpossibleDuty."""
        duties: dict[tuple[str, int], list[Trip]] = defaultdict(list)
        for trip in self._trips:
            for weekday in trip.weekdays:
                if trip.vehicle is not None:
                    duties[trip.vehicle, weekday].append(trip)
        for (vehicle, _), trips in duties.items():
            trips.sort(key=lambda t: t.stop_times[0].departure_min)
            for before, after in pairwise(trips):
                end, start = before.stop_times[-1], after.stop_times[0]
                if end.stop_id != start.stop_id:
                    raise ImpossibleDuty(vehicle, before, after, f"it stands in {end.stop_id}")
                if end.arrival_min + 4 > start.departure_min:
                    raise ImpossibleDuty(
                        vehicle, before, after, f"it arrives at minute {end.arrival_min}"
                    )

    def _truck_route(self, truck: Truck, start: str, end: str) -> tuple[Route, bool]:
        slug = truck.unit.partition("/")[2]
        forth, back = (f"{slug}-{a}-{b}"[:40].strip("-") for a, b in ((start, end), (end, start)))
        if back in self._routes:
            return self._routes[back], True
        if forth not in self._routes:
            self._add_route(forth, truck.short_name, truck.name, "truck", (start, end))
        return self._routes[forth], False

    def _add_route(
        self, route_id: str, short_name: str, name: str, mode: str, stops: tuple[str, ...]
    ) -> None:
        self._routes[route_id] = Route(
            route_id=route_id,
            short_name=short_name,
            name=name,
            mode="truck" if mode == "truck" else "bus",
            stop_ids=stops,
            shape=self._network.way_through(stops).points,
        )

    def _trip(
        self,
        trip_id: str,
        route: Route,
        leaves: str,
        back: bool,
        vehicle: str | None,
        weekdays: tuple[int, ...],
        *,
        school: bool = False,
        via: str = "",
    ) -> Trip:
        stops = route.stop_ids[::-1] if back else route.stop_ids
        return Trip(
            trip_id=trip_id,
            route_id=route.route_id,
            headsign=route.name if route.mode == "truck" else self._names[stops[-1]],
            via=via,
            vehicle=vehicle,
            weekdays=weekdays,
            school=school,
            reversed=back,
            stop_times=self._stop_times(stops, minutes(leaves)),
        )

    def _stop_times(self, stops: tuple[str, ...], leaves_min: int) -> tuple[StopTime, ...]:
        """Whole minutes, rounded up so that a bus is rarely early."""
        times = [StopTime(stop_id=stops[0], arrival_min=leaves_min, departure_min=leaves_min)]
        passed_s = 0.0
        for start, end in pairwise(stops):
            passed_s += self._network.seconds_between(start, end) * SLACK + DWELL_S
            at_min = leaves_min + math.ceil(passed_s / 60)
            times.append(StopTime(stop_id=end, arrival_min=at_min, departure_min=at_min))
        return tuple(times)
