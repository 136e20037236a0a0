"""The devices in the units: who speaks, what never came, what a person should look at."""
