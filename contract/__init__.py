"""What both sides of the wire share: topics, messages, quantities, ranges and the clock.

Rules of this package: it imports msgspec and the standard library and nothing else, it does
no I/O beyond reading the clock, and neither `edge` nor `backend` may know anything about the
other that does not stand here.
"""
