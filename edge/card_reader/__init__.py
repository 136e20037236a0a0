"""The agent of a door: open or refuse and say why."""
