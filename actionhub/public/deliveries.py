"""What anyone can verify of a delivery, without a name; and an office's own links."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from flask import Response, redirect, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from actionhub import tokens
from actionhub.congress.states import NAMES
from actionhub.database import db
from actionhub.deliveries import digests, handing, readers, signing
from actionhub.deliveries.files import list_of
from actionhub.deliveries.manifests import OTHERS, title_of
from actionhub.deliveries.models import Delivery, DeliveryWish, Format, Rhythm
from actionhub.deliveries.printing import cover_of, volume_of, volumes_of
from actionhub.deliveries.volumes import addressee_of
from actionhub.deliveries.wording import FORMATS, FOUND, RHYTHMS
from actionhub.errors import NotFound
from actionhub.public import door
from actionhub.public.personal import Notice, personal, refuse_foreign, tell
from actionhub.tokens import BadToken, Purpose, StaleToken

#: How long an office's link to a list works.
OPENS_FOR = timedelta(days=30)

WHY = {
    "withdrawn": _l("withdrawn by its signer"),
    "removed": _l("removed"),
    "erased": _l("its signer had their data erased: strike the name"),
}


@door.get("/deliveries/<public_id>")
def delivery(public_id: str) -> ResponseReturnValue:
    """What a delivery holds, whether its manifest is ours, and what was taken back since."""
    found = handing.find(public_id)
    manifest = json.loads(found.manifest or "{}")
    return render_template(
        "public/delivery.html",
        delivery=found,
        manifest=manifest,
        title=title_of(manifest),
        found=FOUND,
        genuine=signing.is_ours(found.manifest or "", found.signature or ""),
        places=_places(manifest["counts"]["by_district"]),
        states=_places(manifest["counts"]["by_state"]),
        state_names=NAMES,
        removals=handing.removals(found.id),
        why=WHY,
    )


@door.get("/deliveries/<public_id>/manifest.json")
def delivery_manifest(public_id: str) -> Response:
    """The signed text itself, byte for byte; its signature in a header, too."""
    found = handing.find(public_id)
    answer = Response(found.manifest, mimetype="application/json")
    answer.headers["X-Signature-Ed25519"] = found.signature or ""
    return answer


@door.get("/deliveries/<public_id>/manifest.sig")
def delivery_signature(public_id: str) -> Response:
    """The signature of the manifest, in base64."""
    found = handing.find(public_id)
    return Response(f"{found.signature}\n", mimetype="text/plain")


@door.get("/deliveries/key")
def delivery_key() -> Response:
    """The public keys that check our manifests, the newest first."""
    return Response("".join(signing.public_keys()), mimetype="application/x-pem-file")


@door.get("/deliveries/office/<token>")
@personal
def office_delivery(token: str) -> ResponseReturnValue:
    """An office's delivery: what it may take, and where to check it."""
    try:
        found = _delivery_of(token)
    except _ReadElsewhere:
        return tell(_elsewhere())
    except (BadToken, StaleToken, NotFound):
        return tell(_no_list())
    manifest = json.loads(found.manifest or "{}")
    return render_template(
        "public/office_delivery.html",
        token=token,
        delivery=found,
        manifest=manifest,
        title=title_of(manifest),
        format=_format_of(found),
        there=_is_there(found),
        volumes=volumes_of(found),
    )


@door.post("/deliveries/office/<token>")
@personal
def new_office_delivery(token: str) -> ResponseReturnValue:
    """Make an office a new list, where somebody took their signature back from the one it has."""
    refuse_foreign()
    try:
        found = _delivery_of(token)
        if _is_there(found):
            return redirect(url_for(".office_delivery", token=token), 303)
        digests.ask_anew(found)
    except _ReadElsewhere:
        db.session.rollback()
        return tell(_elsewhere())
    except (BadToken, StaleToken, NotFound, handing.NoLongerThere):
        db.session.rollback()
        return tell(_no_list())
    db.session.commit()
    return tell(_being_made())


