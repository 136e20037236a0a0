"""How the wires of a chip are named in a configuration file.

```toml
[lines]
chip = "header"            # the 40-pin header whatever its number; or "/dev/gpiochip2"
[lines.inputs.contact]
offset = 17                # GPIO 17 is pin 11 of the header
pull = "up"
active_low = true          # active where the wire is at 0 V
debounce_ms = 20
[lines.outputs.relay]
offset = 27
```
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

Offset = Annotated[int, Meta(ge=0, le=511)]
Pull = Literal["none", "up", "down"]

HEADER = "header"
"""The name of the chip behind the 40-pin header: a Pi 5 gives it another number than others."""


class InputLine(Struct, frozen=True, forbid_unknown_fields=True):
    """A wire that is listened to."""

    offset: Offset
    pull: Pull = "none"
    active_low: bool = False
    debounce_ms: Annotated[float, Meta(ge=0, le=1_000)] = 0.0
    """A change counts once it has stood this long; 0 hands each edge on at once."""


class OutputLine(Struct, frozen=True, forbid_unknown_fields=True):
    """A wire that is switched."""

    offset: Offset
    active_low: bool = False


class LinesSection(Struct, frozen=True, forbid_unknown_fields=True):
    """[lines]: one chip and its wires by name."""

    chip: str = HEADER
    """`header`, a path of /dev, or `fake:SOCKET` for a chip made by `gpio_fake`."""
    inputs: dict[str, InputLine] = field(default_factory=dict)
    outputs: dict[str, OutputLine] = field(default_factory=dict)
