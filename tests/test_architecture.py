"""The house stands: a file imports from its own package and those above it, nothing else."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

FOUNDATION = [
    "errors",
    "logs",
    "processes",
    "clock",
    "config",
    "database",
    "extensions",
    "links",
    "addresses",
    "installation",
    "tokens",
    "limits",
    "networks",
    "embedded",
    "broker",
    "wakeups",
    "fonts",
    "paper",
]
PACKAGES = [
    "outbox",
    "organizers",
    "newsroom",
    "congress",
    "supporters",
    "actions",
    "signatures",
    "deliveries",
    "letters",
    "followups",
    "privacy",
    "insights",
    "models",
]
DOORS = ["public", "organize", "api"]
ROOT_ROOMS = ["app", "cli", "migrations", "__main__"]

RANK = {name: rank for rank, name in enumerate([*FOUNDATION, *PACKAGES])}
RANK |= {door: len(RANK) for door in DOORS}  # doors stand side by side
RANK |= {"app": 1000, "migrations": 1000, "cli": 1001, "__main__": 1002}


def rooms() -> list[Path]:
    return sorted((ROOT / "actionhub").rglob("*.py"))


def room_of(path: Path) -> str:
    first = path.relative_to(ROOT / "actionhub").parts[0]
    return first.removesuffix(".py")


def imported_modules(path: Path) -> set[str]:
    """Every dotted name a file imports, those inside functions too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the order"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("path", rooms(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_imports_only_its_own_package_and_those_above(path: Path) -> None:
    room = room_of(path)
    if room == "__init__":
        return
    for module in imported_modules(path):
        parts = module.split(".")
        assert parts[0] != "worker", f"{path} imports the worker: wake tasks by name"
        if parts[0] != "actionhub" or len(parts) < 2:
            continue
        other = parts[1]
        if other == room or other not in RANK:
            continue
        assert RANK[other] < RANK[room], f"{path} ({room}) imports {module}, which stands below it"


def test_every_room_has_its_place() -> None:
    known = {*RANK, "__init__"}
    assert {room_of(path) for path in rooms()} <= known


def test_every_module_says_what_lives_there() -> None:
    silent = [
        str(path)
        for path in [*rooms(), *(ROOT / "worker").rglob("*.py")]
        if is_a_room(path) and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []


def test_no_file_and_no_function_outgrows_its_room() -> None:
    files = [path for path in [*rooms(), *(ROOT / "worker").rglob("*.py")] if is_a_room(path)]
    long_files = [str(path) for path in files if len(path.read_text().splitlines()) > 300]
    long_functions = [
        f"{path}: {node.name}"
        for path in files
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno >= 42
    ]
    assert (long_files, long_functions) == ([], []), "it wants a second noun, or a second verb"


def is_a_room(path: Path) -> bool:
    return "versions" not in path.parts
