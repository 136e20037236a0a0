"""The agent of a truck or bus: where it is, said rarely enough and never lost."""
