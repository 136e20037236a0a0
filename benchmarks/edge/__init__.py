"""What the agents cost the small computers they run on."""
