"""What every agent has: its file, its process, its goodbye, the commands it takes."""
