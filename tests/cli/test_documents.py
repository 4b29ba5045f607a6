"""The operator's pages say what the code does: every variable, every command, no more."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from actionhub.cli import local, main

ROOT = Path(__file__).parents[2]
VARIABLE = re.compile(r"ACTIONHUB_[A-Z_]+[A-Z]")


def test_every_variable_is_in_the_table_and_no_other() -> None:
    read = set(VARIABLE.findall((ROOT / "actionhub" / "config.py").read_text()))
    table = [
        line
        for line in (ROOT / "docs" / "configuration.md").read_text().splitlines()
        if line.startswith("| `ACTIONHUB_")
    ]
    told = [VARIABLE.findall(line)[0] for line in table]
    assert len(told) == len(set(told))
    assert set(told) == read


def test_the_table_tells_which_variables_are_needed() -> None:
    source = (ROOT / "actionhub" / "config.py").read_text()
    needed = set(re.findall(r'_need\(\s*env, "(ACTIONHUB_[A-Z_]+)"', source))
    rows = re.findall(
        r"^\| `(ACTIONHUB_[A-Z_]+)` \| (yes|no) \|",
        (ROOT / "docs" / "configuration.md").read_text(),
        re.MULTILINE,
    )
    assert {name for name, wanted in rows if wanted == "yes"} == needed


def test_up_has_a_local_value_for_all_that_is_needed(tmp_path: Path) -> None:
    source = (ROOT / "actionhub" / "config.py").read_text()
    needed = set(re.findall(r'_need\(\s*env, "(ACTIONHUB_[A-Z_]+)"', source))
    assert needed <= local.defaults(tmp_path).keys()


@pytest.mark.parametrize("page", ["README.md", "docs/operators.md", "docs/deploying.md"])
def test_the_pages_name_only_commands_that_exist(page: str) -> None:
    context = click.Context(main)
    commands = set(main.list_commands(context))
    named = set(re.findall(r"`actionhub ([a-z]+)", (ROOT / page).read_text()))
    assert named <= commands


@pytest.mark.parametrize("page", ["README.md", "docs/operators.md", "docs/deploying.md"])
def test_links_between_pages_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text()
    for target in re.findall(r"[^!]\[[^\]]*\]\(([^)#:]+)\)", text):
        assert ((ROOT / page).parent / target).exists(), f"{page} links to {target}"


def test_every_command_of_the_design_is_there() -> None:
    context = click.Context(main)
    wanted = {
        *("up", "migrate", "organizer", "newsroom", "outbox", "supporters"),
        *("backup", "restore", "doctor"),
    }
    assert wanted <= set(main.list_commands(context))
    for name in wanted:
        command = main.get_command(context, name)
        assert command is not None
        assert command.help
