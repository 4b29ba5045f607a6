"""What rhythms and formats are called before people."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from actionhub.deliveries.models import Format, Rhythm

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
