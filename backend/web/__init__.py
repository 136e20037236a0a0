"""Pages: the board of a stop, the first page with its map, the state of the devices."""
