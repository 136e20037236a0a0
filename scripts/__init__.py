"""The commands of the house that are Python."""
