"""Parts of a key on their way to paper, one person at a time, and typed back from it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from softplace.card.console import Console, ask_for_set, read_parts
from softplace.card.key_set import KeySet, combine
from softplace.failure import CommandFailed

_OWNER_ONLY = 0o600
_A_ROW = 4


def hand_out(console: Console, keys: KeySet, parts: Sequence[str]) -> None:
    """Show each part alone, until it is written down."""
    for number, words in enumerate(parts, 1):
        console.wipe()
        for line in sheet(keys, number, len(parts), words):
            console.say(line)
        console.ask("Recopié et relu ? Entrée. / Copied and read again? Enter.")
    console.wipe()


def check_back(console: Console, keys: KeySet) -> None:
    """Have enough parts typed back from the paper. Raises CommandFailed."""
    console.say("Vérification : saisir les parts depuis le papier. / Type the parts from paper.")
    if ask_for_set(console, None) != keys:
        raise CommandFailed(
            "the paper gives another key: nothing was recorded; burn the sheets and begin again"
        )


def put_in(directory: Path, keys: KeySet, parts: Sequence[str]) -> list[Path]:
    """One file a part, for its holder's stick or for training. Raises CommandFailed."""
    paths = []
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        for number, words in enumerate(parts, 1):
            path = directory / f"set-{keys.version}-part-{number}.txt"
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
            with os.fdopen(os.open(path, flags, _OWNER_ONLY), "w", encoding="utf-8") as file:
                head = f"# set {keys.version}, fingerprint {keys.fingerprint}"
                file.write(f"{head}, part {number} of {len(parts)}\n{words}\n")
            paths.append(path)
    except OSError as error:
        raise CommandFailed(f"the parts cannot be written there: {error}") from error
    written = [read_parts(path)[0] for path in paths]
    if combine(written) != keys or combine(written[::-1]) != keys:
        raise CommandFailed("what was written does not read back: use another stick")
    return paths


def sheet(keys: KeySet, number: int, count: int, words: str) -> list[str]:
    """What one person writes down."""
    numbered = [f"{n:2} {word:<10}" for n, word in enumerate(words.split(), 1)]
    rows = ["   ".join(numbered[at : at + _A_ROW]) for at in range(0, len(numbered), _A_ROW)]
    return [
        f"PART {number} sur {count} / part {number} of {count}",
        f"jeu de clés / key set {keys.version}, empreinte / fingerprint {keys.fingerprint}",
        "",
        *rows,
        "",
        "À garder seul·e, sous pli scellé. / Keep alone, in a sealed envelope.",
    ]
