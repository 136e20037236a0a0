"""`softplace card` on emulated cards: from the ceremony to a lost card, nothing raw in a store."""

from __future__ import annotations

import argparse
import json
import secrets
import sqlite3
from pathlib import Path

import pytest

from simulator.devices.desfire import CardMemory, DesfireCard
from simulator.devices.pn532 import Pn532
from simulator.devices.pn532.faults import Fault
from softplace.__main__ import main
from softplace.card.ceremony import new
from softplace.card.console import read_parts
from softplace.card.key_set import KeySet, combine, draw_set, split
from softplace.card.schedule_command import window_of
from softplace.failure import CommandFailed
from tests.privacy.needles import found_under


class Desk:
    """An installation and what the commands print about it."""

    def __init__(self, directory: Path, capsys) -> None:
        self.directory, self._capsys = directory, capsys
        self.config = directory / "softplace.toml"
        data = directory / "data"
        self.config.write_text(f'territory = "lozere"\ndata = "{data}"\n', encoding="utf-8")
        self.records = data / "records.sqlite"
        self.parts = directory / "parts.txt"

    def run(self, *words: str, code: int = 0) -> dict:
        assert main(["card", *words, "--config", str(self.config), "--json"]) == code
        said = self._capsys.readouterr()
        self.said = said.err
        return json.loads(said.out) if code == 0 else {}

    def new_set(self, count: int = 1) -> int:
        sticks = self.directory / f"sticks-{count}"
        known = self.run("ceremony", "new", "--out", str(sticks))
        words = [read_parts(path)[0] for path in sorted(sticks.iterdir())]
        self.parts.write_text("\n".join(words[1:4]) + "\n", encoding="utf-8")
        return known["key_set"]

    def issue(self, name: str = "card.json", **options: str) -> str:
        extra = [word for key, value in options.items() for word in (f"--{key}", value)]
        return self.run("issue", "--emulated", self.file(name), "--parts", str(self.parts), *extra)[
            "card"
        ]

    def file(self, name: str) -> str:
        return str(self.directory / name)

    def uid(self, name: str = "card.json") -> bytes:
        data = (self.directory / name).read_bytes()
        return DesfireCard.from_bytes(data, bytes).memory.uid


@pytest.fixture
def desk(tmp_path, capsys):
    return Desk(tmp_path, capsys)


def test_a_card_lives_from_the_ceremony_to_its_loss(desk):
    desk.new_set()
    card = desk.issue(holder="h-0137")
    assert desk.run("read", "--emulated", desk.file("card.json"))["card"] == card
    desk.run("schedule", "office", "mon-fri 08:00-18:00")
    right = desk.run("grant", card, "reader/die", "--schedule", "office")["right"]
    listed = desk.run("list", "--holder", "h-0137")["cards"][0]
    assert [r["right"] for r in listed["rights"]] == [right]
    assert desk.run("revoke", card, "--lost")["units"] == ["reader/die"]
    assert desk.run("list")["cards"] == []
    desk.run("grant", card, "reader/die", code=1)
    assert "is lost" in desk.said


@pytest.mark.parametrize(("scheme", "generation"), [("ev2", 2), ("ev1", 1)])
def test_a_real_reader_issues_proves_and_rekeys_a_card(desk, scheme, generation):
    desk.new_set()
    memory = CardMemory(uid=bytes.fromhex("04c0ffee112233"), generation=generation)
    with Pn532(link=desk.directory / "reader") as pn532:
        pn532.card_in(DesfireCard(memory, secrets.token_bytes))
        reader = ("--reader", f"pn532:{desk.directory / 'reader'}")
        parts = ("--parts", str(desk.parts))
        card = desk.run("issue", *reader, *parts, "--scheme", scheme)["card"]
        assert desk.run("read", *reader)["card"] == card
        desk.new_set(2)
        assert desk.run("rekey", *reader, *parts)["key_set"] == 2
        assert desk.run("read", *reader)["key_set"] == 2


def test_a_card_pulled_away_while_it_is_written_is_finished_by_holding_it_again(desk):
    desk.new_set()
    with Pn532(link=desk.directory / "reader") as pn532:
        reader = ("--reader", f"pn532:{desk.directory / 'reader'}", "--parts", str(desk.parts))
        blank = DesfireCard(CardMemory(uid=bytes.fromhex("04c0ffee112233")), secrets.token_bytes)
        pn532.card_in(blank)
        pn532.fault(Fault.CARD_PULLED, 12)
        desk.run("issue", *reader, code=1)
        assert "hold it on the reader" in desk.said
        assert desk.run("list")["cards"] == []
        pn532.card_in(blank)
        desk.run("issue", *reader)
    assert len(desk.run("list")["cards"]) == 1


def test_a_card_that_was_written_and_never_recorded_is_recorded_by_issuing_it_again(desk):
    desk.new_set()
    card = desk.issue()
    with sqlite3.connect(desk.records) as records:
        records.execute("DELETE FROM card")
        records.execute("DELETE FROM card_pseudonym")
    assert desk.issue() == card


def test_the_card_that_replaces_a_lost_one_has_its_rights(desk):
    desk.new_set()
    lost, new = desk.issue(), desk.issue("new.json")
    desk.run("grant", lost, "reader/die", "--point", "door", "--point", "locker-3")
    desk.run("revoke", lost, "--lost", "--replaced-by", new)
    (card,) = desk.run("list")["cards"]
    assert card["card"] == new
    assert [right["points"] for right in card["rights"]] == [["door", "locker-3"]]


