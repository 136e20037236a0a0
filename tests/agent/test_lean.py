"""What only the start needed is given back, and nothing that was written to."""

from __future__ import annotations

import subprocess
import sys

from edge.agent.lean import Mapping, unwritten_mappings

SMAPS = """\
55d0-55e0 r-xp 00000000 fe:00 12 /usr/bin/python3.11
Rss:                  40 kB
Anonymous:             0 kB
7f10-7f20 r--p 00000000 fe:00 13 /opt/softplace/_rust.abi3.so
Anonymous:             0 kB
7f20-7f30 r--p 00100000 fe:00 13 /opt/softplace/_rust.abi3.so
Anonymous:            64 kB
7f30-7f40 rw-p 00200000 fe:00 13 /opt/softplace/_rust.abi3.so
Anonymous:             0 kB
7f40-7f50 r-xp 00000000 00:00 0 [vdso]
Anonymous:             0 kB
7f50-7f60 r--s 00000000 fe:00 14 /var/lib/shared
Anonymous:             0 kB
""".splitlines()

LIVES_ON = """
import ssl, sqlite3, zlib
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from edge.agent.lean import give_back
key = Ed25519PrivateKey.generate()
def resident_kb():
    return int(open("/proc/self/statm").read().split()[1]) * 4
before = resident_kb()
give_back()
after = resident_kb()
key.public_key().verify(key.sign(b"x"), b"x")
ssl.create_default_context()
sqlite3.connect(":memory:").execute("SELECT 1")
zlib.decompress(zlib.compress(b"x"))
print(before - after)
"""


def test_only_clean_private_pages_of_files_are_named():
    assert list(unwritten_mappings(SMAPS)) == [Mapping(0x55D0, 0x55E0), Mapping(0x7F10, 0x7F20)]


def test_a_program_lives_on_with_less():
    done = subprocess.run(
        [sys.executable, "-c", LIVES_ON], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) > 2_000
