"""The territory of the demonstration: facts, and the script that builds its file from them."""
