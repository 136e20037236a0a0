"""An emulated NXP PN532 on its serial line, certified by libnfc, libfreefare and nfcpy."""

from simulator.devices.pn532.emulator import Pn532
from simulator.devices.pn532.faults import Fault

__all__ = ["Fault", "Pn532"]
