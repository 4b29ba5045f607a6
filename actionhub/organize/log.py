"""The audit log, as admins read it."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext

from actionhub.organize.access import needs
from actionhub.organize.blueprint import bp
from actionhub.organizers.auditing import latest
from actionhub.organizers.joining import everybody
from actionhub.organizers.models import Role

PAGE = 100

#: What each kind of subject is called, and the view that shows it (none: it has no page).
SUBJECTS = {
    "action": (_l("action"), "organize.action", "action_id"),
    "release": (_l("release"), "organize.release", "release_id"),
    "followup": (_l("follow-up"), "organize.followup", "followup_id"),
    "organizer": (_l("organizer"), "", ""),
    "feed": (_l("feed"), "", ""),
    "delivery": (_l("delivery"), "", ""),
    "list": (_l("list"), "", ""),
    "office": (_l("office"), "", ""),
    "signature": (_l("signature"), "", ""),
    "suppression": (_l("suppression"), "", ""),
    "mailing": (_l("mailing"), "", ""),
}

#: What each verb of the audit is called before people: what the one who acted did.
VERBS = {
    "add": lazy_pgettext("did", "added"),
    "cancel": lazy_pgettext("did", "cancelled"),
    "change_role": lazy_pgettext("did", "changed the role of"),
    "close": lazy_pgettext("did", "closed"),
    "deactivate": lazy_pgettext("did", "shut out"),
    "draft": lazy_pgettext("did", "drafted"),
    "edit": lazy_pgettext("did", "edited"),
    "follow": lazy_pgettext("did", "followed"),
    "import": lazy_pgettext("did", "brought in"),
    "make": lazy_pgettext("did", "made"),
    "lift": lazy_pgettext("did", "lifted"),
    "log_in": lazy_pgettext("did", "logged in"),
    "pause": lazy_pgettext("did", "paused"),
    "publish": lazy_pgettext("did", "published"),
    "reactivate": lazy_pgettext("did", "let in again"),
    "record": lazy_pgettext("did", "recorded what came of"),
    "release": lazy_pgettext("did", "released from quarantine"),
    "remove": lazy_pgettext("did", "removed"),
    "reopen": lazy_pgettext("did", "opened again"),
    "resume": lazy_pgettext("did", "resumed"),
    "schedule": lazy_pgettext("did", "scheduled"),
    "send": lazy_pgettext("did", "sent"),
    "send_link": lazy_pgettext("did", "mailed a login link to"),
    "set_password": lazy_pgettext("did", "set the password of"),
    "strike": lazy_pgettext("did", "struck from what came of"),
    "take_upstream": lazy_pgettext("did", "took the source’s wording for"),
    "test": lazy_pgettext("did", "mailed themselves a test of"),
    "tie": lazy_pgettext("did", "tied a release to"),
    "unschedule": lazy_pgettext("did", "unscheduled"),
    "untie": lazy_pgettext("did", "untied a release from"),
    "write": lazy_pgettext("did", "wrote"),
}


@bp.get("/log")
@needs(Role.ADMIN)
def log() -> ResponseReturnValue:
    events = latest(PAGE, before=request.args.get("before", type=int))
    return render_template(
        "organize/log.html",
        events=events,
        older=events[-1].id if len(events) == PAGE else None,
        names={person.id: person.shown_name for person in everybody()},
        subjects=SUBJECTS,
        verbs=VERBS,
    )
