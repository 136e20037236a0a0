"""Devices, one file each, every one beside its fake."""
