"""Smoke: the whole chain, web to broker to worker to SMTP and back, on each set of servers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests import cast, databases
from tests.servers import brokers, installation
from tests.servers.installation import Installation

pytestmark = pytest.mark.servers

SETS = [("sqlite", "embedded"), ("postgresql", "redis"), ("postgresql", "rabbitmq")]


@pytest.fixture(scope="module", params=SETS, ids="-".join)
def grown(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """An installation on one set of servers."""
    database, broker = request.param
    folder = tmp_path_factory.mktemp("chain")
    settings = {}
    with ExitStack() as stack:
        if database == "postgresql":
            url = stack.enter_context(databases.postgresql(folder))
            settings["ACTIONHUB_DATABASE_URL"] = url
        address = stack.enter_context(brokers.broker(broker, folder / "broker"))
        settings["ACTIONHUB_BROKER_URL"] = address
        yield stack.enter_context(installation.up(folder / "data", **settings))


def link_in(text: str, kind: str) -> str:
    """The path of the first link of that kind."""
    found = re.search(rf"https?://\S+?(/{kind}/\S+)", text)
    assert found, f"no {kind} link in: {text}"
    return found[1]


def test_a_signature_is_taken_mailed_confirmed_thanked_and_counted(grown: Installation) -> None:
    action = grown.inside(lambda: cast.an_open_action(title="Smoke").slug)
    form = {
        "name": "Ana Sol",
        "email": "ana@example.org",
        "zip": "20001",
        "country": "US",
        "wants_followups": "y",
    }
    with grown.web() as web:
        posted = web.post(f"/actions/{action}", data=form)
        assert posted.status_code == 303
        assert urlsplit(posted.headers["Location"]).path.endswith("/thanks")

        asked = grown.mail("ana@example.org", 1)
        path = link_in(asked.get_body(("plain",)).get_content(), "confirm")
        assert web.get(path).status_code == 200
        assert web.get(f"/actions/{action}/count.json").json()["confirmed"] == 0
        assert web.post(path).status_code in {200, 303}

        thanked = grown.mail("ana@example.org", 2)
        assert "ana@example.org" in str(thanked["To"])
        brokers.until(
            lambda: web.get(f"/actions/{action}/count.json").json()["confirmed"] == 1,
            "the count",
        )


def test_the_operator_sees_that_all_is_well(grown: Installation) -> None:
    with grown.web() as web:
        assert web.get("/healthz").text == "ok\n"
        assert web.get("/readyz").json()["database"] == "ok"
        assert "actionhub_outbox_oldest_due_seconds" in web.get("/metrics").text
        assert web.get("/mailbox").status_code == 200


def test_no_log_holds_an_address_or_a_token(grown: Installation) -> None:
    logs = [path.read_text() for path in (Path(grown.folder) / "logs").glob("*.log")]
    assert logs
    for text in logs:
        assert "ana@example.org" not in text
        assert not re.search(r"/(confirm|me|unsubscribe)/[\w.-]{12,}", text)
