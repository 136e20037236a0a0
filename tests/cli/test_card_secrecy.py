"""A desk that dies with keys in its memory leaves no image of it on the disk."""

from __future__ import annotations

import resource
import subprocess
import sys

DIES = """
import os, resource
from softplace.card.secrecy import leave_no_core
resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)
leave_no_core()
os.abort()
"""


def test_a_desk_that_is_killed_leaves_no_core(tmp_path):
    before = resource.getrlimit(resource.RLIMIT_CORE)
    done = subprocess.run([sys.executable, "-c", DIES], check=False, cwd=tmp_path)
    assert done.returncode < 0
    assert not list(tmp_path.iterdir())
    assert resource.getrlimit(resource.RLIMIT_CORE) == before


def test_every_command_of_the_desk_begins_so():
    script = (
        "import argparse, pathlib, resource\n"
        "from softplace.card.desk import open_desk\n"
        "from softplace.failure import CommandFailed\n"
        # Where this worker has been a desk before, cores are forbidden for good already.
        "most = resource.getrlimit(resource.RLIMIT_CORE)[1]\n"
        "resource.setrlimit(resource.RLIMIT_CORE, (1 if most else 0, most))\n"
        "try:\n"
        "    with open_desk(argparse.Namespace(config=pathlib.Path('not there'))): pass\n"
        "except CommandFailed: pass\n"
        "assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
