"""Do the clients really check? Each fault planted in an emulator is caught by one of them."""

from __future__ import annotations

import pytest

from firmware_tests import scenario
from firmware_tests.clients import CLIENTS, Client, visit
from firmware_tests.mutations import MUTATIONS, Mutation
from firmware_tests.peers import needs
from simulator.devices.pn532 import Pn532


def accepted(client: Client) -> bool:
    """Whether a client is content with a fresh card on a fresh reader."""
    with Pn532() as reader:
        reader.card_in(scenario.card(client.generation))
        return client.accepts(visit(client, reader.port))


@pytest.mark.parametrize(
    "client", [pytest.param(one, marks=needs(*one.peers), id=one.name) for one in CLIENTS]
)
def test_without_a_fault_every_client_is_content(client: Client):
    assert accepted(client)


@pytest.mark.parametrize(
    "mutation",
    [
        pytest.param(row, marks=needs(*row.caught_by.peers), id=f"{row.name}: {row.caught_by.name}")
        for row in MUTATIONS
    ],
)
def test_a_planted_fault_is_caught(mutation: Mutation, monkeypatch):
    mutation.plant(monkeypatch)
    assert not accepted(mutation.caught_by)


@pytest.mark.long
@pytest.mark.parametrize(
    ("mutation", "client"),
    [
        pytest.param(row, client, marks=needs(*client.peers), id=f"{row.name}: {client.name}")
        for row in MUTATIONS
        for client in row.spares
    ],
)
def test_a_planted_fault_spares_whom_it_does_not_concern(
    mutation: Mutation, client: Client, monkeypatch
):
    mutation.plant(monkeypatch)
    assert accepted(client)
