"""The one error of the generator: a place in a document and what is wrong there."""

from __future__ import annotations


class SpecError(Exception):
    """A document cannot be read, or holds what the generator does not support.

    ``place`` leads there from the root, dots between the keys: ``paths./v1/models.get.responses``.
    """

    def __init__(self, place: str, problem: str) -> None:
        super().__init__(place, problem)
        self.place = place
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.place}: {' '.join(self.problem.split())}"
