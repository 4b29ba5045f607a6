"""What came of an action, as everybody reads it, and as its signers do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from actionhub import clock
from actionhub.actions.models import Action
from actionhub.actions.outcome_models import Outcome, OutcomeKind, VotePosition
from actionhub.actions.outcomes import Deed, record, strike
from actionhub.actions.publishing import close
from actionhub.extensions import db
from actionhub.public.pages import Pages
from actionhub.signatures.models import SignatureState
from tests.cast import a_signature, an_open_action
from tests.congress.seats import load_ohio
from tests.public_links import people

PATH = "/actions/pro-act"


@pytest.fixture
def action(app: Flask) -> Iterator[Action]:
    with clock.set_to(datetime(2026, 7, 1, 12, tzinfo=UTC)):
        load_ohio()
        action = an_open_action(target_rule="delegation", slug="pro-act")
        db.session.commit()
        yield action


def did(action: Action, *keys: str, **changes: Any) -> list[Outcome]:
    """Record a vote of some, committed."""
    values: dict[str, Any] = {
        "kind": OutcomeKind.VOTE,
        "position": VotePosition.NAY,
        "happened_on": date(2026, 6, 30),
        "words": "On passage of S. 1",
        "source_url": "https://www.congress.gov/vote/1",
    }
    rows = record(action, keys, Deed(**values | changes))
    db.session.commit()
    return rows


def test_nothing_came_of_it_yet_says_nothing(action: Action, client: FlaskClient) -> None:
    assert "What came of it" not in client.get(PATH).text


def test_it_tells_each_addressee_and_day(action: Action, client: FlaskClient) -> None:
    did(action, "C000003", "A000001")
    page = client.get(PATH).text
    assert "Senator Cy Cedar" in page
    assert "Ohio, district 9" in page
    assert "<strong>Voted no</strong>" in page
    assert '<time datetime="2026-06-30">June 30, 2026</time>' in page
    assert 'href="https://www.congress.gov/vote/1" rel="noopener"' in page
    assert "congress.gov</a>" in page


def test_spanish_pages_tell_it_in_spanish(action: Action, client: FlaskClient) -> None:
    did(action, "C000003", words_es="Sobre la S. 1")
    did(action, "A000001", words="On the rule")
    page = client.get(f"/es{PATH}").text
    assert "En qué quedó" in page
    assert "Votó en contra" in page
    assert '<span lang="es" dir="auto">Sobre la S. 1</span>' in page
    assert '<span lang="en" dir="auto">On the rule</span>' in page
    assert "Ohio, distrito 9" in page


def test_words_are_text_and_never_markup(action: Action, client: FlaskClient) -> None:
    did(action, "C000003", words="<script>alert(1)</script>")
    page = client.get(PATH).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_a_closed_action_tells_it_too(action: Action, client: FlaskClient) -> None:
    close(action)
    did(action, "C000003")
    assert "Voted no" in client.get(PATH).text


def test_a_struck_one_leaves_the_page(action: Action, client: FlaskClient) -> None:
    (row,) = did(action, "C000003")
    strike(row)
    db.session.commit()
    assert "Cy Cedar" not in client.get(PATH).text


def test_a_kept_page_tells_it_at_once(action: Action, app: Flask, client: FlaskClient) -> None:
    pages: Pages = app.extensions["actionhub.pages"]
    pages.seconds = 60
    try:
        assert "Voted no" not in client.get(PATH).text
        (row,) = did(action, "C000003")
        assert "Voted no" in client.get(PATH).text
        strike(row)
        db.session.commit()
        assert "Voted no" not in client.get(PATH).text
    finally:
        pages.seconds = 0
        pages.clear()


def signer_of(action: Action, us_state: str | None, district: int | None, **changes: Any) -> str:
    """The page of somebody who signed from there."""
    a_signature(action, "Ana", people.ANA, us_state=us_state, us_district=district, **changes)
    db.session.commit()
    return people.me_path(people.ANA)


def test_signers_see_what_those_did_who_represent_them(action: Action, client: FlaskClient) -> None:
    did(action, "C000003", "A000001")
    page = client.get(signer_of(action, "OH", 10)).text
    assert "Cy Cedar" in page, "their senator"
    assert "Ada Ash" not in page, "another district's"
    assert "1 other whom it addresses did something" in page
    assert f'{PATH}#outcomes"' in page


def test_a_signer_from_elsewhere_sees_how_many_did_something(
    action: Action, client: FlaskClient
) -> None:
    (row, _other) = did(action, "C000003", "A000001")
    path = signer_of(action, None, None)
    page = client.get(path).text
    assert "2 of those whom it addresses did something" in page
    assert "Cy Cedar" not in page
    strike(row, with_its_like=True)
    db.session.commit()
    assert "What came of it" not in client.get(path).text


def test_what_a_named_body_did_concerns_every_signer(app: Flask, client: FlaskClient) -> None:
    action = an_open_action(slug="pro-act")
    key = f"named:{action.targets[0].id}"
    did(action, key, kind=OutcomeKind.REPLY, words="<b>We</b> will", happened_on=date(2026, 1, 2))
    page = client.get(signer_of(action, None, None)).text
    assert "The United States Senate" in page
    assert "&lt;b&gt;We&lt;/b&gt; will" in page


def test_whoever_withdrew_is_told_nothing(action: Action, client: FlaskClient) -> None:
    did(action, "C000003")
    path = signer_of(action, "OH", 10, state=SignatureState.WITHDRAWN)
    assert "Cy Cedar" not in client.get(path).text
