"""Pull every plug of the running chain, a thousand times, and count what is missing."""
