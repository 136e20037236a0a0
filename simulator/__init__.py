"""A living territory: real agents and a real link, invented people."""
