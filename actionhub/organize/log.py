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
    )
