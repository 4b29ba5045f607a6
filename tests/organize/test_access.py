"""Every route of the workspace needs its role, proven by walking the URL map."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from werkzeug.routing import Rule

from actionhub.extensions import db
from actionhub.organize.access import MARK, needs
from actionhub.organizers.models import Organizer, Role
from tests.organize.people import Desk

#: What comes before a login, and nothing else does.
BEFORE_LOGIN = {
    "organize.login",
    "organize.logout",
    "organize.enter",
    "organize.forgot",
    "organize.reset",
}
BELOW = {Role.VIEWER: [], Role.ORGANIZER: [Role.VIEWER], Role.ADMIN: [Role.VIEWER, Role.ORGANIZER]}


def workspace(app: Flask) -> list[Rule]:
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/organize")]
    assert len(rules) > 40, "the walk found the workspace"
    return rules


def ways(app: Flask) -> list[tuple[str, str, Role]]:
    """(method, path, needed role) of every guarded route."""
    found = []
    for rule in workspace(app):
        role = getattr(app.view_functions[rule.endpoint], MARK)
        if role is None:
            continue
        path = re.sub(r"<int:\w+>", "1", rule.rule)
        path = path.replace("<locale>", "en").replace("<string:key>", "x")
        assert "<" not in path, path
        found += [(method, path, role) for method in sorted(rule.methods - {"OPTIONS"})]
    return found


def test_only_the_ways_in_are_open_to_anyone(app: Flask) -> None:
    open_ones = {
        rule.endpoint
        for rule in workspace(app)
        if getattr(app.view_functions[rule.endpoint], MARK) is None
    }
    assert open_ones == BEFORE_LOGIN


def test_no_route_stands_outside_the_guarded_blueprint(app: Flask) -> None:
    assert {rule.endpoint.partition(".")[0] for rule in workspace(app)} == {"organize"}


def test_anonymous_gets_nowhere(app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = False  # so that the guard itself answers
    try:
        for method, path, _role in ways(app):
            answer = app.test_client().open(path, method=method)
            if method in {"GET", "HEAD"}:
                assert answer.status_code == 302, (method, path)
                assert answer.location.startswith("/organize/login?next="), (method, path)
            else:
                assert answer.status_code == 401, (method, path)
    finally:
        app.config["WTF_CSRF_ENABLED"] = True


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ORGANIZER])
def test_too_small_a_role_gets_403(app: Flask, role: Role) -> None:
    desk = Desk(app, role)
    refused = 0
    for method, path, needed in ways(app):
        if role not in BELOW[needed]:
            continue
        data = None if method in {"GET", "HEAD"} else {"csrf_token": desk.token}
        answer = desk.client.open(path, method=method, data=data)
        assert answer.status_code == 403, (method, path)
        refused += 1
    assert refused > 8


def test_a_viewer_may_change_nothing_at_all(app: Flask) -> None:
    for method, path, needed in ways(app):
        if method == "POST" and path != "/organize/password":
            assert needed is not Role.VIEWER, path


def test_without_a_token_no_form_is_taken(sam: Desk, app: Flask) -> None:
    for method, path, _needed in ways(app):
        if method == "POST":
            assert sam.client.post(path).status_code in {400, 401}, path


def test_a_deactivated_organizer_is_out_at_once(sam: Desk) -> None:
    assert sam.see("/organize/").status_code == 200
    person = db.session.get_one(Organizer, sam.organizer_id)
    person.active = False
    db.session.commit()
    assert sam.see("/organize/").status_code == 302


def test_a_smaller_role_counts_from_the_next_click(sam: Desk) -> None:
    assert sam.see("/organize/actions/new").status_code == 200
    db.session.get_one(Organizer, sam.organizer_id).role = Role.VIEWER
    db.session.commit()
    assert sam.see("/organize/actions/new").status_code == 403


def test_a_view_without_a_role_stops_the_start() -> None:
    from actionhub.organize.access import check_marks

    app = Flask("bare")
    app.add_url_rule("/x", "organize.silent", lambda: "hello")
    with pytest.raises(RuntimeError, match=r"organize\.silent"):
        check_marks(app, "organize")
    app.view_functions["organize.silent"] = needs(Role.VIEWER)(lambda: "hello")
    check_marks(app, "organize")


@pytest.mark.parametrize("number", ["999999", "9" * 30])
def test_an_id_that_is_nobodys_is_never_our_fault(app: Flask, ines: Desk, number: str) -> None:
    for rule in workspace(app):
        path = re.sub(r"<int:\w+>", number, rule.rule).replace("<locale>", "en")
        if "<" in path or "int:" not in rule.rule:
            continue
        if "GET" in (rule.methods or ()):
            assert ines.see(path).status_code in (400, 404), path
        if "POST" in (rule.methods or ()):
            ines.see("/organize/people")
            assert ines.send(path, ids=number).status_code in (302, 400, 404, 422), path


@pytest.mark.parametrize(
    "path",
    [
        f"/organize/log?before={'9' * 30}",
        "/organize/releases?q=a%00b",
        "/organize/releases?before=%00",
    ],
)
def test_a_question_that_no_database_can_answer_is_never_our_fault(ines: Desk, path: str) -> None:
    assert ines.see(path).status_code in (200, 400)
