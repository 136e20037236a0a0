"""Grafana dashboards as code. Imports `contract` alone."""
