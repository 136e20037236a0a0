"""The row of the kills: a campaign on the data directory, and the sum over all before it."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

from benchmarks.outage.campaign import Campaign
from benchmarks.outage.chain import Chain
from benchmarks.outage.tally import KILLED, TARGETS, Tally


async def kill(arguments: argparse.Namespace, say: Callable[[str], None]) -> dict[str, object]:
    """Kill until the seed has its number or the minutes are over."""
    data = arguments.data / "kills"
    data.mkdir(parents=True, exist_ok=True)
    tally = Tally(data / "kills.jsonl")
    before = tally.kills
    done = sum(d.seed == arguments.seed and d.target in KILLED for d in tally.deaths)
    start = time.monotonic()
    crashes: list[str] = []
    if done < arguments.kills:
        async with Chain(data, arguments.vehicles, doors=arguments.doors) as chain:
            campaign = Campaign(
                chain,
                tally,
                arguments.seed,
                before + arguments.kills - done,
                arguments.minutes * 60,
                say,
            )
            await campaign.run()
            crashes = campaign.crashes
    seconds = time.monotonic() - start
    last = tally.checks[-1] if tally.checks else {}
    summary = tally.summary()
    return {
        "scenario": "kills",
        **summary,
        **{key: value for key, value in last.items() if key != "kills"},
        "checks": len(tally.checks),
        "checks_sound": sum(bool(check["sound"]) for check in tally.checks),
        "this_run_kills": tally.kills - before,
        "this_run_s": round(seconds, 1),
        "crashes": crashes,
        "passed": not crashes and bool(tally.checks) and all(c["sound"] for c in tally.checks),
        "shares_reached": _shares_reached(summary),
    }


def _shares_reached(summary: dict[str, object]) -> bool:
    """At least 90 % in flight, each target 15 %, half at named points."""
    wanted = {"in_flight_share": 0.9, "at_crash_point_share": 0.5}
    wanted |= {f"{target}_share": 0.15 for target in TARGETS}
    return all(float(str(summary[key])) >= least for key, least in wanted.items())
