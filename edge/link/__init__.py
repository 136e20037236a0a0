"""The durable way from a device to the backend: outbox, MQTT session, lanes, confirmation."""
