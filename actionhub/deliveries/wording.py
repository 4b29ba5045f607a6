"""What rhythms, formats, the states of an email and the ways to a district are called."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from actionhub.deliveries.models import Format, Rhythm
from actionhub.outbox.models import EmailState

RHYTHMS = {
    Rhythm.DAILY: _l("Every day, when somebody new has signed"),
    Rhythm.WEEKLY: _l("Every week, when somebody new has signed"),
    Rhythm.THRESHOLDS: _l("At 100, 250, 500, 1,000, 2,500 ... signatures"),
    Rhythm.ONCE: _l("Once"),
}
FORMATS = {
    Format.CSV: _l("The list as CSV, for a spreadsheet"),
    Format.PDF: _l("The list as PDF, for reading and printing"),
    Format.BOTH: _l("Both"),
    Format.COUNTS: _l("The figures alone, without names"),
}

_ON_ITS_WAY = _l("on its way by email")
_REFUSED = _l("its email was refused")
_ASKED = _l("nobody answered whether its email came")
#: How it stands with a delivery whose email was not accepted yet.
MAILED = {
    EmailState.READY: _ON_ITS_WAY,
    EmailState.CLAIMED: _ON_ITS_WAY,
    EmailState.SENDING: _ON_ITS_WAY,
    EmailState.DEFERRED: _ON_ITS_WAY,
    EmailState.SENT: _ON_ITS_WAY,  # accepted; noted within a minute
    EmailState.UNKNOWN: _ASKED,
    EmailState.HELD: _ASKED,
    EmailState.FAILED: _REFUSED,
    EmailState.EXPIRED: _REFUSED,
    EmailState.SUPPRESSED: _l("not mailed: earlier mail to its address came back"),
    EmailState.CANCELLED: _l("its email was stopped"),
}

#: How districts were found, by a manifest's words.
FOUND = {
    "zip": _l("by the ZIP area"),
    "choice": _l("the signer chose"),
    "address": _l("by the street address"),
    "state": _l("only the state is known"),
    "unknown": _l("not known"),
}
