"""The backend's settings and the broker's accounts of an `up`."""

from __future__ import annotations

import msgspec

from backend.broker.model import Account
from backend.settings import BrokerSettings, Settings, WebSection
from contract.topics import parse_unit
from softplace.up_plan import HOST, Plan


def accounts_of(plan: Plan) -> list[Account]:
    """One account for the backend and one per vehicle and space."""
    backend = plan.credentials.backend
    territory = plan.territory.territory
    return [Account(backend.username, backend.password)] + [
        Account(login.username, login.password, parse_unit(unit), territory)
        for unit, login in plan.credentials.units.items()
    ]


def settings_of(plan: Plan) -> Settings:
    """The backend on its embedded defaults, or on the engines that are named."""
    backend = plan.credentials.backend
    own = Settings(
        territory=plan.territory.territory,
        territory_file=str(plan.territory_file),
        data=str(plan.data),
        broker=BrokerSettings(
            # Drawn passwords are URL-safe by their alphabet.
            url=f"mqtt://{backend.username}:{backend.password}@{HOST}:{plan.broker_port}"
        ),
        web=WebSection(host=HOST, port=plan.web_port),
    )
    engines = plan.engines
    if engines is None:
        return own
    broker = engines.broker if plan.given_broker else own.broker
    return msgspec.structs.replace(
        own, broker=broker, telemetry=engines.telemetry, records=engines.records
    )
