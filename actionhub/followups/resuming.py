"""Going on with a mailing that paused itself, and with the follow-up whose mailing it is."""

from __future__ import annotations

from actionhub.database import db
from actionhub.followups import sending
from actionhub.followups.models import FollowUp, FollowUpState
from actionhub.outbox import queue
from actionhub.outbox.models import Mailing, MailingState


def resume_mailing(mailing_id: int) -> bool:
    """Send on, and try anew what was refused. False: it does not pause by itself.

    A follow-up's mailings go on together. Raises OnItsWay if that is being changed just now.
    """
    mailing = db.session.get(Mailing, mailing_id, populate_existing=True)
    if mailing is None or mailing.state is not MailingState.PAUSED or not mailing.paused_because:
        return False
    follow_up = follow_up_of(mailing.key)
    if follow_up is not None and follow_up.state is FollowUpState.PAUSED:
        sending.resume(follow_up)
    else:  # the follow-up has not noticed yet, or it is another kind of mail
        queue.retry_refused([mailing_id])
        queue.resume(mailing_id)
    return True


def follow_up_of(key: str) -> FollowUp | None:
    """The follow-up whose mailing has that key, such as `followup:17:es`."""
    kind, _, rest = key.partition(":")
    number = rest.partition(":")[0]
    if kind != "followup" or not number.isdecimal():
        return None
    return db.session.get(FollowUp, int(number))
