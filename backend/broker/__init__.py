"""The broker that `up` and a private run start: Mosquitto when found, else one inside the process.

An explicit broker address means that neither is started. What each broker can and cannot do
stands in `capabilities.py` and is checked by one suite on both.
"""
