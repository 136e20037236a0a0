"""An emulated card on PC/SC: the card behind vpcd, and a pcscd of its own."""

from simulator.devices.pcsc_card.reader import PcscReader
from simulator.devices.pcsc_card.virtual import VirtualCard

__all__ = ["PcscReader", "VirtualCard"]
