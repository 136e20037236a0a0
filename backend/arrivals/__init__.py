"""When the next vehicle comes, and how sure that is."""
