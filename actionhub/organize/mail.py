"""The state of the mail: what waits, what went out, what failed, and of which mailing."""

from __future__ import annotations

from datetime import timedelta

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from actionhub import clock
from actionhub.database import db
from actionhub.organize.access import needs
from actionhub.organize.blueprint import bp
from actionhub.organizers.models import Role
from actionhub.outbox.models import Email, EmailState, Mailing, Suppression

#: States by what they mean for a person, with what each group is called.
GROUPS = {
    "waiting": (
        _l("Waiting or being sent"),
        (EmailState.READY, EmailState.CLAIMED, EmailState.SENDING),
    ),
    "deferred": (_l("To be tried again"), (EmailState.DEFERRED, EmailState.UNKNOWN)),
    "sent": (_l("Sent"), (EmailState.SENT,)),
    "failed": (_l("Failed"), (EmailState.FAILED, EmailState.EXPIRED)),
    "stopped": (
        _l("Stopped"),
        (EmailState.SUPPRESSED, EmailState.CANCELLED, EmailState.HELD),
    ),
}

TEMPLATE_NAMES = {
    "confirm": _l("Please confirm"),
    "already": _l("You signed already"),
    "remind": _l("Reminder to confirm"),
    "thanks": _l("Thank you"),
    "me": _l("My page"),
    "erased": _l("Erased"),
    "followup": _l("Follow-up"),
    "followup_test": _l("Test of a follow-up"),
    "login_link": _l("Login link"),
    "password_reset": _l("New password"),
}
DAYS = 7


@bp.get("/mail")
@needs(Role.VIEWER)
def mail() -> ResponseReturnValue:
    since = clock.now() - timedelta(days=DAYS)
    rows = db.session.execute(
        select(Mailing.template, Email.state, func.count())
        .join(Mailing, Mailing.id == Email.mailing_id)
        .where(Email.created_at >= since)
        .group_by(Mailing.template, Email.state)
    ).all()
    totals = dict.fromkeys(GROUPS, 0)
    by_template: dict[str, dict[str, int]] = {}
    for template, state, count in rows:
        group = next(name for name, (_name, states) in GROUPS.items() if state in states)
        totals[group] += count
        line = by_template.setdefault(template, dict.fromkeys(GROUPS, 0))
        line[group] += count
    oldest = db.session.scalar(
        select(func.min(Email.due_at)).where(Email.state.in_([EmailState.READY]))
    )
    stopped = db.session.scalar(
        select(func.count()).select_from(Suppression).where(Suppression.lifted_at.is_(None))
    )
    return render_template(
        "organize/mail.html",
        groups=GROUPS,
        totals=totals,
        by_template=sorted(by_template.items()),
        names=TEMPLATE_NAMES,
        late=oldest is not None and clock.now() - oldest > timedelta(minutes=5),
        oldest=oldest,
        suppressed=stopped or 0,
        days=DAYS,
    )
