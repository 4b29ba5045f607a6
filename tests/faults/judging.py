"""From a row's run to its verdict: the counts that always hold, and the row's own bounds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.faults.rows import Row
from tests.faults.scene import Bound, Scene

#: What must hold in every row.
ALWAYS = (
    "L = 0",
    "S = 0",
    "U = 0",
    "D <= W",
    "each double was cut",
    "doubles are the same bytes",
    "D = 0, asked",
)


@dataclass
class Verdict:
    """What is kept of a run."""

    row: str
    stack: str
    passed: bool
    figures: dict[str, int] = field(default_factory=dict)
    bounds: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0
    divide: float = 1.0


def judge(row: Row, scene: Scene) -> Verdict:
    """The verdict on a finished scene."""
    counts, figures = scene.counts, scene.counts.figures()
    bounds = [
        Bound(ALWAYS[0], _some(counts.lost), not counts.lost),
        Bound(ALWAYS[1], _some(counts.missing), not counts.missing),
        Bound(ALWAYS[2], _some(counts.stuck), not counts.stuck),
        Bound(ALWAYS[3], f"D {figures['D']}, W {figures['W']}", figures["D"] <= figures["W"]),
        Bound(ALWAYS[4], _some(counts.unexplained), not counts.unexplained),
        Bound(ALWAYS[5], _some(counts.differing), not counts.differing),
    ]
    if scene.setting.resolver:
        bounds.append(Bound(ALWAYS[6], str(figures["D"]), figures["D"] == 0))
    bounds += scene.bounds
    return Verdict(
        row=row.name,
        stack=scene.stack.name,
        passed=all(bound.holds for bound in bounds),
        figures=figures,
        bounds=[bound.__dict__ for bound in bounds],
        notes=scene.notes,
        divide=scene.setting.divide,
    )


def _some(found: list[str]) -> str:
    """How many, and the first few by name."""
    return str(len(found)) + (f": {', '.join(found[:5])}" if found else "")
