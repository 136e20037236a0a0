"""An emulated MIFARE DESFire card; its crypto is its own."""

from simulator.devices.desfire.card import DesfireCard
from simulator.devices.desfire.memory import Application, CardMemory, DataFile, Key

__all__ = ["Application", "CardMemory", "DataFile", "DesfireCard", "Key"]