@door.get("/deliveries/office/<token>/list.csv")
@personal
def office_list(token: str) -> ResponseReturnValue:
    """The list itself, for the office that it is for."""
    try:
        found = _delivery_of(token)
        handing.need_list(found)
    except _ReadElsewhere:
        return tell(_elsewhere())
    except (BadToken, StaleToken, NotFound, handing.NoLongerThere):
        return tell(_no_list())
    if _format_of(found) not in {Format.CSV, Format.BOTH}:
        return tell(_no_list())
    download = list_of(found)
    return Response(
        stream_with_context(download.parts), headers=download.headers, mimetype=download.mimetype
    )


@door.get("/deliveries/office/<token>/<int:number>.pdf")
@personal
def office_volume(token: str, number: int) -> ResponseReturnValue:
    """The cover (0) or a volume of the list on paper, for the office that it is for."""
    try:
        found = _delivery_of(token)
        if number:
            handing.need_list(found)
        if number and _format_of(found) not in {Format.PDF, Format.BOTH}:
            return tell(_no_list())
        download = volume_of(found, number) if number else cover_of(found)
    except _ReadElsewhere:
        return tell(_elsewhere())
    except (BadToken, StaleToken, NotFound, handing.NoLongerThere):
        return tell(_no_list())
    return Response(download.parts, headers=download.headers, mimetype=download.mimetype)


@door.route("/deliveries/wishes/<token>", methods=["GET", "POST"])
@personal
def wishes(token: str) -> ResponseReturnValue:
    """How often an office gets its deliveries and in which format; only POST changes it."""
    wish = _wish_of(token)
    if wish is None:
        return tell(_elsewhere())
    changed = True
    if request.method == "POST":
        refuse_foreign()
        if changed := _change(wish):
            db.session.commit()
            return redirect(url_for(".wishes", token=token, saved=1), 303)
    page = render_template(
        "public/wishes.html",
        token=token,
        wish=wish,
        addressee=addressee_of(wish),
        rhythms=RHYTHMS,
        formats=FORMATS,
        saved="saved" in request.args,
    )
    return page, 200 if changed else 422


def _wish_of(token: str) -> DeliveryWish | None:
    try:
        number, mark = tokens.read(Purpose.WISH, token).values
    except (BadToken, ValueError):
        return None
    wish = db.session.get(DeliveryWish, int(number))
    return wish if wish and readers.is_for(wish, str(mark)) else None


def _change(wish: DeliveryWish) -> bool:
    """Keep what an office chose; False where that is nothing that can be chosen."""
    chosen = request.form.get("rhythm", ""), request.form.get("format", "")
    if chosen[0] not in list(Rhythm) or chosen[1] not in list(Format):
        return False
    paused = "paused" in request.form
    digests.choose(wish, Rhythm(chosen[0]), Format(chosen[1]), paused=paused)
    return True


class _ReadElsewhere(NotFound):
    """An office gets its deliveries at another address than that to which a link was mailed."""


def _delivery_of(token: str) -> Delivery:
    values = tokens.read(Purpose.DELIVERY, token, OPENS_FOR).values
    found = db.session.get(Delivery, int(values[0]))
    wish = db.session.get(DeliveryWish, found.wish_id or 0) if found else None
    if found is None or wish is None:
        raise NotFound(_("There is no delivery at this address."))
    if not readers.is_for(wish, str(values[-1])):
        raise _ReadElsewhere
    return found


def _format_of(found: Delivery) -> Format:
    """What its office wishes to get."""
    wish = db.session.get(DeliveryWish, found.wish_id) if found.wish_id else None
    return wish.format if wish else Format.BOTH


def _is_there(found: Delivery) -> bool:
    try:
        handing.need_list(found)
    except handing.NoLongerThere:
        return False
    return True


def _elsewhere() -> Notice:
    return Notice(
        410,
        _("This link opens nothing any more"),
        (
            _("It was cut short, or this office gets its deliveries at another address now."),
            _("The newest mail that came to it has the links that work."),
        ),
    )


def _being_made() -> Notice:
    return Notice(
        202,
        _("Your new list is being made"),
        (_("We mail you its link as soon as it is ready: in a few minutes, at most."),),
    )


def _no_list() -> Notice:
    return Notice(410, _("This list is no longer given out"), (str(handing.NoLongerThere()),))


def _places(counts: dict[str, Any]) -> list[tuple[str, int]]:
    """(place, number), the most first, those of few signatures together at the end."""
    return sorted(counts.items(), key=lambda one: (one[0] == OTHERS, -one[1], one[0]))
