"""The local mailbox: there under `actionhub up` only, to this machine only, harmless to open."""

from __future__ import annotations

import asyncio
import smtplib
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from flask import Flask
from flask.testing import FlaskClient

from actionhub.app import create_app
from actionhub.cli.up.mailbox import Keeper
from tests.settings import make_settings


@pytest.fixture
def local(tmp_path: Path) -> Flask:
    (tmp_path / "mailbox").mkdir()
    return create_app(make_settings(f"sqlite:///{tmp_path / 'x.db'}", tmp_path, mailbox=True))


@pytest.fixture
def visitor(local: Flask) -> FlaskClient:
    return local.test_client()


@pytest.fixture
def smtp(tmp_path: Path) -> Iterator[int]:
    controller = Controller(Keeper(tmp_path / "mailbox"), hostname="127.0.0.1", port=0)
    controller.port = free_port()
    controller.start()
    yield controller.port
    controller.stop()


def free_port() -> int:
    from tests.servers.brokers import free_port

    return free_port()


def a_mail(html: str = "<p>Hello <a href='http://localhost/confirm/abc'>confirm</a></p>") -> bytes:
    message = EmailMessage()
    message["From"] = "Workers & Neighbors <actions@example.org>"
    message["To"] = "Zoë <zoe@example.org>"
    message["Subject"] = "Confirm <your> signature, Zoë"
    message.set_content("Hello, confirm at http://localhost/confirm/abc. <script>alert(1)</script>")
    message.add_alternative(html, subtype="html")
    return message.as_bytes()


def send(port: int, raw: bytes) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=5) as server:
        server.sendmail("actions@example.org", ["zoe@example.org"], raw)


def test_mail_taken_over_smtp_is_listed_newest_first(visitor: FlaskClient, smtp: int) -> None:
    assert "Nothing here yet" in visitor.get("/mailbox").text
    send(smtp, a_mail())
    send(smtp, a_mail().replace(b"Confirm", b"Second"))
    page = visitor.get("/mailbox").text
    assert "Confirm &lt;your&gt; signature, Zoë" in page
    assert "to zoe@example.org" in page
    assert page.index("Second") < page.index("Confirm &lt;your")


def test_a_message_shows_its_text_headers_and_a_sandboxed_view(
    visitor: FlaskClient, smtp: int, tmp_path: Path
) -> None:
    send(smtp, a_mail("<html><head></head><body><script>alert(1)</script>Hello</body></html>"))
    name = next((tmp_path / "mailbox").glob("*.eml")).stem
    answer = visitor.get(f"/mailbox/{name}")
    assert "&lt;script&gt;alert(1)" in answer.text
    assert '<a href="http://localhost/confirm/abc">' in answer.text
    assert "frame-src 'self'" in answer.headers["Content-Security-Policy"]
    assert 'sandbox="allow-top-navigation-by-user-activation"' in answer.text

    view = visitor.get(f"/mailbox/{name}/html")
    policy = view.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-top-navigation-by-user-activation;")
    assert "allow-scripts" not in policy
    assert "default-src 'none'" in policy
    assert view.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert '<base target="_top">' in view.text


def test_only_this_machine_may_look(visitor: FlaskClient) -> None:
    far = {"REMOTE_ADDR": "203.0.113.7"}
    assert visitor.get("/mailbox", environ_overrides=far).status_code == 404


def test_elsewhere_there_is_no_mailbox(tmp_path: Path) -> None:
    app = create_app(make_settings(f"sqlite:///{tmp_path / 'x.db'}", tmp_path))
    assert app.test_client().get("/mailbox").status_code == 404


@pytest.mark.parametrize("name", ["../local-settings", "..%2Fx", "0" * 20 + "-1-1", "x"])
def test_a_name_that_is_no_message_is_not_found(visitor: FlaskClient, name: str) -> None:
    for ending in ("", "/html", "/source"):
        assert visitor.get(f"/mailbox/{name}{ending}").status_code == 404


def test_a_message_is_seen_whole_or_not_at_all(tmp_path: Path) -> None:
    folder = tmp_path / "mailbox"
    folder.mkdir()
    keeper, seen = Keeper(folder), set[int]()

    class Envelope:
        mail_from = "a@example.org"
        rcpt_tos = ("b@example.org",)
        content = b"Subject: x\r\n\r\n" + b"y" * 500_000

    def look() -> None:
        while len(seen) < 1 or (threading.main_thread().is_alive() and not done.is_set()):
            seen.update(path.stat().st_size for path in folder.glob("[0-9]*.eml"))

    done = threading.Event()
    watcher = threading.Thread(target=look)
    watcher.start()
    for _ in range(20):
        asyncio.run(keeper.handle_DATA(None, None, Envelope()))  # type: ignore[arg-type]
    done.set()
    watcher.join()
    assert len(seen) == 1
    assert len(list(folder.glob("*.eml"))) == 20


def test_an_address_in_any_script_reaches_the_mailbox(tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "actionhub.cli.up.mailbox", str(port), str(tmp_path)]
    with subprocess.Popen(command) as server:
        try:
            with _greeted(port) as smtp:
                message = b"Subject: Hola\r\n\r\nHola"
                smtp.sendmail("us@example.org", ["añá@example.org"], message, ["SMTPUTF8"])
        finally:
            server.terminate()
    (kept,) = tmp_path.glob("*.eml")
    assert "Delivered-To: añá@example.org" in kept.read_text(encoding="utf-8")


def _greeted(port: int) -> smtplib.SMTP:
    """A conversation with the server at `port`, once it is up."""
    for _try in range(200):
        with suppress(OSError):
            return smtplib.SMTP("127.0.0.1", port, timeout=5)
        time.sleep(0.05)
    raise AssertionError("the mailbox does not answer")


@pytest.mark.parametrize(
    ("host", "status"),
    [("localhost:8000", 200), ("127.0.0.1:8000", 200), ("evil.example", 404), ("evil:8000", 404)],
)
def test_a_strangers_name_that_leads_to_this_machine_opens_no_mailbox(
    visitor: FlaskClient, host: str, status: int
) -> None:
    assert visitor.get("/mailbox", headers={"Host": host}).status_code == status
