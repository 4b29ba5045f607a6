"""The rows of the table: what is broken, for how long, and what must hold besides the counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module

from tests.faults.scene import Scene, Setting


@dataclass(frozen=True)
class Row:
    """One line of the table. `only`: the stacks that it concerns."""

    name: str
    fault: str
    also: str
    run: Callable[[Scene], None]
    setting: Setting = field(default_factory=Setting)
    only: tuple[str, ...] = ()


ROWS: dict[str, Row] = {}


def row(
    name: str, fault: str, also: str = "", *, only: tuple[str, ...] = (), **setting: object
) -> Callable[[Callable[[Scene], None]], Callable[[Scene], None]]:
    """Make a function the fault of a row; `setting` as `scene.Setting` has it."""

    def keep(run: Callable[[Scene], None]) -> Callable[[Scene], None]:
        ROWS[name] = Row(name, fault, also, run, Setting(**setting), only)  # type: ignore[arg-type]
        return run

    return keep


def gather() -> None:
    """Read the files that hold rows, in the order of the table."""
    for name in ("killing", "stopping", "answering", "surroundings", "leaving", "waits"):
        import_module(f"tests.faults.{name}")
