"""The time-series store: one Protocol, InfluxDB 1.x, 2.x and later, and an embedded file."""
