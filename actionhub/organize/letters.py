"""An action's letters: how they stand, whom they reach and by which way; offices' addresses."""

from __future__ import annotations

from flask import Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_percent
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import IntegerField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # types lag behind
from wtforms.validators import Length, Optional

from actionhub.actions import contacting, contacts
from actionhub.actions.addressees import Addressee, all_addressees
from actionhub.actions.models import Action, ActionKind
from actionhub.actions.tables import UnreadableList
from actionhub.config import settings
from actionhub.database import db
from actionhub.errors import NotFound
from actionhub.letters.channels import ways_to
from actionhub.letters.cwc.agency import agency
from actionhub.letters.cwc.elements import TOPICS
from actionhub.letters.models import ChannelName, LetterState
from actionhub.letters.showing import tally_of
from actionhub.organize.access import audit, me, needs
from actionhub.organize.blueprint import bp
from actionhub.organize.forms import Form
from actionhub.organize.lists import ListForm
from actionhub.organize.once import found, locked
from actionhub.organize.summaries import summary
from actionhub.organizers.models import Role

CHANNELS = {
    ChannelName.EMAIL: _l("Email, from us"),
    ChannelName.CWC: _l("Congress’s own system (CWC), from us"),
    ChannelName.FORM: _l("Their contact form, by the writer"),
    ChannelName.PHONE: _l("Phone, by the writer"),
    ChannelName.PRINT: _l("Paper, by the writer"),
}
STATES = {
    LetterState.WAITING: _l("waiting"),
    LetterState.QUEUED: _l("on its way"),
    LetterState.ACCEPTED: _l("accepted"),
    LetterState.FAILED: _l("refused"),
    LetterState.HELD: _l("held"),
    LetterState.CANCELLED: _l("stopped"),
}


class ContactForm(Form):
    email = StringField(_l("Email address for letters"), [Length(max=320)])
    postal_address = TextAreaField(_l("Postal address"), [Length(max=500)])
    per_hour = IntegerField(_l("Letters an hour"), [Optional()])


class TopicForm(Form):
    topic = SelectField(
        _l("Policy area"),
        choices=[
            SelectChoice("", _l("As set for all")),
            *(SelectChoice(one, one) for one in TOPICS),
        ],
    )


class OfficesForm(ListForm):
    file = FileField(_l("The offices, as a CSV file"))


@bp.get("/actions/<int:action_id>/letters")
@needs(Role.VIEWER)
def letters(action_id: int) -> ResponseReturnValue:
    return _page(_letter_action(found(Action, action_id)), OfficesForm(formdata=None))


@bp.get("/actions/<int:action_id>/letters/offices.csv")
@needs(Role.ORGANIZER)
def offices(action_id: int) -> Response:
    """All whom the action addresses and how each is reached, to be filled in and brought back."""
    row = _letter_action(found(Action, action_id))
    return Response(
        contacting.as_csv(all_addressees(row)),
        mimetype="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="offices-{row.slug}.csv"'},
    )


@bp.post("/actions/<int:action_id>/letters/offices")
@needs(Role.ORGANIZER)
def bring_offices(action_id: int) -> ResponseReturnValue:
    """Take that file back: for this action and every other that addresses them."""
    row, form = _letter_action(locked(Action, action_id)), OfficesForm()
    if not form.validate():
        return _page(row, form), 422
    try:
        number = contacting.bring_in(form.raw(), all_addressees(row), me().id)
    except UnreadableList as refused:
        db.session.rollback()
        form.form_errors.extend(str(refused).splitlines())
        return _page(found(Action, action_id), form), refused.status
    audit("import", "office", None, [str(number)])
    db.session.commit()
    flash(_("Saved. Letters that are written from now on go that way."))
    return redirect(url_for("organize.letters", action_id=action_id))


@bp.post("/actions/<int:action_id>/letters/topic")
@needs(Role.ORGANIZER)
def letter_topic(action_id: int) -> ResponseReturnValue:
    """Under which policy area Congress's own system files this action's letters."""
    row, form = _letter_action(locked(Action, action_id)), TopicForm()
    if form.validate() and agency():
        row.letter_topic = form.topic.data
        audit("edit", "action", action_id, ["letter_topic"])
        db.session.commit()
        flash(_("Saved. Letters that go from now on are filed there."))
    return redirect(url_for("organize.letters", action_id=action_id))


@bp.route("/actions/<int:action_id>/letters/<string:key>", methods=["GET", "POST"])
@needs(Role.ORGANIZER)
def contact(action_id: int, key: str) -> ResponseReturnValue:
    """How one of those whom an action addresses is reached: for this action and every other."""
    row = _letter_action(found(Action, action_id))
    addressee = next((one for one in all_addressees(row) if one.key == key), None)
    if addressee is None or not addressee.can_be_set:
        raise NotFound(_("Nobody of that name is addressed here, or a list tells of them."))
    form, known = ContactForm(), contacts.of([key]).get(key)
    if not form.is_submitted():
        if known:
            form.email.data, form.per_hour.data = known.email, known.per_hour
            form.postal_address.data = known.postal_address
        return _contact_page(form, row, addressee)
    locked(Action, action_id)
    if not form.validate():
        return _contact_page(form, row, addressee), 422
    try:
        contacts.know(
            key,
            email=form.email.data or "",
            postal_address=form.postal_address.data or "",
            per_hour=form.per_hour.data,
            organizer_id=me().id,
        )
    except contacts.BadContact as refused:
        db.session.rollback()
        form.form_errors.append(str(refused))
        return _contact_page(form, row, addressee), refused.status
    audit("edit", "office", None, [key])
    db.session.commit()
    flash(_("Saved. Letters that are written from now on go that way."))
    return redirect(url_for("organize.letters", action_id=action_id))


def _letter_action(row: Action) -> Action:
    if row.kind is not ActionKind.LETTER:
        raise NotFound(_("This action sends no letters."))
    return row


def _page(row: Action, form: OfficesForm) -> str:
    ways = [(one, ways_to(one, street=True)[0].name) for one in all_addressees(row)]
    tally = tally_of(row.id)
    return render_template(
        "organize/letters.html",
        action=row,
        form=form,
        summary=summary(row.id),
        tally=tally,
        own_share=format_percent(tally.own_words / max(tally.words, 1)),
        ways=ways,
        reached={name: sum(way is name for _one, way in ways) for name in ChannelName},
        channels=CHANNELS,
        letter_states=STATES,
        topic_form=TopicForm(topic=row.letter_topic) if agency() else None,
        can_set=any(one.can_be_set for one, _way in ways),
    )


def _contact_page(form: ContactForm, row: Action, addressee: Addressee) -> str:
    return render_template(
        "organize/contact.html",
        form=form,
        action=row,
        summary=summary(row.id),
        addressee=addressee,
        per_hour=settings().letters_per_hour,
    )
