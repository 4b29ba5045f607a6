"""Writing a follow-up: subject and Markdown body, changeable until it is on its way.

The door that calls these records the audit event and commits.
"""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import select

from actionhub import clock
from actionhub.actions.models import Action
from actionhub.database import db
from actionhub.errors import ActionHubError, NotFound
from actionhub.followups import emails
from actionhub.followups.models import FollowUp, FollowUpState

LONGEST_SUBJECT = 200

#: States in which the words may still change.
WRITABLE = frozenset({FollowUpState.DRAFT, FollowUpState.SCHEDULED})


class Incomplete(ActionHubError):
    """The follow-up cannot go out as it stands; `problems` has a sentence for each field."""

    status = 422

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = problems


class OnItsWay(ActionHubError):
    """The follow-up is beyond the step that was asked for."""

    status = 409


def draft(
    action_id: int,
    *,
    subject: str = "",
    body_markdown: str = "",
    organizer_id: int | None = None,
) -> FollowUp:
    """A new follow-up to an action's members. Raises NotFound, Incomplete (subject too long)."""
    if db.session.get(Action, action_id) is None:
        raise NotFound(_("That action is not there any more."))
    follow_up = FollowUp(
        action_id=action_id,
        state=FollowUpState.DRAFT,
        subject=tidy_subject(subject),
        body_markdown=tidy_body(body_markdown),
        created_by=organizer_id,
        created_at=clock.now(),
    )
    db.session.add(follow_up)
    db.session.flush()
    return follow_up


def edit(
    follow_up: FollowUp, *, subject: str | None = None, body_markdown: str | None = None
) -> FollowUp:
    """Change the words of a draft or a scheduled one. Raises OnItsWay, Incomplete."""
    lock(follow_up)
    if follow_up.state not in WRITABLE:
        raise OnItsWay(_("This follow-up is on its way: its words stand."))
    if subject is not None:
        follow_up.subject = tidy_subject(subject)
    if body_markdown is not None:
        follow_up.body_markdown = tidy_body(body_markdown)
    db.session.flush()
    return follow_up


def find(follow_up_id: int) -> FollowUp:
    """A follow-up. Raises NotFound."""
    found = db.session.get(FollowUp, follow_up_id)
    if found is None:
        raise NotFound(_("That follow-up is not there any more."))
    return found


def of_action(action_id: int) -> list[FollowUp]:
    """An action's follow-ups, the newest first."""
    found = select(FollowUp).where(FollowUp.action_id == action_id)
    return list(db.session.scalars(found.order_by(FollowUp.id.desc())))


def waiting_for_approval() -> list[FollowUp]:
    """Drafts that a tied release prepared and that no organizer has started or dropped yet."""
    found = select(FollowUp).where(
        FollowUp.state == FollowUpState.DRAFT, FollowUp.release_id.is_not(None)
    )
    return list(db.session.scalars(found.order_by(FollowUp.id)))


def paused_by_themselves() -> list[FollowUp]:
    """Those that the outbox paused because the mail server refuses them."""
    found = select(FollowUp).where(FollowUp.state == FollowUpState.PAUSED, emails.is_refused())
    return list(db.session.scalars(found.order_by(FollowUp.id)))


def problems_of(follow_up: FollowUp) -> dict[str, str]:
    """What keeps a follow-up from going out: a sentence for each field, none if ready."""
    problems = {}
    if not follow_up.subject:
        problems["subject"] = _("Write a subject: it decides whether the mail is opened.")
    if not follow_up.body_markdown:
        problems["body_markdown"] = _("Write something to those who took the action.")
    return problems


def lock(follow_up: FollowUp) -> None:
    """Hold the row, as it now stands, until the transaction ends."""
    db.session.flush()
    db.session.execute(
        select(FollowUp).where(FollowUp.id == follow_up.id).with_for_update(),
        execution_options={"populate_existing": True},
    ).scalar_one()


def tidy_subject(text: str) -> str:
    """One line. Raises Incomplete when it is too long."""
    line = " ".join(text.split())
    if len(line) > LONGEST_SUBJECT:
        most = _("Keep the subject within %(most)s characters.", most=LONGEST_SUBJECT)
        raise Incomplete({"subject": most})
    return line


def tidy_body(text: str) -> str:
    return text.replace("\r\n", "\n").strip()
