"""Emulated hardware, certified by clients that nobody here wrote."""
