"""The co-pass: prove a card, decide offline, keep a journal."""
