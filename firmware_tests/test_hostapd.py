"""Our driver on the control socket of a real hostapd, with a real wpa_supplicant before it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from firmware_tests.peers import needs

ROOT = Path(__file__).resolve().parents[1]


def network_of_its_own() -> bool:
    """Whether we may make a network namespace: root, or a kernel that lets users."""
    tried = subprocess.run(["unshare", "-n", "true"], capture_output=True, check=False)
    return tried.returncode == 0


pytestmark = [
    needs("hostapd", "wpa_supplicant"),
    pytest.mark.skipif(not network_of_its_own(), reason="no right to a network of its own: root"),
    pytest.mark.long,
]


def test_who_comes_and_goes_at_a_real_hostapd_is_seen(tmp_path: Path):
    command = ["unshare", "-n", sys.executable, "-m", "firmware_tests.hostapd_scene", str(tmp_path)]
    ran = subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False, cwd=ROOT
    )
    assert ran.returncode == 0, ran.stderr
    seen = json.loads(ran.stdout)
    assert seen["nobody"] == 0
    assert seen["guessing"] == [False]
    assert seen["there"] == [[seen["mac"], True]]
    assert seen["agrees_with_its_client"]
    assert seen["usage"] == [1, 0, 0]
    assert seen["put_out"] == [False]
    assert "systemctl status hostapd" in seen["gone"]
