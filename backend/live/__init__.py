"""What is true now, by time of measurement; and the feed that keeps it so."""
