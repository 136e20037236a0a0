"""What the README says of the clients is what the rows say."""

from __future__ import annotations

from pathlib import Path

from firmware_tests.peers import PEERS
from firmware_tests.rig import Rig, read_rig

HERE = Path(__file__).parent
README = HERE / "README.md"


def without_version(row: str) -> list[str]:
    cells = [cell.strip() for cell in row.strip().strip("|").split("|")]
    return cells[:2] + cells[3:]


def test_the_table_of_clients_is_that_of_the_rows():
    text = README.read_text()
    rows = text.split("<!-- clients -->")[1].split("<!-- end of clients -->")[0].strip()
    listed = [without_version(row) for row in rows.splitlines()[2:]]
    assert listed == [[p.name, p.package, p.proves, f"`{p.tests}`"] for p in PEERS], (
        "run python -m firmware_tests.peers and put its table into README.md"
    )
    assert " absent " not in rows, "a client that was not there has proved nothing"


def test_the_tests_of_every_client_exist():
    for row in PEERS:
        for name in row.tests.replace("`", "").split(", "):
            assert (HERE / name).exists(), f"{row.name}: no {name}"


def test_the_example_of_a_rig_names_every_section():
    example = read_rig(HERE / "rig.toml.example")
    assert all(getattr(example, field) is not None for field in Rig.__struct_fields__)
    wiring = (HERE / "WIRING.md").read_text()
    assert all(f"`[{field}]`" in wiring for field in Rig.__struct_fields__)
