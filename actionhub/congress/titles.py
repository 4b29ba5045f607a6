"""How members of Congress are addressed, in the reader's language."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

#: By the title that a seat carries.
TITLES = {
    "Senator": _l("Senator"),
    "Representative": _l("Representative"),
    "Delegate": _l("Delegate"),
    "Resident Commissioner": _l("Resident Commissioner"),
}
