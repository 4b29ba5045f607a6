"""The workspace tells how old the data of Congress are, what is vacant, and who sits for a ZIP."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Flask

from actionhub import clock
from actionhub.organizers.models import Role
from tests.congress.seats import load_ohio
from tests.organize.people import Desk

PAGE = "/organize/congress"
JULY = datetime(2026, 7, 1, 12, tzinfo=UTC)


def test_without_data_it_says_how_to_load_it(app: Flask) -> None:
    page = Desk(app, Role.VIEWER).sees(PAGE)
    assert "actionhub congress load" in page


def test_it_tells_who_sits_for_a_zip_and_what_is_vacant(app: Flask) -> None:
    with clock.set_to(JULY):
        load_ohio()
        page = Desk(app, Role.VIEWER).sees(f"{PAGE}?zip=44101")
    assert "44101 touches several districts" in page
    assert "Representative Ada Ash" in page
    assert "Senator Cy Cedar" in page
    assert "A seat in the Senate is vacant." in page
    assert "The seat in the House is vacant." in page
    assert "Jul 1, 2026" in page


def test_a_zip_is_told_by_how_much_of_it_is_known(app: Flask) -> None:
    with clock.set_to(JULY):
        load_ohio()
        desk = Desk(app, Role.VIEWER)
        assert "44102 lies in one district:" in desk.sees(f"{PAGE}?zip=44102-1234")
        assert "only the state is known:" in desk.sees(f"{PAGE}?zip=44199")
        assert "No state is known for 00000." in desk.sees(f"{PAGE}?zip=00000")
        assert "A ZIP code has five digits." in desk.sees(f"{PAGE}?zip=%3Cscript%3E")


def test_old_data_call_for_somebody(app: Flask) -> None:
    with clock.set_to(JULY):
        load_ohio()
        desk = Desk(app, Role.VIEWER)
        assert "The data of Congress are old" not in desk.sees("/organize/")
    with clock.set_to(datetime(2026, 9, 30, 12, tzinfo=UTC)):
        late = Desk(app, Role.ORGANIZER)
        assert "The data of Congress are old" in late.sees("/organize/")
        assert "more than 90 days ago" in late.sees(PAGE)
