"""How pages are served."""

from __future__ import annotations

from msgspec import Struct

from backend.arrivals.settings import ArrivalSettings


class PageSettings(Struct, kw_only=True, frozen=True):
    """Beats of the pages, in real seconds, and the thresholds of arrivals."""

    refresh_s: float = 1.0
    """Open pages are composed again this often; what changed is sent."""
    heartbeat_s: float = 10.0
    """With nothing to say, an open page hears this often that the server is there."""
    arrivals: ArrivalSettings = ArrivalSettings()
