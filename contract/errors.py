"""The errors of the wire contract."""

from __future__ import annotations


class ContractError(Exception):
    """Base of everything this package raises."""


class MalformedTopic(ContractError, ValueError):
    """A topic that is not `softplace/1/<territory>/<kind>/<unit>/<stream>`."""

    def __init__(self, topic: str, why: str) -> None:
        self.topic = topic
        self.why = why
        super().__init__(f"topic {topic!r} is not a SoftPlace topic: {why}")


class MalformedMessage(ContractError, ValueError):
    """A payload that breaks the schema of its stream; `why` names the field."""

    def __init__(self, stream: str, why: str) -> None:
        self.stream = stream
        self.why = why
        super().__init__(f"malformed {stream} message: {why}")


class OversizedMessage(MalformedMessage):
    """A payload longer than its stream allows."""

    def __init__(self, stream: str, size: int, limit: int) -> None:
        self.size = size
        self.limit = limit
        super().__init__(stream, f"{size} bytes, the limit is {limit}")


class InvalidUnit(ContractError, ValueError):
    """A unit reference that is not KIND/ID with a known kind and a lower-case slug."""

    def __init__(self, text: str, why: str) -> None:
        self.text = text
        self.why = why
        super().__init__(f"unit {text!r}: {why}")
