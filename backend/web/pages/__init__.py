"""One file for each page: what it shows, as parts, and the whole of it."""
