"""How migrations run: in the app's own engine, one transaction, batch mode for SQLite."""

from __future__ import annotations

from alembic import context

from actionhub.extensions import db


def run() -> None:
    given = context.config.attributes.get("connection")
    if given is not None:
        _run_on(given)
        return
    with db.engine.connect() as connection:
        _run_on(connection)


def _run_on(connection: object) -> None:
    context.configure(
        connection=connection,  # type: ignore[arg-type]
        target_metadata=db.metadata,
        render_as_batch=True,
        compare_type=True,
        user_module_prefix="actionhub.database.",
    )
    with context.begin_transaction():
        context.run_migrations()


run()
