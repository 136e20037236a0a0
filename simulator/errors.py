"""The errors of the simulator."""

from __future__ import annotations


class SimulatorError(Exception):
    """Base of everything this package raises."""
