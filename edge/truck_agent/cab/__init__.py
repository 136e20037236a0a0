"""The screen of the driver: served by the agent to this machine alone, with or without network."""
