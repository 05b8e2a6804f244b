"""In which order cells are measured, and how often."""

from __future__ import annotations

from benchmarks.capacity import Capacity
from benchmarks.measurement import Measurement
from benchmarks.processes import CellFailed
from benchmarks.progress import Progress
from benchmarks.rounds import Rounds
from benchmarks.works import BY_NAME, Cell
from tests.benchmarks.measured import measurement

CHAT, LIST = BY_NAME["chat-1"].cells(), BY_NAME["list"].cells()


def test_contenders_take_turns_and_another_one_begins_each_round() -> None:
    order: list[tuple[str, str]] = []

    def measure(cell: Cell) -> Measurement:
        order.append((cell.work, cell.contender))
        return measurement(1.0)

    Rounds(measure, Progress()).go({*CHAT[:2], *LIST[:2]}, 2)

    assert order == [
        ("chat-1", "aiohttp"),
        ("chat-1", "floor"),
        ("list", "aiohttp"),
        ("list", "floor"),
        ("chat-1", "floor"),
        ("chat-1", "aiohttp"),
        ("list", "floor"),
        ("list", "aiohttp"),
    ]


def test_what_takes_very_long_is_measured_once() -> None:
    rounds = Rounds(lambda cell: measurement(1000.0 if cell.contender == "floor" else 1.0), Progress())

    rounds.go(set(CHAT[:2]), 3)

    assert [len(rounds.measured[cell]) for cell in CHAT[:2]] == [3, 1]


def test_a_contender_that_fails_is_named_and_not_asked_again() -> None:
    asked: list[Cell] = []

    def measure(cell: Cell) -> Measurement:
        asked.append(cell)
        if cell == CHAT[1]:
            raise CellFailed("it said nothing")
        return measurement(1.0)

    rounds = Rounds(measure, Progress())
    rounds.go(set(CHAT[:2]), 2)

    assert rounds.failed == {CHAT[1]: "it said nothing"}
    assert asked == [CHAT[0], CHAT[1], CHAT[0]]


def test_a_server_is_fast_enough_at_five_times_the_calls_of_the_fastest_client() -> None:
    fastest = measurement(0.0251)  # and twice as much wall time: nearly 20,000 calls a second
    cost = 10e-6  # seconds: 100,000 a second

    assert Capacity.of(fastest, cost, workers=1).is_enough
    assert not Capacity.of(measurement(0.024), cost, workers=1).is_enough
    assert str(Capacity.of(fastest, cost, workers=2)).startswith(
        "10.0 times the fastest client: could answer 200,000 calls"
    )
