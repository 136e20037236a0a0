"""What units say becomes stored, exactly once, and is confirmed to them."""
