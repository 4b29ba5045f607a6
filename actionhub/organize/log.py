"""The audit log, as admins read it."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

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
    "signature": (_l("signature"), "", ""),
    "suppression": (_l("suppression"), "", ""),
}

#: What each verb of the audit is called before people.
VERBS = {
    "add": _l("added"),
    "cancel": _l("cancelled"),
    "change_role": _l("changed the role of"),
    "close": _l("closed"),
    "deactivate": _l("shut out"),
    "draft": _l("drafted"),
    "edit": _l("edited"),
    "follow": _l("followed"),
    "import": _l("brought in"),
    "lift": _l("lifted"),
    "log_in": _l("logged in"),
    "pause": _l("paused"),
    "publish": _l("published"),
    "reactivate": _l("let in again"),
    "release": _l("released from quarantine"),
    "remove": _l("removed"),
    "reopen": _l("opened again"),
    "resume": _l("resumed"),
    "schedule": _l("scheduled"),
    "send": _l("sent"),
    "send_link": _l("mailed a login link to"),
    "set_password": _l("set the password of"),
    "take_upstream": _l("took the source’s wording for"),
    "test": _l("mailed themselves a test of"),
    "tie": _l("tied a release to"),
    "unschedule": _l("unscheduled"),
    "untie": _l("untied a release from"),
    "write": _l("wrote"),
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
