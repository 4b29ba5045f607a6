"""Deliveries of a petition: made for an addressee, handed over, mailed in a rhythm."""

from __future__ import annotations

from flask import Response, flash, redirect, render_template, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from wtforms import RadioField, SelectField, StringField
from wtforms.validators import InputRequired, Length

from actionhub.actions.addressees import Addressee, whom_to_deliver
from actionhub.actions.models import Action
from actionhub.database import db
from actionhub.deliveries import digests, handing, mailing, making
from actionhub.deliveries.files import list_of
from actionhub.deliveries.models import Delivery, DeliveryState, DeliveryWish, Format, Rhythm
from actionhub.deliveries.printing import cover_of, volume_of, volumes_of
from actionhub.deliveries.volumes import addressee_of
from actionhub.deliveries.wording import FORMATS, MAILED, RHYTHMS
from actionhub.errors import NotFound
from actionhub.organize.access import audit, me, needs
from actionhub.organize.blueprint import bp
from actionhub.organize.choices import Choice
from actionhub.organize.once import OnceForm, found, locked
from actionhub.organize.summaries import summary
from actionhub.organizers.models import Role


class DeliveryForm(OnceForm):
    addressee = SelectField(_l("For whom"))

    def offer(self, addressees: tuple[Addressee, ...]) -> None:
        """Set for whom a delivery may be."""
        self.addressee.choices = [
            Choice(one.key, f"{one.shown_name}, {one.office}" if one.office else one.shown_name)
            for one in addressees
        ]


class WishForm(DeliveryForm):
    email = StringField(_l("Their email address"), [InputRequired(), Length(max=320)])
    rhythm = RadioField(
        _l("How often"),
        choices=[Choice(value.value, label) for value, label in RHYTHMS.items()],
        default=Rhythm.WEEKLY.value,
    )
    format = RadioField(
        _l("Format"),
        choices=[Choice(value.value, label) for value, label in FORMATS.items()],
        default=Format.BOTH.value,
    )


@bp.get("/actions/<int:action_id>/deliveries")
@needs(Role.VIEWER)
def deliveries(action_id: int) -> ResponseReturnValue:
    return _page(_published(found(Action, action_id)))


@bp.post("/actions/<int:action_id>/deliveries/make")
@needs(Role.ORGANIZER)
def make_delivery(action_id: int) -> ResponseReturnValue:
    """Make a delivery as of now; a worker does the work."""
    row, form = _published(found(Action, action_id)), DeliveryForm()
    addressees = whom_to_deliver(row)
    form.offer(addressees)
    if not form.validate():
        return _page(row, form), 422
    if form.is_first():
        chosen = next(one for one in addressees if one.key == form.addressee.data)
        delivery = making.begin(row, chosen, me().id)
        audit("make", "delivery", delivery.id)
        db.session.commit()
        flash(_("It is being made. This takes some seconds for each 10,000 signatures."))
    return redirect(url_for("organize.deliveries", action_id=action_id))


@bp.post("/actions/<int:action_id>/deliveries/wish")
@needs(Role.ORGANIZER)
def wish_delivery(action_id: int) -> ResponseReturnValue:
    """Let an addressee get deliveries by email."""
    row, form = _published(found(Action, action_id)), WishForm()
    addressees = whom_to_deliver(row)
    form.offer(addressees)
    if not form.validate():
        return _page(row, None, form), 422
    chosen = next(one for one in addressees if one.key == form.addressee.data)
    try:
        wish = digests.wish(
            row,
            chosen,
            email=form.email.data or "",
            rhythm=Rhythm(form.rhythm.data),
            format=Format(form.format.data),
            organizer_id=me().id,
        )
    except digests.BadWish as refused:
        db.session.rollback()
        form.email.errors = [str(refused)]
        return _page(found(Action, action_id), None, form), refused.status
    audit("schedule", "delivery", wish.id)
    db.session.commit()
    if wish.paused:
        flash(_("Kept. This office has paused its deliveries: only it can go on, by its link."))
    else:
        flash(_("The first one goes out as soon as it is due. The office can change this itself."))
    return redirect(url_for("organize.deliveries", action_id=action_id))


@bp.post("/deliveries/wishes/<int:wish_id>/end")
@needs(Role.ORGANIZER)
def end_wish(wish_id: int) -> ResponseReturnValue:
    """Let an office get no more by email."""
    wish = found(DeliveryWish, wish_id)
    digests.end(wish)
    audit("end", "delivery", wish_id)
    db.session.commit()
    flash(_("Ended. It gets no more by email, and its links open nothing."))
    return redirect(url_for("organize.deliveries", action_id=wish.action_id))


@bp.get("/deliveries/<int:delivery_id>/list.csv")
@needs(Role.ORGANIZER)
def delivery_list(delivery_id: int) -> ResponseReturnValue:
    """The list, to be taken to its office."""
    delivery = found(Delivery, delivery_id)
    handing.need_list(delivery)
    download = list_of(delivery)
    return Response(
        stream_with_context(download.parts), headers=download.headers, mimetype=download.mimetype
    )


@bp.get("/deliveries/<int:delivery_id>/<int:number>.pdf")
@needs(Role.ORGANIZER)
def delivery_volume(delivery_id: int, number: int) -> ResponseReturnValue:
    """The cover (0) or a volume of names on paper."""
    delivery = _ready(found(Delivery, delivery_id))
    if number:
        handing.need_list(delivery)
    download = volume_of(delivery, number) if number else cover_of(delivery)
    return Response(download.parts, headers=download.headers, mimetype=download.mimetype)


@bp.post("/deliveries/<int:delivery_id>/handed")
@needs(Role.ORGANIZER)
def handed_over(delivery_id: int) -> ResponseReturnValue:
    """Note that it was handed over: its signers then see it as delivered."""
    delivery = _ready(locked(Delivery, delivery_id))
    handing.hand_over(delivery)
    audit("send", "delivery", delivery_id)
    db.session.commit()
    flash(_("Noted. Those who signed see it on their page."))
    return redirect(url_for("organize.deliveries", action_id=delivery.action_id))


def _ready(delivery: Delivery) -> Delivery:
    if delivery.state is not DeliveryState.READY:
        raise NotFound(_("It is not ready yet."))
    return delivery


def _published(row: Action) -> Action:
    if not row.text_number:
        raise NotFound(_("This action was not published yet: there is nothing to deliver."))
    return row


def _page(row: Action, form: DeliveryForm | None = None, wishing: WishForm | None = None) -> str:
    addressees = whom_to_deliver(row)
    form = form or DeliveryForm(formdata=None)
    wishing = wishing or WishForm(formdata=None)
    form.offer(addressees)
    wishing.offer(addressees)
    made = select(Delivery).where(Delivery.action_id == row.id).order_by(Delivery.id.desc())
    wished = select(DeliveryWish).where(DeliveryWish.action_id == row.id).order_by(DeliveryWish.id)
    newest = db.session.scalars(made.limit(100)).all()
    standings = mailing.standings(newest)
    return render_template(
        "organize/deliveries.html",
        action=row,
        summary=summary(row.id),
        form=form,
        wishing=wishing,
        deliveries=[(one, addressee_of(one), volumes_of(one)) for one in newest],
        mailed={number: MAILED[state] for number, state in standings.items()},
        under_way={number for number, state in standings.items() if state not in mailing.LOST},
        wishes=[(one, addressee_of(one)) for one in db.session.scalars(wished)],
        addressed={one.key for one in addressees},
        rhythms=RHYTHMS,
        formats=FORMATS,
    )