def test_no_uid_and_no_key_stands_raw_in_the_records(desk):
    desk.new_set()
    card = desk.issue(holder="h-1")
    desk.run("grant", card, "reader/die")
    memory = DesfireCard.from_bytes((desk.directory / "card.json").read_bytes(), bytes).memory
    keys = [key.value for app in memory.applications.values() for key in app.keys]
    raw = {key.hex(): key for key in keys if any(key)}
    assert len(raw) == 5
    assert found_under(desk.records.parent, raw | {"uid": memory.uid}) == []


def test_a_card_is_issued_once_and_by_the_sets_of_this_territory_alone(desk):
    desk.new_set()
    desk.issue()
    where = ("--emulated", desk.file("card.json"), "--parts", str(desk.parts))
    desk.run("issue", *where, code=1)
    assert "issued already" in desk.said
    desk.parts.write_text("\n".join(split(draw_set(9))[:3]), encoding="utf-8")
    desk.run("issue", "--emulated", desk.file("b"), "--parts", str(desk.parts), code=1)
    assert "never made here" in desk.said


def test_generations_change_without_a_recall_and_a_new_set_reaches_old_cards(desk):
    desk.new_set()
    card = desk.issue()
    assert desk.run("ceremony", "rotate", "--to", "2") == {
        "generation": 2,
        "cards": 1,
        "without": [],
    }
    read = desk.run("read", "--emulated", desk.file("card.json"))
    assert (read["key_number"], read["key_set"]) == (2, 1)
    # The paper of set 1 is lost: cards and doors go on, and this card can be moved to set 2.
    assert desk.new_set(2) == 2
    other = desk.issue("other.json")
    where = ("--emulated", desk.file("card.json"), "--parts", str(desk.parts))
    assert desk.run("rekey", *where) == {"card": card, "key_set": 2}
    read = desk.run("read", "--emulated", desk.file("card.json"))
    assert (read["key_set"], other != card) == (2, True)


def test_parts_are_checked_and_made_anew_and_two_say_nothing(desk):
    desk.new_set()
    before = desk.run("ceremony", "check", "--parts", str(desk.parts))
    out = desk.directory / "anew"
    desk.run("ceremony", "recover", "--parts", str(desk.parts), "--out", str(out))
    words = [read_parts(path)[0] for path in sorted(out.iterdir())]
    desk.parts.write_text("\n".join(words[2:]), encoding="utf-8")
    assert desk.run("ceremony", "check", "--parts", str(desk.parts)) == before
    desk.parts.write_text("\n".join(words[:2]), encoding="utf-8")
    desk.run("ceremony", "check", "--parts", str(desk.parts), code=1)


def test_any_three_of_five_give_the_set_back_whatever_the_order():
    keys = draw_set(7)
    parts = split(keys)
    assert combine([parts[4], parts[0], parts[2].upper()]) == keys
    assert len(set(keys.masters)) == 5
    with pytest.raises(CommandFailed):
        combine([parts[0], parts[1], split(keys)[2]])


class ScriptedConsole:
    """Writes down every part it is shown, and types back what `spoil` makes of it."""

    def __init__(self, spoil=lambda parts: parts) -> None:
        self.papers: list[str] = []
        self._words: list[str] = []
        self._typed = None
        self._spoil = spoil

    def say(self, text: str) -> None:
        if text[:2].strip().isdigit():
            self._words += [word for word in text.split() if word.isalpha()]

    def ask(self, question: str) -> str:
        if "Recopié" in question:
            self.papers.append(" ".join(self._words))
            self._words = []
            return ""
        if self._typed is None:
            self._typed = iter(self._spoil(self.papers))
        return next(self._typed)

    def wipe(self) -> None:
        pass


def ceremony(desk: Desk, console: ScriptedConsole) -> int:
    arguments = argparse.Namespace(config=desk.config, json=True, count=5, needed=3, out=None)
    return new.run(arguments, console)


def test_what_is_written_on_paper_is_typed_back_before_the_set_exists(desk, capsys):
    def from_another_set(papers):
        return split(draw_set(1))[:3]

    with pytest.raises(CommandFailed, match="another key"):
        ceremony(desk, ScriptedConsole(from_another_set))
    console = ScriptedConsole(lambda papers: [papers[3], papers[1], papers[4]])
    assert ceremony(desk, console) == 0
    known = json.loads(capsys.readouterr().out)
    keys = combine(console.papers[:3])
    assert isinstance(keys, KeySet)
    assert known == {"key_set": 1, "fingerprint": keys.fingerprint}


def test_a_holder_is_exported_and_erased_and_the_card_goes_on(desk):
    desk.new_set()
    card = desk.issue(holder="h-9")
    desk.run("grant", card, "reader/die")
    kept = desk.run("holder", "export", "h-9")["cards"]
    assert [(one["card"], len(one["rights"])) for one in kept] == [(card, 1)]
    assert desk.run("holder", "erase", "h-9")["cards"] == [card]
    assert desk.run("list")["cards"][0]["holder"] is None


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("mon-fri 08:00-18:00", (0b0011111, 480, 1080)),
        ("sat-mon 22:00-06:00", (0b1100001, 1320, 360)),
        ("wed 00:00-24:00", (0b0000100, 0, 1440)),
    ],
)
def test_a_window_is_read_as_people_write_it(text, window):
    assert window_of(text) == window


@pytest.mark.parametrize("text", ["monday 8-18", "mon 08:00-08:00", "mon 25:00-26:00"])
def test_a_window_that_is_none_is_wrong_use(text):
    with pytest.raises(CommandFailed) as failed:
        window_of(text)
    assert failed.value.exit_code == 2
