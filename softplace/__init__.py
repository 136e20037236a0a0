"""The front door: the `softplace` command."""

__version__ = "0.1.0"
