from __future__ import annotations

from pathlib import Path

import pytest

from tests.ingest.harness import Harness


@pytest.fixture
def chain(tmp_path: Path) -> Harness:
    return Harness.at(tmp_path)
