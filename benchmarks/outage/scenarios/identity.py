"""Cards that are not what they were: re-imaged, cloned, rolled back."""

from __future__ import annotations

from pathlib import Path

from benchmarks.outage.children import until
from benchmarks.outage.inspection import stored_numbers
from benchmarks.outage.scenarios.scene import (
    OLD_FIXES,
    Row,
    Say,
    alarms,
    copy_database,
    copy_tree,
    outboxes,
    stage,
)


async def reimaged_agent(directory: Path, _say: Say) -> Row:
    """The card is written anew: the outbox file is gone, numbers begin at 1 again."""
    async with stage(directory) as scene:
        vehicle = scene.chain.vehicles[0]
        await scene.speak()
        await scene.settle()
        await scene.kill(vehicle)
        for file in vehicle.outbox.parent.iterdir():
            file.unlink()
        await scene.start(vehicle)
        await scene.speak()
        await scene.settle()
        count = outboxes(list(stored_numbers(scene.chain.store, vehicle.unit)))
        return scene.judged(outboxes=count, is_new_outbox=count == 2)


async def cloned_outbox(directory: Path, _say: Say) -> Row:
    """A card is copied into a second machine of the same unit, and both drive on together."""
    async with stage(directory, vehicles=2, parked=1) as scene:
        original, clone = scene.chain.vehicles
        await scene.speak()
        await scene.settle()
        await scene.kill(original)
        copy_database(original.outbox, clone.outbox)
        clone.unit = original.unit
        original.is_twin = clone.is_twin = True
        clone.configure()
        await scene.start(original)
        await scene.start(clone)
        # For over a minute: words of a run that was merely replaced may come so late.
        await scene.speak(OLD_FIXES * 26)
        await scene.settle(180)
        raised = await until(
            lambda: (original.unit, "identity_conflict") in alarms(scene.chain), 20
        )
        count = outboxes(list(stored_numbers(scene.chain.store, original.unit)))
        return scene.judged(
            outboxes=count, is_new_outbox=count == 2, is_identity_conflict_raised=raised
        )


async def rolled_back_card(directory: Path, _say: Say) -> Row:
    """A card goes back an hour; it measures offline under numbers the backend knows already."""
    async with stage(directory) as scene:
        vehicle = scene.chain.vehicles[0]
        await scene.speak()
        await scene.settle()
        await scene.kill(vehicle)
        backup = directory / "card-backup"
        copy_tree(vehicle.outbox.parent, backup)
        await scene.start(vehicle)
        await scene.speak()
        await scene.settle()
        await scene.kill(vehicle)
        copy_tree(backup, vehicle.outbox.parent)
        vehicle.relay.cut()
        await scene.start(vehicle)
        await scene.speak(OLD_FIXES // 2)
        vehicle.relay.heal()
        await scene.speak(OLD_FIXES // 2)
        await scene.settle()
        count = outboxes(list(stored_numbers(scene.chain.store, vehicle.unit)))
        return scene.judged(rolled_back_messages=OLD_FIXES, outboxes=count, is_renewed=count == 2)
