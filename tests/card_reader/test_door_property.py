"""A thousand random lives of a door, each against a model of what a door may do.

Never opens without a right; never holds anybody inside; never loses an entry, never hands one
over twice; the lock is never released longer than a pulse; without a clock it keeps the bound
that it states.
"""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from pathlib import Path

import pytest

from contract.rights import Snapshot
from edge.copass.decision import Policy
from tests.card_reader.door_model import Held, Model
from tests.card_reader.door_world import LONGEST_S, World
from tests.copass.rights_made import HOUR_MS, NOON_MS, booking, right, snapshot, tag_of

LIVES = 1_000
BATCHES = 20
QUICK_BATCHES = 5
"""A quarter of the lives in every run, all of them with --all."""
STEPS = 30
NAMES = ("ada", "bob", "chief", "dora", "gone", "eve")
FAST_DISK = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - made private below


class Life:
    """One door, one model, one row of events."""

    def __init__(self, directory: Path, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
        policy = Policy(clockless_limit_ms=self.chance.choice([0, 12, 30]) * 60_000)
        self.world = World(directory, self.chance.choice([None, "in", "out"]), policy)
        self.model = Model(NOON_MS, policy.clockless_limit_ms)
        self.truth = {
            "ada": Held("member"),
            "bob": Held("booking", NOON_MS + HOUR_MS, NOON_MS + 3 * HOUR_MS),
            "chief": Held("staff", passes_lockdown=True),
            "dora": Held("member", duress=True),
            "gone": Held("member", revoked=True),
        }
        self.version = 0
        self.recorded: Counter[str] = Counter()
        self.exit_pressed = False
        self.past: list[str] = []
        self.editions: dict[int, tuple[int, dict[str, Held]]] = {0: (0, {})}
        """Issue and rights of every edition that reached the door."""
        self.published = self.snapshot()
        self.meant: dict[str, Held] = {}

    # The backend and its link.

    def snapshot(self) -> Snapshot:
        self.version += 1
        rights = []
        for number, (name, held) in enumerate(self.truth.items(), 1):
            fields = {"passes_lockdown": held.passes_lockdown, "duress": held.duress}
            if held.kind == "booking":
                rights.append(booking(number, name, held.starts_ms, held.ends_ms, **fields))
            else:
                rights.append(right(number, name, kind=held.kind, **fields))
        revoked = tuple(sorted(tag_of(n) for n, held in self.truth.items() if held.revoked))
        return snapshot(
            *rights,
            cards=tuple(self.truth),
            revoked=revoked,
            version=self.version,
            issued_ms=self.model.utc_ms,
        )

    async def publish(self) -> None:
        """The backend has something new; the broker keeps it for who is away."""
        self.published = self.snapshot()
        self.meant = {name: Held(**vars(held)) for name, held in self.truth.items()}
        await self.deliver()

    async def deliver(self) -> None:
        """What is retained reaches the door where the link stands."""
        if not self.world.link.connected:
            return
        news = self.published.version != self.model.version
        await self.world.send(self.published)
        if not news:
            return
        self.model.version = self.published.version
        self.model.issued_ms = self.published.issued_ms
        self.model.delivered = self.meant
        self.editions[self.model.version] = (self.model.issued_ms, self.meant)
        if self.model.utc_ms == self.published.issued_ms:
            self.model.hears_the_backend()

    # Events.

    async def tap(self) -> None:
        name, genuine = self.chance.choice(NAMES), self.chance.random() < 0.85
        await self.world.remove()
        before, orders = len(self.world.taps), len(self.world.lock.orders)
        if self.model.clock:
            self.model.sees_clock(is_kept=False)
        may = self.model.may_open(name, genuine=genuine) or self.world.point.direction == "out"
        must = self.model.must_open(name, genuine=genuine)
        await self.world.tap(name, key=None if genuine else "eve", leaves=False)
        opened = len(self.world.lock.orders) > orders
        if opened:
            assert may, f"{name} (genuine: {genuine}) opened"
            assert self.world.is_released
            exempt = self.world.point.direction == "out"
            assert exempt or not self.world.disk.full, "opened without an entry"
        broken = self.world.disk.full or self.world.torn or not self.world.reader.connected
        if must and not broken:
            assert opened, f"{name} was kept out: {self.world.taps[before:]}"
        if self.world.torn:
            return
        new = self.world.taps[before:]
        if new and self.model.clock:
            self.model.knows_time()
        self.recorded.update(tap["decision"] for tap in new)
        if not broken and self.world.reader.connected:
            assert len(new) == 1, "a tap was not written down"
        self.note_strikes(new)
        if self.world.disk.full:
            self.model.strikes += 1

    def note_strikes(self, taps: list[dict[str, object]]) -> None:
        for tap in taps:
            reason = tap.get("warning", tap["reason"])
            if tap["reason"] == "granted" and tap.get("warning") in {None, "free_access"}:
                self.model.strikes = 0
            elif reason in {"unknown_card", "not_authentic"}:
                self.model.strikes += 1

    async def press_exit(self) -> None:
        self.exit_pressed = not self.exit_pressed
        await self.world.wire("exit", active=self.exit_pressed)
        if self.exit_pressed:
            assert self.world.is_released, "somebody was held inside"

    async def move_door(self) -> None:
        await self.world.wire("contact", active=self.chance.random() < 0.5)

    async def wait(self) -> None:
        await self.pass_time(self.chance.choice([0.3, 2, 8, 40]))

    async def wait_long(self) -> None:
        is_busy = self.model.mode.startswith("free") or self.exit_pressed
        await self.pass_time(60 if is_busy else self.chance.choice([120, 600, 1_200]))

    async def pass_time(self, seconds: float) -> None:
        """In big strides: what is due within them is due in the world too."""
        self.model.passes(int(seconds * 1_000), running=True)
        before = len(self.world.lock.orders)
        await self.world.pass_time(seconds)
        if self.model.clock:
            self.model.sees_clock(is_kept=seconds >= 600 and not self.world.disk.full)
        free = self.model.mode.startswith("free") or self.exit_pressed
        if not free:
            assert len(self.world.lock.orders) == before, "opened by itself"
            if seconds > LONGEST_S:
                assert not self.world.is_released, "the lock was stuck released"

    async def kill(self) -> None:
        await self.world.die()
        assert not self.world.is_released, "the lock outlived the agent"
        await self.world.start()
        await self.restarted()

    async def cut_power(self) -> None:
        dark_s = self.chance.choice([1, 600, 5 * 3_600, 30 * 3_600])
        self.model.passes(dark_s * 1_000, running=False)
        keeps = self.chance.random() < 0.3
        await self.world.power_cut(dark_s, keeps_clock=keeps)
        self.model.clock = keeps
        await self.restarted()

    async def restarted(self) -> None:
        # Which edition the disk had is seen; what is in it the model knows by itself.
        self.model.version = self.world.agent.station.store.edition.version
        self.model.issued_ms, self.model.delivered = self.editions[self.model.version]
        self.model.starts += 1
        self.model.strikes = 0
        self.exit_pressed = False
        if self.model.clock:
            self.model.sees_clock(is_kept=not self.world.disk.full)
        await self.deliver()

    async def tear(self) -> None:
        """The power goes while an entry is being written."""
        self.world.disk.tears = not self.world.disk.full
        if not self.world.disk.tears:
            return
        await self.tap()
        if self.world.torn:
            assert not self.world.is_released or self.exit_or_free(), "opened before its entry"
        await self.cut_power()

    def exit_or_free(self) -> bool:
        return self.exit_pressed or self.model.mode.startswith("free") or self.was_released

    async def fill_disk(self) -> None:
        self.world.disk.full = not self.world.disk.full

    async def switch_link(self) -> None:
        self.world.link.connected = not self.world.link.connected
        await self.deliver()

    async def change_rights(self) -> None:
        name = self.chance.choice(["ada", "chief", "dora"])
        self.truth[name].revoked = not self.truth[name].revoked
        await self.publish()

    async def find_clock(self) -> None:
        self.world.has_clock = self.model.clock = True

    async def set_mode(self) -> None:
        mode = self.chance.choice(["normal", "normal", "lockdown", "free_access", "free_egress"])
        if not self.world.disk.full:
            self.world.agent.set_mode(mode)
            self.model.mode = mode
            await self.world.settle()

    async def unplug_reader(self) -> None:
        await self.world.remove()
        self.world.reader.plug(connected=not self.world.reader.connected)
        await self.world.settle()

    # The whole of it.

    async def live(self) -> None:
        await self.world.boot()
        await self.publish()
        events = [
            (self.tap, 14),
            (self.press_exit, 6),
            (self.move_door, 5),
            (self.wait, 8),
            (self.wait_long, 2),
            (self.kill, 2),
            (self.cut_power, 3),
            (self.tear, 1),
            (self.fill_disk, 1),
            (self.switch_link, 2),
            (self.change_rights, 3),
            (self.find_clock, 2),
            (self.set_mode, 2),
            (self.unplug_reader, 1),
        ]
        steps, weights = zip(*events, strict=True)
        for step in self.chance.choices(steps, weights, k=STEPS):
            self.past.append(step.__name__)
            self.was_released = self.world.is_released
            await step()
        await self.account()

    async def account(self) -> None:
        """After a last power cut: every entry once, in one unbroken chain."""
        self.world.disk.full = False
        await self.world.power_cut(keeps_clock=True)
        await self.world.pass_time(20)
        journal = self.world.agent.station.journal
        assert journal.breaks == ()
        assert not journal.waiting
        names = [(tap["journal"], tap["entry"]) for tap in self.world.taps]
        assert len(set(names)) == len(names), "an entry was handed over twice"
        decisions = Counter(tap["decision"] for tap in self.world.taps)
        assert decisions == self.recorded, "entries were lost or made up"
        by_journal: dict[str, list[int]] = {}
        for name, number in names:
            by_journal.setdefault(name, []).append(number)
        for numbers in by_journal.values():
            assert numbers == list(range(1, len(numbers) + 1))
        await self.world.die()


@pytest.mark.parametrize(
    "batch",
    [
        pytest.param(batch, marks=[] if batch < QUICK_BATCHES else pytest.mark.long)
        for batch in range(BATCHES)
    ],
)
async def test_no_life_of_a_door_breaks_its_laws(batch):
    per_batch = LIVES // BATCHES
    for seed in range(batch * per_batch, (batch + 1) * per_batch):
        with tempfile.TemporaryDirectory(prefix="door-", dir=FAST_DISK) as directory:
            life = Life(Path(directory), seed)
            try:
                await life.live()
            except AssertionError as error:
                raise AssertionError(f"life {seed}, after {life.past}: {error}") from error
