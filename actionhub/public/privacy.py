"""What is kept, why and how long: told from the same rules that the clean-up job obeys."""

from __future__ import annotations

from flask import render_template
from flask_babel import gettext as _
from flask_babel import ngettext

from actionhub.config import settings
from actionhub.privacy import retention
from actionhub.privacy.retention import Kept, Rule
from actionhub.public import door
from actionhub.public.pages import kept
from actionhub.signatures import streets


@door.get("/privacy")
@kept
def privacy() -> str:
    """One page for people, not for lawyers."""
    chosen = settings()
    return render_template(
        "public/privacy.html",
        rows=[(rule.what, rule.why, how_long(rule)) for rule in retention.rules()],
        address_service=streets.service_name(),
        network_days=chosen.retention.network_key_days,
        postal_address=chosen.postal_address,
        mail_from=chosen.mail_from,
    )


def how_long(rule: Rule) -> str:
    """How long something is kept, in words."""
    if rule.days is not None:
        return str(ngettext("%(num)s day", "%(num)s days", rule.days))
    endings = {
        Kept.KEPT_ASIDE: _("Until one of us has looked"),
        Kept.SUPPRESSIONS: _("Until you come back"),
    }
    return str(endings.get(rule.kept, _("Until you end it")))
