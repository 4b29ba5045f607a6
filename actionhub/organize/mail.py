"""The state of the mail in pictures, and going on with a mailing that paused itself."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import func, select

from actionhub.database import db
from actionhub.followups.resuming import follow_up_of, resume_mailing
from actionhub.insights.mail import by_kind, mail_figures
from actionhub.organize import mail_pictures, mail_state
from actionhub.organize.access import audit, needs
from actionhub.organize.blueprint import bp
from actionhub.organize.mail_words import GROUP_NAMES, TEMPLATE_NAMES
from actionhub.organize.once import found
from actionhub.organizers.models import Role
from actionhub.outbox import conditions, watching
from actionhub.outbox.durations import DURATIONS
from actionhub.outbox.models import EmailState, Mailing, Suppression


@bp.get("/mail")
@needs(Role.VIEWER)
def mail() -> ResponseReturnValue:
    numbers = watching.numbers()
    queues, figures = watching.queues(numbers), mail_figures()
    relay, paused = conditions.relay(), conditions.paused()
    held = _number(numbers, EmailState.HELD)
    last_sent_at = conditions.last_sent_at()
    return render_template(
        "organize/mail.html",
        needs=mail_state.needs_of(queues, relay, paused, held),
        figures=figures,
        waiting=mail_pictures.waiting(queues),
        lately=mail_pictures.lately(figures),
        reasons=mail_pictures.reasons(figures.reasons),
        relay_told=mail_state.relay_told(relay, last_sent_at),
        workers_told=mail_state.workers_told(conditions.workers(), queues, relay),
        domains=conditions.domains(),
        paused=[(one, follow_up_of(one.key)) for one in paused if one.because],
        name_of=mail_state.name_of,
        refused_told=mail_state.refused_told,
        held=held,
        unknown=_number(numbers, EmailState.UNKNOWN),
        next_unknown_at=conditions.next_unknown_at(),
        unknown_wait=DURATIONS.unknown_wait,
        kinds=by_kind(),
        groups=GROUP_NAMES,
        names=TEMPLATE_NAMES,
        suppressed=_suppressed(),
    )


@bp.post("/mail/mailings/<int:mailing_id>/resume")
@needs(Role.ORGANIZER)
def resume_paused(mailing_id: int) -> ResponseReturnValue:
    found(Mailing, mailing_id)
    if resume_mailing(mailing_id):
        audit("resume", "mailing", mailing_id)
        db.session.commit()
        flash(_("It goes on where it paused, and what was refused goes again."))
    else:
        flash(_("It had gone on already, or somebody else paused it."))
    return redirect(url_for("organize.mail"))


def _number(numbers: watching.Numbers, state: EmailState) -> int:
    return sum(numbers[state, priority] for priority in watching.PRIORITIES)


def _suppressed() -> int:
    query = select(func.count()).select_from(Suppression).where(Suppression.lifted_at.is_(None))
    return db.session.scalar(query) or 0
