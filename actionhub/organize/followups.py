"""Follow-ups: the list, writing one, and how it will look in an inbox."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from wtforms import StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from actionhub.actions.models import Action, ActionState
from actionhub.actions.wording import render_markdown
from actionhub.config import LOCALES
from actionhub.database import db
from actionhub.followups import emails, writing
from actionhub.followups.audience import audience_of
from actionhub.followups.models import FollowUp
from actionhub.followups.progress import progress_of
from actionhub.organize.access import audit, me, needs
from actionhub.organize.blueprint import bp
from actionhub.organize.once import OnceForm, SeenForm, found, locked
from actionhub.organize.summaries import draft_words, summaries, summary
from actionhub.organizers.models import Role

#: The preview of an email alone may hold inline styles; it may run, load and send nothing.
EMAIL_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)


class FollowUpForm(SeenForm):
    subject = StringField(_l("Subject"), [InputRequired(), Length(max=writing.LONGEST_SUBJECT)])
    body = TextAreaField(_l("Message"), [Length(max=40_000)])


class NewFollowUpForm(OnceForm, FollowUpForm):
    pass


@bp.get("/followups")
@needs(Role.VIEWER)
def followups() -> ResponseReturnValue:
    rows = list(db.session.scalars(select(FollowUp).order_by(FollowUp.id.desc()).limit(200)))
    return render_template(
        "organize/followups.html",
        rows=rows,
        titles=draft_words({row.action_id for row in rows}),
        actions=summaries(Action.state.in_([ActionState.OPEN, ActionState.CLOSED])),
    )


@bp.route("/actions/<int:action_id>/followups/new", methods=["GET", "POST"])
@needs(Role.ORGANIZER)
def new_followup(action_id: int) -> ResponseReturnValue:
    found(Action, action_id)
    form = NewFollowUpForm()
    if "preview" in request.form or not form.validate_on_submit():
        return _page(form, action_id), 422 if form.errors else 200
    if not form.is_first():
        return redirect(url_for("organize.followups"))
    row = writing.draft(
        action_id,
        subject=form.subject.data or "",
        body_markdown=form.body.data or "",
        organizer_id=me().id,
    )
    audit("draft", "followup", row.id)
    db.session.commit()
    flash(_("The draft is saved. Look at it below, mail yourself a test, then send it."))
    return redirect(url_for("organize.followup", followup_id=row.id))


@bp.route("/followups/<int:followup_id>/edit", methods=["GET", "POST"])
@needs(Role.ORGANIZER)
def edit_followup(followup_id: int) -> ResponseReturnValue:
    form = FollowUpForm()
    if not form.is_submitted():
        row = found(FollowUp, followup_id)
        form.subject.data, form.body.data = row.subject, row.body_markdown
        form.show(words_of(row))
        return _page(form, row.action_id, row)
    row = locked(FollowUp, followup_id)
    if "preview" in request.form or not form.validate():
        return _page(form, row.action_id, row), 422 if form.errors else 200
    if not form.is_current(words_of(row)):
        form.show(words_of(row))
        theirs = {_("Subject"): row.subject, _("Message"): row.body_markdown}
        return _page(form, row.action_id, row, theirs), 409
    writing.edit(row, subject=form.subject.data, body_markdown=form.body.data)
    audit("edit", "followup", followup_id, ["subject", "body"])
    db.session.commit()
    flash(_("Saved."))
    return redirect(url_for("organize.followup", followup_id=followup_id))


@bp.get("/followups/<int:followup_id>")
@needs(Role.VIEWER)
def followup(followup_id: int) -> ResponseReturnValue:
    """One follow-up: how it looks, who would get it, how far it has got."""
    row = found(FollowUp, followup_id)
    page = followup_page(row)
    if page["writable"]:
        return render_template(
            "organize/followup.html", audience=audience_of(row.action_id), **page
        )
    return render_template("organize/followup.html", progress=progress_of(row), **page)


@bp.get("/followups/<int:followup_id>/email/<locale>.html")
@needs(Role.VIEWER)
def followup_email(followup_id: int, locale: str) -> ResponseReturnValue:
    """The email itself, as a document of its own that a sandboxed frame shows."""
    row = found(FollowUp, followup_id)
    response = Response(emails.preview(row, _known(locale), _somebody()).html)
    response.headers["Content-Security-Policy"] = EMAIL_POLICY
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


def followup_page(row: FollowUp) -> dict[str, Any]:
    """What all pages of one follow-up show."""
    locale = _known(request.args.get("locale", LOCALES[0]))
    return {
        "row": row,
        "summary": summary(row.action_id),
        "writable": row.state in writing.WRITABLE,
        "problems": writing.problems_of(row),
        "locale_shown": locale,
        "locales": LOCALES,
        "email": emails.preview(row, locale, _somebody()),
    }


def _page(
    form: FollowUpForm,
    action_id: int,
    row: FollowUp | None = None,
    theirs: dict[str, str] | None = None,
) -> str:
    return render_template(
        "organize/followup_edit.html",
        form=form,
        row=row,
        theirs=theirs,
        summary=summary(action_id),
        audience=audience_of(action_id),
        shown=render_markdown(form.body.data or ""),
    )


def words_of(row: FollowUp) -> str:
    """What a form was shown, to tell whether somebody changed it since."""
    return f"{row.subject}\0{row.body_markdown}"


def _known(locale: str) -> str:
    return locale if locale in LOCALES else LOCALES[0]


def _somebody() -> str:
    return str(_("Alex Rivera"))
