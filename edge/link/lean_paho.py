"""paho without what it loads for web proxies: 2.3 MB that no Pi ever uses.

paho imports `urllib.request` (and with it http, email and tempfile) to ask for an MQTT proxy,
and asks only where PySocks is installed. Where it is not, an empty module stands in while paho
is imported; whoever else imports `urllib.request` gets the real one.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from types import ModuleType
from typing import TYPE_CHECKING

_FOR_PROXIES = "urllib.request"

if TYPE_CHECKING:
    import paho.mqtt.client as paho


def _imported() -> ModuleType:
    stands_in = importlib.util.find_spec("socks") is None and _FOR_PROXIES not in sys.modules
    if stands_in:
        sys.modules[_FOR_PROXIES] = ModuleType(_FOR_PROXIES)
    try:
        return importlib.import_module("paho.mqtt.client")
    finally:
        if stands_in:
            del sys.modules[_FOR_PROXIES]


if not TYPE_CHECKING:
    paho = _imported()

__all__ = ["paho"]
