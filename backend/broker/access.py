"""Who may write and read which topic. Pure: names in, yes or no out.

Rules of this file: a device writes the streams of the contract under its own name and nothing
else, and reads what is sent down to it and its own status; the backend does everything under
`softplace/`. Without any account everything is allowed, which is why such a broker listens on
loopback only.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from backend.broker.model import VERSION_TOPIC, Account
from contract.errors import InvalidUnit
from contract.streams import STREAMS
from contract.topics import Unit, downlink_topic, is_slug, parse_unit, uplink_topic


@dataclass(frozen=True, slots=True)
class Permissions:
    """What one account may do, precomputed: the checks stand in the path of every message."""

    write_prefix: str | None = None
    write_topics: frozenset[str] = frozenset()
    read_prefix: str = ""
    read_topics: frozenset[str] = frozenset()

    def may_publish(self, topic: str) -> bool:
        """Whether a message, or a will, may go to `topic`."""
        return topic in self.write_topics or (
            self.write_prefix is not None and topic.startswith(self.write_prefix)
        )

    def may_receive(self, topic: str) -> bool:
        """Whether a message of `topic` may be handed over."""
        return topic.startswith(self.read_prefix) or topic in self.read_topics

    def may_subscribe(self, topic_filter: str) -> bool:
        """Whether every topic of `topic_filter` may be received."""
        return self.may_receive(topic_filter)


EVERYTHING = Permissions(write_prefix="")
UNDER_SOFTPLACE = Permissions(
    write_prefix="softplace/",
    read_prefix="softplace/",
    read_topics=frozenset({VERSION_TOPIC}),
)


def permissions_of(account: Account | None) -> Permissions:
    """What an account may do; None stands for a broker without accounts."""
    if account is None:
        return EVERYTHING
    if account.unit is None or account.territory is None:
        return UNDER_SOFTPLACE
    return permissions_of_unit(account.territory, account.unit)


def permissions_of_unit(territory: str, unit: Unit) -> Permissions:
    """What a unit may do: write its streams, read what is sent down to it and its own status."""
    return Permissions(
        write_topics=frozenset(uplink_topic(territory, unit, stream.name) for stream in STREAMS),
        read_prefix=downlink_topic(territory, unit, ""),
        read_topics=frozenset({uplink_topic(territory, unit, "status")}),
    )


def written_topics(account: Account) -> list[str]:
    """The topics a device account may write, in the order of the streams."""
    if account.unit is None or account.territory is None:
        return []
    return [uplink_topic(account.territory, account.unit, stream.name) for stream in STREAMS]


class Access:
    """Names, passwords and permissions of a broker."""

    def __init__(self, accounts: Sequence[Account]) -> None:
        self._accounts = {account.username: account for account in accounts}
        self._permissions = {account.username: permissions_of(account) for account in accounts}

    @property
    def anonymous(self) -> bool:
        """Whether everybody may enter and do everything."""
        return not self._accounts

    def certified(self, name: str) -> Permissions | None:
        """The permissions of whoever has a certificate of that common name, or None."""
        if self.anonymous:
            return EVERYTHING
        if name in self._permissions:
            return self._permissions[name]
        territory, _, rest = name.partition("/")
        try:
            unit = parse_unit(rest)
        except InvalidUnit:
            return None
        return permissions_of_unit(territory, unit) if is_slug(territory) else None

    def sign_in(self, username: str | None, password: str | None) -> Permissions | None:
        """The permissions of whoever gives this name and password, or None."""
        if self.anonymous:
            return EVERYTHING
        account = self._accounts.get(username or "")
        known = account.password if account else ""
        # Compared even for an unknown name, so that the time taken does not tell names.
        same = hmac.compare_digest(known.encode(), (password or "").encode())
        if account is None or not same:
            return None
        return self._permissions[account.username]
