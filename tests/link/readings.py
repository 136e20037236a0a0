"""Readings for tests."""

from __future__ import annotations

from edge.link.reading import Reading

START_MS = 1_790_000_000_000


def position(n: int, boot_ms: int = 60_000) -> Reading:
    body = {"latitude": 44.0 + n / 10_000, "longitude": 3.5, "odometer_m": float(n)}
    return Reading("position", body, boot_ms, START_MS + n * 1000, "gnss")


def occupancy(n: int, boot_ms: int = 60_000) -> Reading:
    return Reading("occupancy", {"persons": n}, boot_ms)


def alarm(detail: str = "help", boot_ms: int = 60_000) -> Reading:
    return Reading("alarm", {"alarm": "sos", "detail": detail}, boot_ms)


def health(boot_ms: int = 60_000) -> Reading:
    return Reading("health", {"temperature_c": 40.0}, boot_ms)
