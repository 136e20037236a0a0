"""The agent of a space: occupancy of rooms, wifi, lockers, presence."""
