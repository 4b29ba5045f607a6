"""What a letter's writer tells us: that they sent it themselves, or called."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import update

from actionhub import clock
from actionhub.actions.addressees import current
from actionhub.database import db
from actionhub.errors import ActionHubError
from actionhub.letters.channels import BY_NAME
from actionhub.letters.emails import key_of
from actionhub.letters.models import ChannelName, Letter, LetterState
from actionhub.letters.writing import read_back
from actionhub.outbox import dropping


class NotAWay(ActionHubError):
    """The letter cannot go so."""

    status = 422

    def __init__(self) -> None:
        super().__init__(_("This letter does not go that way."))


def say_sent(letter_id: int, way: str) -> bool:
    """Note that its writer sent a letter by a way of their own; False if it had gone already.

    Only one that waits for its writer, or that its office's server refused. Raises NotAWay.
    """
    letter = db.session.get_one(Letter, letter_id)
    try:
        channel = BY_NAME[ChannelName(way)]
    except ValueError:
        raise NotAWay from None
    if channel.ours or not channel.reaches(current(read_back(letter.addressee))):
        raise NotAWay
    theirs = Letter.state == LetterState.FAILED
    for name, one in BY_NAME.items():
        if not one.ours:
            theirs |= (Letter.state == LetterState.WAITING) & (Letter.channel == name)
    turned = db.session.execute(
        update(Letter)
        .where(Letter.id == letter_id, theirs)
        .values(state=LetterState.ACCEPTED, channel=channel.name, reason=None, ended_at=clock.now())
        .returning(Letter.id)
    ).first()
    if turned is not None:  # and nobody sends it once more: `outbox retry` finds no address
        dropping.forget_keys([key_of(letter_id)])
    return turned is not None
