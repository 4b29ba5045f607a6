"""The follow-up that a newly tied release prepares; an organizer reads it, mends it, starts it."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy.dialects import postgresql, sqlite

from actionhub import clock, links
from actionhub.actions.models import Action, ActionState
from actionhub.actions.showing import actions_by_id
from actionhub.actions.states import state_of
from actionhub.database import db
from actionhub.followups.models import FollowUp, FollowUpState
from actionhub.followups.phrases import plain, shortened
from actionhub.newsroom.models import PressRelease


def announce(action_id: int, release_id: int, organizer_id: int | None = None) -> FollowUp | None:
    """Prepare the news of a release for an open action's members: a draft, once for each pair.

    None where the action is not open, the release is hidden, or the draft was made before.
    """
    action = db.session.get(Action, action_id)
    release = db.session.get(PressRelease, release_id)
    if action is None or release is None or not release.visible:
        return None
    if state_of(action, clock.now()) is not ActionState.OPEN:
        return None
    insert = (postgresql if db.engine.dialect.name == "postgresql" else sqlite).insert
    values = {
        "action_id": action_id,
        "release_id": release_id,
        "state": FollowUpState.DRAFT,
        "subject": shortened(release.title),
        "body_markdown": _news(action_id, release),
        "cursor": 0,
        "queued": 0,
        "created_by": organizer_id,
        "created_at": clock.now(),
    }
    made = db.session.execute(
        insert(FollowUp).values(values).on_conflict_do_nothing().returning(FollowUp.id)
    ).scalar_one_or_none()
    return db.session.get(FollowUp, made) if made is not None else None


def _news(action_id: int, release: PressRelease) -> str:
    title = actions_by_id([action_id], release.locale)[action_id].title
    parts = [
        _(
            "You took action with us: “%(action)s”. There is news, and you should hear it first.",
            action=plain(title),
        ),
        f"**{plain(release.title)}**",
        plain(release.summary),
        _(
            "[Read the whole story](%(address)s)",
            address=links.absolute(links.release_path(release.slug, release.locale)),
        ),
        _("Thank you for standing with us. It is because of you that there is news to tell."),
    ]
    return "\n\n".join(part for part in parts if part)
