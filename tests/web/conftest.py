"""A real Chromium, where the machine has one."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

ARTEFACTS = Path(__file__).parents[2] / "test-artefacts" / "pages"


@pytest.fixture(scope="session")
def artefacts() -> Path:
    """Where screenshots are kept for a person to look at."""
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    return ARTEFACTS


@pytest.fixture
async def chromium() -> AsyncIterator[object]:
    """A browser that can reach nothing but this machine."""
    playwright = pytest.importorskip("playwright.async_api", reason="playwright is not installed")
    binary = shutil.which("chromium") or shutil.which("chromium-browser")
    if binary is None:
        pytest.skip("chromium is not installed: apt install chromium")
    async with playwright.async_playwright() as driver:
        browser = await driver.chromium.launch(
            executable_path=binary,
            args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
        )
        yield browser
        await browser.close()
