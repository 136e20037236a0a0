"""The scenarios of the outage bench: one row each."""

from __future__ import annotations

from benchmarks.outage.scenarios import backups, clock, disk, freshness, identity, sos
from benchmarks.outage.scenarios.scene import Scenario

SCENARIOS = (
    Scenario("full_card", disk.full_card),
    Scenario("full_outbox", disk.full_outbox),
    Scenario("full_backend_disk", disk.full_backend_disk),
    Scenario("clock_year_behind", clock.clock_year_behind),
    Scenario("clock_year_ahead", clock.clock_year_ahead),
    Scenario("reimaged_agent", identity.reimaged_agent),
    Scenario("cloned_outbox", identity.cloned_outbox),
    Scenario("rolled_back_card", identity.rolled_back_card),
    Scenario("restored_records", backups.restored_records),
    Scenario("restored_records_and_telemetry", backups.restored_records_and_telemetry),
    Scenario("fresh_backend", backups.fresh_backend),
    Scenario("fresh_telemetry", backups.fresh_telemetry),
    Scenario("newest_after_reconnect", freshness.newest_after_reconnect, part="speed"),
    Scenario("hour_of_backlog", freshness.hour_of_backlog, part="speed"),
    Scenario("sos_over_slow_link", sos.sos_over_slow_link, part="speed"),
    Scenario("sos_over_slower_link", sos.sos_over_slower_link, part="speed"),
)
