"""My own page: asking for its link tells nobody anything; the link opens it for a day."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from actionhub import clock
from actionhub.addresses import read_address
from actionhub.extensions import db
from actionhub.outbox.models import Scope
from actionhub.outbox.suppressions import is_suppressed
from actionhub.signatures.models import Signature, SignatureState
from actionhub.supporters.subscribing import is_member
from tests.cast import a_release
from tests.public_links.people import (
    ANA,
    WORDING,
    a_member,
    confirmed,
    id_of,
    leaving_path,
    mails_to,
    me_path,
    newest_link,
    post,
    signature_of,
    some_action,
)


def is_in(supporter_id: int) -> bool:
    db.session.rollback()
    return is_member(supporter_id)


def ask(client: FlaskClient, email: str, prefix: str = "") -> tuple[int, str, str]:
    answer = client.post(f"{prefix}/me", data={"email": email})
    return answer.status_code, answer.headers.get("Location", ""), answer.text


def test_asking_gives_one_answer_for_known_and_unknown_addresses(client: FlaskClient) -> None:
    a_member()
    assert ask(client, ANA) == ask(client, "nobody@example.org")
    assert ask(client, ANA)[:2] == (303, "/me/asked")
    assert "If we know that address" in client.get("/me/asked").text
    assert mails_to(ANA, "me") == 1
    assert mails_to("nobody@example.org", "me") == 0


def test_the_mailed_link_opens_the_page(client: FlaskClient) -> None:
    confirmed(some_action())
    ask(client, ANA.upper())
    page = client.get(newest_link(ANA, "me_url"))
    assert page.status_code == 200
    assert "Pass the PRO Act" in page.text


def test_one_address_is_mailed_three_links_a_day_and_told_the_same(client: FlaskClient) -> None:
    a_member()
    start = clock.now()
    answers = set()
    for minute in range(6):
        with clock.set_to(start), clock.moved_by(minutes=minute):
            answers.add(ask(client, ANA))
    assert len(answers) == 1
    assert mails_to(ANA, "me") == 3
    with clock.set_to(start), clock.moved_by(days=1, minutes=9):
        ask(client, ANA)
    assert mails_to(ANA, "me") == 4


def test_one_network_can_try_ten_addresses_an_hour(client: FlaskClient) -> None:
    people = [f"p{number}@example.org" for number in range(12)]
    for email in people:
        a_member(email)
    with clock.set_to(clock.now()):
        answers = {ask(client, email) for email in people}
    assert len(answers) == 1
    assert sum(mails_to(email, "me") for email in people) == 10


@pytest.mark.parametrize("typed", ["", "ana", "ana@", "a b@example.org"])
def test_a_mistyped_address_is_told_beside_its_field_and_kept(
    client: FlaskClient, typed: str
) -> None:
    status, _location, page = ask(client, typed)
    assert status == 422
    assert 'aria-invalid="true"' in page
    assert "Write the whole address" in page
    assert f'value="{typed}"' in page


def test_the_page_tells_what_i_signed_and_agreed_to(client: FlaskClient) -> None:
    release = a_release()
    confirmed(some_action(release_ids=[release.id]))
    page = client.get(me_path()).text
    for told in (
        ANA,
        "Pass the PRO Act",
        "No. 1",
        "Confirmed: it counts",
        "<bdi>Ana Ibarra</bdi>, ZIP 20001",
        "Everybody: it may stand",
        "My mother was &lt;fired&gt; for asking.",
        "Tell the Senate to pass the PRO Act now.",
        "<strong>a union</strong>",
        WORDING,
        "You agreed to this on",
        release.title,
    ):
        assert told in page, told


def test_somebody_without_signatures_gets_a_way_on(client: FlaskClient) -> None:
    a_member()
    page = client.get(me_path()).text
    assert "no signature of yours" in page
    assert 'href="/actions"' in page


def test_withdrawing_asks_once(client: FlaskClient) -> None:
    confirmed(some_action())
    path = f"{me_path()}/signatures/{signature_of().id}/withdraw"
    assert "No, keep it" in client.get(path).text
    assert signature_of().state is SignatureState.CONFIRMED
    page = client.post(path, follow_redirects=True).text
    assert "You withdrew it" in page
    assert signature_of().state is SignatureState.WITHDRAWN


def test_nobody_withdraws_what_is_not_theirs(client: FlaskClient) -> None:
    confirmed(some_action())
    a_member("ben@example.org")
    path = f"{me_path('ben@example.org')}/signatures/{signature_of().id}/withdraw"
    assert client.get(path).status_code == 404
    assert client.post(path).status_code == 404
    assert signature_of().state is SignatureState.CONFIRMED


def test_leaving_and_coming_back(client: FlaskClient) -> None:
    ana, path = a_member(), me_path()
    assert "Yes, write to me" in client.post(f"{path}/leave", follow_redirects=True).text
    assert not is_in(ana)
    page = client.post(f"{path}/return", follow_redirects=True).text
    assert "Write to me again when there is news" in page  # the sentence agreed to is on record
    assert is_in(ana)


def test_the_data_is_a_file_with_everything(client: FlaskClient) -> None:
    confirmed(some_action())
    answer = client.get(f"{me_path()}/data")
    assert answer.mimetype == "application/json"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert "no-store" in answer.headers["Cache-Control"]
    held = answer.get_json()
    assert held["address"] == ANA
    assert held["membership"]["agreed_to"] == WORDING
    (signed,) = held["signatures"]
    for key, value in {
        "name": "Ana Ibarra",
        "zip": "20001",
        "comment": "My mother was <fired> for asking.",
        "state": "confirmed",
        "name_shown_to": "public",
        "came_from": {"utm_source": "bluesky"},
    }.items():
        assert signed[key] == value
    assert {mail["kind"] for mail in held["emails"]} == {"confirm", "thanks"}


def test_the_data_holds_no_key_to_the_page(client: FlaskClient) -> None:
    confirmed(some_action())
    text = client.get(f"{me_path()}/data").text
    assert "/me/" not in text
    assert "/confirm/" not in text


def test_erasing_says_what_happens_and_waits_for_the_button(client: FlaskClient) -> None:
    confirmed(some_action())
    other = some_action(title="Another", slug="another")
    confirmed(other)
    delivered = db.session.query(Signature).filter_by(action_id=other.id).one()
    delivered.delivered_at = clock.now()
    db.session.commit()
    page = client.get(f"{me_path()}/erase").text
    assert "count no more: 1 of yours" in page
    assert "on them: 1 of yours" in page
    assert "Ana Ibarra" in client.get(me_path()).text


def test_once_erased_every_link_says_that_nothing_is_here(client: FlaskClient) -> None:
    confirm = confirmed(some_action())
    mine, leaving = me_path(), leaving_path()
    withdraw = f"{mine}/signatures/{signature_of().id}/withdraw"
    answer = client.post(f"{mine}/erase")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/me/erased")
    assert "Nothing here says any more who you are" in client.get("/me/erased").text
    gets = [confirm, f"{confirm}/withdraw", mine, f"{mine}/data", f"{mine}/erase", withdraw]
    posts = [confirm, f"{mine}/erase", f"{mine}/leave", f"{mine}/return", f"{mine}/fresh", withdraw]
    answers = [client.get(path) for path in [*gets, leaving]]
    answers += [client.post(path) for path in [*posts, f"{leaving}/stay"]]
    for found in answers:
        assert found.status_code == 404
        assert "opens nothing" in found.text
        assert ANA not in found.text
        assert "Ana" not in found.text
    one_click = client.post(leaving, data={"List-Unsubscribe": "One-Click"})
    assert one_click.status_code == 200
    assert is_suppressed(read_address(ANA).hash, Scope.FOLLOWUPS)
    assert ask(client, ANA)[0] == 303
    assert mails_to(ANA, "me") == 0


def test_an_older_link_opens_nothing_but_leaves_and_mails_a_fresh_one(
    client: FlaskClient,
) -> None:
    confirmed(some_action())
    ana, path = id_of(), me_path()
    with clock.moved_by(days=2):
        for shut in (path, f"{path}/data", f"{path}/erase"):
            answer = client.get(shut)
            assert answer.status_code == 410
            assert "Ana Ibarra" not in answer.text
            assert ANA not in answer.text
        for shut in (f"{path}/erase", f"{path}/return"):
            assert client.post(shut).status_code == 410
        answer = client.post(f"{path}/fresh")
        assert (answer.status_code, answer.headers["Location"]) == (303, "/me/asked")
        assert mails_to(ANA, "me") == 1
        assert client.get(newest_link(ANA, "me_url")).status_code == 200
        assert is_in(ana)
        left = client.post(f"{path}/leave")
        assert left.status_code == 200
        assert "You have left" in left.text
    assert not is_in(ana)


def test_looking_at_an_older_link_mails_nothing(client: FlaskClient) -> None:
    a_member()
    path = me_path()
    with clock.moved_by(days=2):
        client.get(path)
        assert client.get(f"{path}/fresh").status_code == 405
    assert mails_to(ANA, "me") == 0


def test_another_sites_page_can_do_nothing_here(client: FlaskClient) -> None:
    confirmed(some_action())
    path, foreign = me_path(), {"Sec-Fetch-Site": "cross-site"}
    for end in ("erase", "leave", "return", "fresh"):
        assert client.post(f"{path}/{end}", headers=foreign).status_code == 403
    assert client.post("/me", data={"email": ANA}, headers=foreign).status_code == 403
    assert is_in(id_of())


def test_the_pages_stay_with_their_owner_and_set_no_cookie(client: FlaskClient) -> None:
    confirmed(some_action())
    path = me_path()
    for end in ("", "/data", "/erase", f"/signatures/{signature_of().id}/withdraw"):
        headers = client.get(path + end).headers
        assert "no-store" in headers["Cache-Control"]
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in headers["X-Robots-Tag"]
        assert "Set-Cookie" not in headers


def test_a_spanish_page_mails_a_spanish_link_and_stays_spanish(client: FlaskClient) -> None:
    post(some_action(), locale="es")
    assert ask(client, ANA, "/es")[:2] == (303, "/es/me/asked")
    link = newest_link(ANA, "me_url")
    assert link.startswith("/es/me/")
    page = client.get(link).text
    assert '<html lang="es"' in page
    assert f'href="{link}/erase"' in page
    assert client.post(f"{link}/erase").headers["Location"] == "/es/me/erased"
