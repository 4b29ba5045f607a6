"""The operator's commands: one group that finds each feature's own, and what they run inside."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from importlib import import_module
from types import ModuleType
from typing import ParamSpec, TypeVar

import click
from flask import Flask, has_app_context
from sqlalchemy.exc import DatabaseError, DataError, IntegrityError

from actionhub import __version__
from actionhub.errors import ActionHubError

P = ParamSpec("P")
R = TypeVar("R")

#: Commands that make their own app, or none: they also speak of settings that are not there.
WITHOUT_APP = frozenset({"up", "restore", "doctor"})


class Commands(click.Group):
    """Finds commands in the modules beside this one, and says in one line what went wrong."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return sorted(name for module in _modules() for name in _commands_of(module))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        likely = [name for name in _module_names() if name in {cmd_name, f"{cmd_name}s"}]
        for name in [*likely, *_module_names()]:
            found = _commands_of(import_module(f"{__name__}.{name}")).get(cmd_name)
            if found is not None:
                return found
        return None

    def invoke(self, ctx: click.Context) -> object:
        name, *arguments = [*ctx._protected_args, *ctx.args] or [""]
        alone = name in WITHOUT_APP or "--help" in arguments or has_app_context()
        try:
            if alone or self.get_command(ctx, name) is None:
                return super().invoke(ctx)
            with app_context():
                return super().invoke(ctx)
        except ActionHubError as refusal:
            raise click.ClickException(str(refusal)) from refusal
        except (IntegrityError, DataError):
            raise  # ours, and their words may quote a row
        except DatabaseError as problem:
            raise click.ClickException(_database_line(problem)) from problem


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="actionhub")
def main() -> None:
    """ActionHub: from a press release to a call to action, and to everything that follows.

    Commands take their settings from the environment; where it is silent, from the data folder
    that `actionhub up` keeps (./var, or ACTIONHUB_DATA_DIR).
    """


def make_app() -> Flask:
    """The app for a command: the environment, completed from the local data folder if there.

    Raises ConfigurationError naming what is missing or bad.
    """
    import logging
    import os

    from actionhub import config, logs
    from actionhub.app import create_app
    from actionhub.cli import local

    app = create_app(config.from_environment(local.complete(os.environ)))
    logs.set_up(as_json=False, level=logging.WARNING)
    return app


@contextmanager
def app_context() -> Iterator[Flask]:
    """A command's app with its context pushed; its connections are closed at the end."""
    from actionhub.database import db

    app = make_app()
    with app.app_context():
        try:
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()


def with_app(command: Callable[P, R]) -> Callable[P, R]:
    """Run `command` inside an app context: the one already there, or one made for it."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if has_app_context():
            return command(*args, **kwargs)
        with app_context():
            return command(*args, **kwargs)

    return run


def _module_names() -> list[str]:
    return [found.name for found in pkgutil.iter_modules(__path__)]


def _modules() -> list[ModuleType]:
    return [import_module(f"{__name__}.{name}") for name in _module_names()]


def _commands_of(module: ModuleType) -> dict[str, click.Command]:
    """A module's own commands: those at its top that are not part of a group beside them."""
    here = [value for value in vars(module).values() if isinstance(value, click.Command)]
    nested = {
        id(inner)
        for group in here
        if isinstance(group, click.Group)
        for inner in group.commands.values()
    }
    return {str(found.name): found for found in here if id(found) not in nested}


def _database_line(problem: DatabaseError) -> str:
    words = " ".join(str(problem.orig).split())
    if "no such table" in words or "UndefinedTable" in type(problem.orig).__name__:
        return "The database has no tables yet, or old ones. Run: actionhub migrate"
    return f"The database does not answer: {words}. Nothing was changed."
