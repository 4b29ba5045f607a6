"""`actionhub organizer`: let people into the workspace."""

from __future__ import annotations

import click
from sqlalchemy import func, select

from actionhub import links
from actionhub.addresses import BadAddress
from actionhub.database import db
from actionhub.organizers import auditing
from actionhub.organizers.joining import add_organizer, find_by_email
from actionhub.organizers.links import make_login_link
from actionhub.organizers.models import Organizer, Role


@click.group()
def organizer() -> None:
    """Let people into the organizers' workspace."""


@organizer.command()
@click.argument("email")
@click.option("--role", type=click.Choice([role.value for role in Role]), help="What they may do.")
@click.option("--hours", default=24, show_default=True, help="How long the login link lives.")
def add(email: str, role: str | None, hours: int) -> None:
    """Add EMAIL if new, and print a login link that works once.

    The first one becomes admin, later ones organizer, unless --role says otherwise. For an
    address that is there already only a fresh link is made; its role stays.
    """
    known = find_by_email(email)
    if role is None:
        nobody = not db.session.scalar(select(func.count()).select_from(Organizer))
        role = Role.ADMIN.value if nobody else Role.ORGANIZER.value
    try:
        person = add_organizer(email, role)
    except BadAddress as bad:
        raise click.BadParameter(str(bad), param_hint="EMAIL") from bad
    if not person.active:
        raise click.ClickException(f"{person.email} is deactivated: an admin can reactivate them")
    if known is None:
        auditing.record("add", "organizer", person.id)
    path = make_login_link(person.id, minutes=hours * 60)
    db.session.commit()
    if known is None:
        click.echo(f"Added {person.email} as {person.role}.")
    else:
        click.echo(f"{person.email} is here already, as {person.role}.")
    click.echo(f"Log in, once, within {hours} hours: {links.absolute(path)}")
