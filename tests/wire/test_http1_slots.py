"""Connections are given out in the order in which they were asked for."""

from __future__ import annotations

import asyncio

import pytest

from mistral_async.wire.slots import Slots


async def taken_by(slots: Slots, name: str, order: list[str]) -> None:
    await slots.take()
    order.append(name)


async def started(slots: Slots, names: str, order: list[str]) -> list[asyncio.Task[None]]:
    tasks = [asyncio.create_task(taken_by(slots, name, order)) for name in names]
    await settled()
    return tasks


async def settled() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


async def test_who_comes_first_goes_first() -> None:
    slots, order = Slots(2), list[str]()
    tasks = await started(slots, "abcde", order)
    assert order == ["a", "b"]

    for _ in range(3):
        slots.give()
    await asyncio.gather(*tasks)

    assert order == ["a", "b", "c", "d", "e"]


async def test_who_leaves_the_queue_is_passed_over() -> None:
    slots, order = Slots(1), list[str]()
    _, left, *_ = tasks = await started(slots, "abc", order)
    left.cancel()
    await settled()
    slots.give()
    await asyncio.gather(*tasks, return_exceptions=True)

    assert order == ["a", "c"]


async def test_who_leaves_at_its_turn_passes_it_on() -> None:
    slots, order = Slots(1), list[str]()
    _, left, *_ = tasks = await started(slots, "abc", order)
    slots.give()  # to the second, who has not run since
    left.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

    assert order == ["a", "c"]


async def test_a_late_comer_does_not_get_ahead_of_who_was_given_a_slot() -> None:
    slots, order = Slots(1), list[str]()
    tasks = await started(slots, "ab", order)
    slots.give()
    tasks += await started(slots, "c", order)
    slots.give()
    await asyncio.gather(*tasks)

    assert order == ["a", "b", "c"]


@pytest.mark.parametrize("size", [1, 3])
async def test_no_slot_is_lost(size: int) -> None:
    slots, order = Slots(size), list[str]()
    tasks = await started(slots, "abcdefgh", order)
    for task in tasks[::2]:
        task.cancel()
    await asyncio.gather(*tasks[:size], return_exceptions=True)
    for _ in range(8):
        if len(order) < size:
            break
        order.pop()
        slots.give()
        await settled()

    order.clear()
    tasks += await started(slots, "x" * (size + 1), order)
    assert len(order) <= size
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
