"""How many people are there, with the bound of the estimate."""
