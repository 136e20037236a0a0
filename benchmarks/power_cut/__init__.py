"""Power cuts: a file layer that forgets, tears and reorders what was not synced."""
