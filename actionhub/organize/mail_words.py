"""What mail is called before people: its kinds, its states, and why some of it was lost."""

from __future__ import annotations

import re

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from actionhub.insights.mail import FAILED, PUT_OFF, SENT, Reason
from actionhub.outbox.models import EmailState, Priority

#: What each group of `insights.mail.GROUPS` is called.
GROUP_NAMES = {
    "waiting": _l("Waiting or being sent"),
    "again": _l("To be tried again"),
    "sent": _l("Sent"),
    "failed": _l("Failed"),
    "stopped": _l("Stopped"),
}
SERIES_NAMES = {SENT: _l("Sent"), PUT_OFF: _l("To be tried again"), FAILED: _l("Failed")}
PRIORITY_NAMES = {
    Priority.URGENT: _l("Confirmations and links"),
    Priority.THANKS: _l("Thanks and reminders"),
    Priority.LETTER: _l("Letters"),
    Priority.FOLLOWUP: _l("Follow-ups"),
}
TEMPLATE_NAMES = {
    "confirm": _l("Please confirm"),
    "already": _l("You signed already"),
    "remind": _l("Reminder to confirm"),
    "thanks": _l("Thank you"),
    "me": _l("My page"),
    "erased": _l("Erased"),
    "letter": _l("Letter"),
    "followup": _l("Follow-up"),
    "followup_test": _l("Test of a follow-up"),
    "login_link": _l("Login link"),
    "password_reset": _l("New password"),
}

_POLICY = _l("refused by policy")
_UNPROVEN = _l("our mail did not prove where it comes from")
_TOO_LARGE = _l("the message is too large")
_SILENT = _l("refused, no reason given")
#: RFC 3463 statuses without their class, the exact ones and then whole subjects. 1.10: RFC 7505;
#: 7.20 to 7.26: RFC 7372. The rest as the IANA registry of enhanced status codes has them.
STATUSES = {
    "1.1": _l("no such mailbox"),
    "1.2": _l("no such mail domain"),
    "1.10": _l("the domain takes no mail"),
    "1": _l("the address does not work"),
    "2.1": _l("the mailbox is closed"),
    "2.2": _l("the mailbox is full"),
    "2.3": _TOO_LARGE,
    "2": _l("the mailbox does not take it"),
    "3.4": _TOO_LARGE,
    "3": _l("their mail system does not take it"),
    "4": _l("no way to their mail server"),
    "5": _l("the servers did not understand each other"),
    "6": _l("the form of the message was not taken"),
    "7.20": _UNPROVEN,
    "7.21": _UNPROVEN,
    "7.22": _UNPROVEN,
    "7.23": _UNPROVEN,
    "7.24": _UNPROVEN,
    "7.25": _UNPROVEN,
    "7.26": _UNPROVEN,
    "7": _POLICY,
}
#: Reply codes that came without a status, and our own words.
OTHERS = {
    "552": _TOO_LARGE,
    "cannot be written": _l("we could not write the message"),
    "worker died": _l("broken off twice, perhaps it arrived"),
    "unknown twice": _l("broken off twice, perhaps it arrived"),
    "lost after the final dot": _l("broken off twice, perhaps it arrived"),
    "the server takes no SMTPUTF8 address": _l("the mail server does not take such an address"),
}
_STATUS = re.compile(r"[245]\.(\d{1,3})\.(\d{1,3})")


def why(reason: Reason) -> str:
    """A reason in a few words, with its status for who looks it up."""
    words = meaning(reason.detail)
    if reason.event == EmailState.EXPIRED:
        words = _("tried for days: %(why)s", why=words)
    elif reason.event == "bounced":
        words = _("returned later: %(why)s", why=words)
    return f"{words} ({reason.detail})" if reason.detail[:1].isdigit() else words


def meaning(detail: str) -> str:
    """What an RFC 3463 status, a reply code or a word of ours means, in a few words."""
    if found := _STATUS.fullmatch(detail):
        subject, exact = found[1], f"{found[1]}.{found[2]}"
        return str(STATUSES.get(exact) or STATUSES.get(subject) or _SILENT)
    return str(OTHERS.get(detail, _SILENT))
