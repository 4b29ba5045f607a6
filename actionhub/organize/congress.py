"""Congress as its data sets tell it: how old they are, what is vacant, who sits for a ZIP."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from actionhub.congress import committees, loading, looking
from actionhub.congress.models import Chamber, DataSetKind
from actionhub.congress.sitting import Seat, sitting
from actionhub.congress.states import NAMES
from actionhub.congress.titles import TITLES
from actionhub.organize.access import needs
from actionhub.organize.blueprint import bp
from actionhub.organizers.models import Role

KINDS = {
    DataSetKind.LEGISLATORS: _l("Who sits in Congress"),
    DataSetKind.DISTRICTS: _l("Which districts a ZIP touches"),
    DataSetKind.COMMITTEES: _l("Who sits on a committee"),
}
#: As the data set spells them.
COMMITTEE_TITLES = {
    "Chair": _l("Chair"),
    "Chairman": _l("Chair"),
    "Chairwoman": _l("Chair"),
    "Cochairman": _l("Co-chair"),
    "Vice Chair": _l("Vice chair"),
    "Vice Chairman": _l("Vice chair"),
    "Vice Chairwoman": _l("Vice chair"),
    "Ranking Member": _l("Ranking member"),
    "Ex Officio": _l("Ex officio"),
}


@bp.get("/congress")
@needs(Role.VIEWER)
def congress() -> ResponseReturnValue:
    typed = request.args.get("zip", "").strip()[:20]
    code = looking.five_digits(typed)
    chosen = request.args.get("committee", "").strip()[:8]
    seats, sets = sitting(), loading.loaded()
    return render_template(
        "organize/congress.html",
        sets=sets,
        old={one.kind for one in loading.outdated(sets.values())},
        old_days=loading.OLD_DAYS,
        kinds=KINDS,
        titles=TITLES,
        states=NAMES,
        senators=sum(seat.chamber is Chamber.SENATE for seat in seats),
        members=sum(_votes_in_the_house(seat) for seat in seats),
        delegates=sum(seat.title in ("Delegate", "Resident Commissioner") for seat in seats),
        vacant=looking.all_vacancies(seats),
        typed=typed,
        found=looking.look_up(code) if code else None,
        committees=committees.all_committees(),
        committee=committees.committee(chosen) if chosen else None,
        committee_titles=COMMITTEE_TITLES,
    )


def _votes_in_the_house(seat: Seat) -> bool:
    return seat.title == "Representative"
