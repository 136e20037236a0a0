"""A living territory: real agents and a real link, invented people."""

__version__ = "0.1.0"
