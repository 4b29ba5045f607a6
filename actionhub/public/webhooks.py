"""The door of mail providers: what they report about emails, each with its own proof."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, abort, request
from werkzeug.exceptions import RequestEntityTooLarge

from actionhub.config import settings
from actionhub.database import db
from actionhub.extensions import csrf
from actionhub.outbox.mailgun import Mailgun
from actionhub.outbox.reported import Provider, Unproven
from actionhub.supporters.reports import take_in

door = Blueprint("webhooks", __name__, url_prefix="/webhooks/mail")

#: No event is larger.
MOST_BYTES = 128 << 10


def init_app(app: Flask) -> None:
    app.register_blueprint(door)
    csrf.exempt(mailgun)  # its signature is its proof


@door.post("/mailgun")
def mailgun() -> Response:
    """Take in one event of Mailgun's; unknown to all who set no signing key."""
    key = settings().mailgun_signing_key
    if not key:
        abort(404)
    return _take(Mailgun(key))


def _take(provider: Provider) -> Response:
    """Take in what a provider reports, in one transaction.

    406 tells it not to try again; anything but 200 and 406 has it try later.
    """
    request.max_content_length = MOST_BYTES
    try:
        for report in provider.read(request.get_data(), dict(request.headers)):
            take_in(report)
    except Unproven:
        db.session.rollback()
        return _said("no", 406)
    except RequestEntityTooLarge:
        return _said("no", 413)
    db.session.commit()
    return _said("ok", 200)


def _said(word: str, status: int) -> Response:
    return Response(f"{word}\n", status, mimetype="text/plain")
