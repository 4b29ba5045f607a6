"""The mailed link: a page with one button, and only its POST confirms."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from actionhub import clock
from actionhub.actions.publishing import close
from actionhub.extensions import db
from actionhub.privacy.erasing import erase
from actionhub.signatures.models import NameDisplay, SignatureState
from actionhub.signatures.quarantine import remove
from tests.public_links.people import (
    ANA,
    confirmed,
    id_of,
    mails_to,
    post,
    signature_of,
    some_action,
)


def test_a_mail_scanner_confirms_nothing(client: FlaskClient) -> None:
    path = post(some_action())
    for method in ("GET", "HEAD", "OPTIONS", "GET"):
        assert client.open(path, method=method).status_code == 200
    assert signature_of().state is SignatureState.PENDING


def test_the_page_shows_what_will_be_confirmed(client: FlaskClient) -> None:
    action = some_action()
    page = client.get(post(action)).text
    assert "Ana Ibarra" in page
    assert "ZIP 20001" in page
    assert "My mother was &lt;fired&gt; for asking." in page
    assert "Everybody: it may stand" in page
    assert "Tell the Senate to pass the PRO Act now." in page
    assert page.count("<form") == 1
    assert page.count("<button") == 1


def test_the_button_confirms_once_and_again_is_the_same(client: FlaskClient) -> None:
    path = post(some_action())
    first = client.post(path)
    assert (first.status_code, first.headers["Location"]) == (303, path)
    again = client.post(path)
    assert (again.status_code, again.headers["Location"]) == (303, path)
    assert signature_of().state is SignatureState.CONFIRMED
    assert mails_to(ANA, "thanks") == 1


def test_the_confirmed_page_is_a_moment(client: FlaskClient) -> None:
    action = some_action()
    confirmed(action, "ben@example.org", name="Ben")
    path = confirmed(action)
    page = client.get(path).text
    assert "No. 2" in page
    assert "Thank you, Ana Ibarra" in page
    assert "2 of 1,000 have signed. 998 to go." in page
    assert "What happens next" in page
    assert "The United States Senate" in page
    assert "We write to you, as you asked" in page
    assert "utm_source=link" in page
    assert 'rel="noreferrer"' in page
    assert "<svg" in page
    assert " style=" not in page
    assert "<script" not in page


def test_who_asked_for_no_mail_is_promised_none(client: FlaskClient) -> None:
    page = client.get(confirmed(some_action(), wants_followups=False)).text
    assert "You get no mail" in page
    assert "as you asked" not in page


def test_a_protected_name_is_said_to_be_withheld(client: FlaskClient) -> None:
    path = post(some_action(), display=NameDisplay.PROTECTED)
    assert "Nobody: you are counted" in client.get(path).text
    client.post(path)
    assert "with your name withheld" in client.get(path).text


def test_an_older_mails_link_confirms_nothing_and_points_to_the_newer(
    client: FlaskClient,
) -> None:
    action = some_action()
    older = post(action)
    newer = post(action, comment="Said better.")
    assert older != newer
    for answer in (client.get(older), client.post(older)):
        assert answer.status_code == 410
        assert "newer mail" in answer.text
        assert "Said better" not in answer.text
    assert signature_of().state is SignatureState.PENDING
    assert client.post(newer).status_code == 303
    assert signature_of().comment == "Said better."


def test_a_late_reader_is_told_that_the_action_has_closed(client: FlaskClient) -> None:
    action = some_action()
    path = post(action)
    close(action)
    db.session.commit()
    with clock.moved_by(days=8):
        for answer in (client.get(path), client.post(path)):
            assert answer.status_code == 410
            assert "has closed" in answer.text
    assert signature_of().state is SignatureState.PENDING


def test_a_signature_taken_out_by_organizers_says_so(client: FlaskClient) -> None:
    path = confirmed(some_action())
    remove([signature_of().id])
    db.session.commit()
    answer = client.get(path)
    assert answer.status_code == 410
    assert "no longer counts" in answer.text


def test_withdrawing_asks_once_and_then_says_so(client: FlaskClient) -> None:
    path = confirmed(some_action())
    asked = client.get(f"{path}/withdraw")
    assert "No, keep it" in asked.text
    assert signature_of().state is SignatureState.CONFIRMED
    answer = client.post(f"{path}/withdraw", follow_redirects=True)
    assert "You withdrew this signature" in answer.text
    assert "Sign again" in answer.text
    assert signature_of().state is SignatureState.WITHDRAWN
    assert client.post(path).status_code == 200  # no way back by the old link
    assert signature_of().state is SignatureState.WITHDRAWN


def test_a_day_later_the_link_names_nobody_and_withdraws_nothing(client: FlaskClient) -> None:
    path = confirmed(some_action())
    with clock.moved_by(hours=25):
        page = client.get(path).text
        assert "No. 1" in page
        assert "Ana Ibarra" not in page
        assert "receipt is on its way" not in page
        assert f"{path}/withdraw" not in page
        client.post(f"{path}/withdraw")
    assert signature_of().state is SignatureState.CONFIRMED


def test_after_an_erasure_the_link_opens_nothing(client: FlaskClient) -> None:
    path = confirmed(some_action())
    erase(id_of())
    db.session.commit()
    for answer in (client.get(path), client.post(path), client.get(f"{path}/withdraw")):
        assert answer.status_code == 404
        assert "Ana" not in answer.text


@pytest.mark.parametrize("wrong", ["nonsense", "WzEsMV0.aaaa.bbbb", "%00", "a" * 3000])
def test_a_broken_link_gets_an_honest_page(client: FlaskClient, wrong: str) -> None:
    for answer in (client.get(f"/confirm/{wrong}"), client.post(f"/confirm/{wrong}")):
        assert answer.status_code == 404
        assert "opens nothing" in answer.text


def test_another_sites_page_cannot_press_the_button(client: FlaskClient) -> None:
    path = post(some_action())
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        assert client.post(path, headers=headers).status_code == 403
    assert signature_of().state is SignatureState.PENDING


def test_an_older_browser_that_hides_where_it_comes_from_can(client: FlaskClient) -> None:
    path = post(some_action())
    assert client.post(path, headers={"Origin": "null"}).status_code == 303
    assert signature_of().state is SignatureState.CONFIRMED


def test_the_pages_stay_with_their_owner(client: FlaskClient) -> None:
    path = post(some_action())
    for answer in (client.get(path), client.post(path), client.get(path)):
        assert "no-store" in answer.headers["Cache-Control"]
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in answer.headers["X-Robots-Tag"]
        assert "Set-Cookie" not in answer.headers


def test_a_spanish_signers_link_is_spanish(client: FlaskClient) -> None:
    path = post(some_action(), locale="es")
    assert path.startswith("/es/confirm/")
    assert '<html lang="es"' in client.get(path).text
    answer = client.post(path)
    assert answer.headers["Location"] == path
    assert 'href="/es/actions/' in client.get(path).text
