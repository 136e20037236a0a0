"""`softplace bench ingest`: Mosquitto to InfluxDB, side by side with Node-RED's tuned flow."""
