"""A small MQTT 3.1.1 client of our own, for the server side: batched, acknowledged by hand."""
