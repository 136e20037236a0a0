"""An agent's memory is not spent on web proxies, and nobody else misses them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PROGRAM = """
import sys
import edge.link.mqtt
assert "urllib.request" not in sys.modules and "http.client" not in sys.modules
import urllib.request
assert urllib.request.urlopen and urllib.request.getproxies() is not None
from edge.link.mqtt import paho
client = paho.Client(paho.CallbackAPIVersion.VERSION2)
assert client._get_proxy() is None
"""


def test_paho_loads_no_http_and_the_real_module_is_there_for_others():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
