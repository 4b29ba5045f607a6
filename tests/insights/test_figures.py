"""The figures are what the signatures say, day by day where the organizers live."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask

from actionhub import clock
from actionhub.insights.figures import (
    Source,
    SourceKind,
    confirmed_by_day,
    figures_of,
    growth_of,
    sources_of,
)
from actionhub.signatures.models import SignatureState
from tests.cast import a_member, a_release, a_signature, an_open_action

#: Noon in New York, five hours behind UTC in November.
NOON = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)


def test_a_day_is_a_day_in_the_organizations_own_zone(app: Flask) -> None:
    with clock.set_to(NOON):
        action = an_open_action()
        for minute, moment in enumerate(
            [
                datetime(2026, 11, 23, 4, 59, 59, 900_000, tzinfo=UTC),  # 23:59 on the 22nd there
                datetime(2026, 11, 23, 5, 0, tzinfo=UTC),  # midnight there
                datetime(2026, 11, 23, 16, 0, tzinfo=UTC),
                datetime(2026, 11, 20, 5, 0, tzinfo=UTC),
                datetime(2026, 10, 1, 5, 0, tzinfo=UTC),  # too long ago
            ]
        ):
            a_signature(action, "Ana", f"a{minute}@example.org", confirmed_at=moment)
        days = confirmed_by_day(action.id, days=4)
    assert [(day.day, day.confirmed) for day in days] == [
        (date(2026, 11, 20), 1),
        (date(2026, 11, 21), 0),
        (date(2026, 11, 22), 1),
        (date(2026, 11, 23), 2),
    ]


def test_the_day_on_which_the_clocks_change_is_still_one_day(app: Flask) -> None:
    with clock.set_to(datetime(2026, 11, 2, 17, 0, tzinfo=UTC)):
        action = an_open_action()
        for number, hour in enumerate((4, 28)):  # midnight EDT on 1 November, 23:00 EST
            moment = datetime(2026, 11, 1, tzinfo=UTC) + timedelta(hours=hour)
            a_signature(action, "Ana", f"a{number}@example.org", confirmed_at=moment)
        days = confirmed_by_day(action.id, days=3)
    assert [day.confirmed for day in days] == [0, 2, 0]


def test_only_confirmed_signatures_grow_the_bars(app: Flask) -> None:
    action, other = an_open_action(), an_open_action(title="Other")
    a_signature(action, "Ana", "ana@example.org")
    a_signature(action, "Bo", "bo@example.org", state=SignatureState.WITHDRAWN)
    a_signature(other, "Cy", "cy@example.org")
    assert sum(day.confirmed for day in confirmed_by_day(action.id)) == 1
    assert confirmed_by_day()[-1].confirmed == 2
    growth = growth_of([action.id, other.id, 999])
    assert [growth[key][-1].confirmed for key in (action.id, other.id, 999)] == [1, 1, 0]
    assert growth_of([]) == {}


def test_sources_are_campaigns_then_releases_then_the_page_itself(app: Flask) -> None:
    release = a_release()
    action = an_open_action(release_ids=[release.id])
    for number in range(3):
        a_signature(action, "N", f"n{number}@example.org", source={"utm_source": "newsletter"})
    for number in range(2):
        a_signature(action, "R", f"r{number}@example.org", release_id=release.id)
    a_signature(
        action, "B", "b@example.org", release_id=release.id, source={"utm_source": "newsletter"}
    )
    a_signature(action, "D", "d@example.org")
    a_signature(action, "P", "p@example.org", state=SignatureState.PENDING, confirmed_at=None)
    assert sources_of(action.id) == (
        Source(SourceKind.CAMPAIGN, "newsletter", 4),
        Source(SourceKind.RELEASE, release.title, 2),
        Source(SourceKind.DIRECT, "", 1),
    )


def test_many_small_sources_are_counted_together(app: Flask) -> None:
    action = an_open_action()
    for number in range(9):
        a_signature(action, "N", f"n{number}@example.org", source={"utm_source": f"s{number}"})
    found = sources_of(action.id)
    assert len(found) == 7
    assert found[-1] == Source(SourceKind.OTHER, "", 3)


def test_the_share_that_confirms_counts_those_who_were_asked_lately(app: Flask) -> None:
    action = an_open_action()
    assert figures_of(action.id).confirm_rate is None
    long_ago = clock.now() - timedelta(days=40)
    a_signature(action, "Old", "old@example.org", created_at=long_ago)
    for number in range(3):
        a_signature(action, "Yes", f"yes{number}@example.org")
    waiting = {"state": SignatureState.PENDING, "confirmed_at": None}
    a_signature(action, "Wait", "wait@example.org", **waiting)
    a_signature(action, "Q", "q@example.org", **waiting | {"state": SignatureState.QUARANTINED})
    figures = figures_of(action.id)
    assert (figures.asked, figures.answered) == (4, 3)
    assert figures.confirm_rate == pytest.approx(0.75)


def test_members_are_told_apart_by_inbox(app: Flask) -> None:
    action = an_open_action()
    a_member(action, "Ana", "ana@example.org")
    a_member(action, "Zoe", "ana@example.org")
    a_signature(action, "Bo", "bo@example.org")
    assert figures_of(action.id).members == 1
