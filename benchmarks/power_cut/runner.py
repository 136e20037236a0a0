"""Power cuts at every moment of a program's work on its files, generation after generation.

A subject works on recorded files; at many moments of the recording the disk is cut, and the
real code opens what is left and is asked for everything it had promised. Then it works on from
one of these images, so that damage that shows late is found too.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Protocol

from benchmarks.power_cut.disk import Cut, Said, crash_images
from benchmarks.power_cut.vfs import Connect, RecordedConnection, Recorder, RecordingVfs

_GENERATIONS = 5
_MEMORY_FILES = Path("/dev/shm")  # noqa: S108 - private directories are made inside it


@dataclass(slots=True)
class Findings:
    """What is wrong with one crash image; nothing is what is wanted."""

    lost: int = 0
    doubled: int = 0
    corrupt: int = 0
    notes: list[str] = field(default_factory=list)


class Subject(Protocol):
    """One file of ours under test."""

    name: str
    steps: int
    """How many steps of work one generation does."""

    def work(
        self, directory: Path, connect: Connect, recorder: Recorder, steps: int, random: Random
    ) -> None:
        """Open what is in the directory, work, and `say` each promise when it is made."""
        ...

    def inspect(self, directory: Path, said: Sequence[object]) -> Findings:
        """Open what a cut has left and compare it with what was said before the cut."""
        ...


@dataclass(slots=True)
class PowerCutRow:
    """The sum over one subject."""

    subject: str
    cut_points: int = 0
    lost: int = 0
    duplicated: int = 0
    corrupt: int = 0
    fates: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    def add(self, cut: Cut, findings: Findings) -> None:
        """Count one image."""
        self.cut_points += 1
        self.fates[cut.fate] += 1
        self.lost += findings.lost
        self.duplicated += findings.doubled
        self.corrupt += findings.corrupt
        self.notes.extend(f"{cut.fate} after event {cut.after}: {n}" for n in findings.notes[:3])

    def as_row(self) -> dict[str, object]:
        """The row of the bench."""
        return {
            "scenario": "power_cut",
            "subject": self.subject,
            "cut_points": self.cut_points,
            "lost": self.lost,
            "duplicated": self.duplicated,
            "corrupt": self.corrupt,
            "fates": dict(sorted(self.fates.items())),
            "notes": self.notes[:10],
            "passed": self.lost == self.duplicated == self.corrupt == 0,
        }


def cut_power(subject: Subject, cut_points: int, seed: int) -> PowerCutRow:
    """Cut `cut_points` times, over as many recordings as that takes."""
    random = Random(f"{seed}/{subject.name}")  # noqa: S311 - repeatable on purpose
    row = PowerCutRow(subject.name)
    base = _MEMORY_FILES if _MEMORY_FILES.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="power-cut-", dir=base) as scratch:
        while row.cut_points < cut_points:
            _one_chain(subject, cut_points, random, row, Path(scratch))
    return row


def _one_chain(
    subject: Subject, cut_points: int, random: Random, row: PowerCutRow, scratch: Path
) -> None:
    start: Mapping[str, bytes] = {}
    said: list[object] = []
    for _ in range(_GENERATIONS):
        recorder = _record(subject, start, scratch / "live", random)
        cuts = _moments(len(recorder.events), min(25, cut_points - row.cut_points), random)
        onward: Cut | None = None
        for cut in crash_images(start, recorder.events, cuts, random):
            promises = said + _said(recorder, cut.after)
            image = _laid_out(cut.files, scratch / "image")
            findings = _inspected(subject, image, promises)
            row.add(cut, findings)
            if not findings.corrupt and (onward is None or random.random() < 0.3):
                onward = cut
        if onward is None:
            return
        said += _said(recorder, onward.after)
        start = onward.files


def _record(subject: Subject, start: Mapping[str, bytes], live: Path, random: Random) -> Recorder:
    recorder = Recorder()
    vfs = RecordingVfs(f"power-cut-{id(recorder)}", recorder)
    try:
        subject.work(
            _laid_out(start, live),
            lambda path: RecordedConnection(path, vfs.name),
            recorder,
            subject.steps,
            random,
        )
    finally:
        vfs.unregister()
    return recorder


def _moments(events: int, wanted: int, random: Random) -> list[int]:
    return [random.randint(0, events) for _ in range(wanted)]


def _said(recorder: Recorder, until: int) -> list[object]:
    return [event.what for event in recorder.events[:until] if isinstance(event, Said)]


def _laid_out(files: Mapping[str, bytes], directory: Path) -> Path:
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    for name, data in files.items():
        (directory / name).write_bytes(data)
    return directory


def _inspected(subject: Subject, image: Path, said: Sequence[object]) -> Findings:
    try:
        findings = subject.inspect(image, said)
        for database in _databases(image):
            findings.corrupt += not _whole(database)
    except sqlite3.DatabaseError as error:
        return Findings(corrupt=1, notes=[str(error)])
    return findings


def _databases(image: Path) -> Iterable[Path]:
    return (path for path in image.iterdir() if path.suffix == ".sqlite")


def _whole(database: Path) -> bool:
    connection = sqlite3.connect(database)
    try:
        return bool(connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)])
    finally:
        connection.close()
