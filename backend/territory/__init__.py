"""Communes, places, vehicles, lines and timetables of a territory, in SQL, and its service days."""
