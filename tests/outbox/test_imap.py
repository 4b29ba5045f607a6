"""A mailbox behind IMAP: its server proves who it is, its messages are flagged, its secret kept."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask

from actionhub.outbox import imap, reports
from actionhub.outbox.incoming import UnreadableMailbox
from actionhub.outbox.reported import Kind
from actionhub.outbox.reports import Ignored
from actionhub.supporters.reports import read_mailbox
from tests.outbox import reported
from tests.outbox.imap_server import NAME, PASSWORD, Folder, serving
from tests.outbox.people import write_to
from tests.outbox.reported import mail, to_us

LETTER = mail("From: ada@example.net\nTo: bounces@example.org\nSubject: Hi\n\n" + "Hello!\n" * 999)


def address(port: int, scheme: str = "imap", folder: str = "", **changes: str) -> str:
    name, password = changes.get("name", NAME), changes.get("password", PASSWORD)
    login = f"{quote(name, safe='')}:{quote(password, safe='')}"
    return f"{scheme}://{login}@127.0.0.1:{port}/{folder}{changes.get('query', '')}"


def certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate of this machine's, and a server's context with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "here")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path = folder / "cert.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + secret)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path)
    return path, context


def test_reports_are_taken_in_and_flagged_and_peoples_mail_stays_unread(app: Flask) -> None:
    numbers = [write_to(f"{name}@example.org") for name in ("ada", "bo")]
    folder = Folder()
    folder.add(
        reported.postfix(to_us(numbers[0])),
        LETTER,
        reported.vacation(to_us(numbers[0])),
        reported.complaint(to_us(numbers[1])),
    )
    with serving(folder) as port:
        read = read_mailbox(address(port))
        assert folder.seen == {101, 103, 104}
        assert (read.taken[Kind.BOUNCED], read.taken[Kind.COMPLAINED]) == (1, 1)
        assert (read.ignored[Ignored.ORDINARY], read.ignored[Ignored.AUTOMATIC]) == (1, 1)
        again = read_mailbox(address(port))
    assert (again.taken.total(), again.ignored[Ignored.ORDINARY]) == (0, 1)


def test_of_what_is_no_report_only_the_header_is_fetched_and_of_a_huge_one_the_beginning(
    app: Flask,
) -> None:
    number = write_to("ada@example.org")
    huge = reported.postfix(to_us(number)) + b"x" * (2 * reports.MOST_BYTES)
    folder = Folder()
    folder.add(*[LETTER] * 120, huge)
    with serving(folder) as port:
        assert read_mailbox(address(port)).taken.total() == 1
    heads = 121 * 1000
    assert reports.MOST_BYTES < folder.fetched < reports.MOST_BYTES + heads


def test_the_folder_is_the_addresss_path(app: Flask) -> None:
    folder = Folder(name="Bounces/2026 and before")
    folder.add(reported.postfix(to_us(write_to("ada@example.org"))))
    with serving(folder) as port:
        path = quote(folder.name)
        assert read_mailbox(address(port, folder=path)).taken.total() == 1
        with pytest.raises(UnreadableMailbox):
            read_mailbox(address(port, folder="Elsewhere"))


@pytest.mark.parametrize("scheme", ["imap", "imaps"])
def test_tls_is_used_and_the_certificate_checked(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    trusted, context = certificate(tmp_path)
    folder = Folder(tls=context)
    folder.add(reported.postfix(to_us(write_to("ada@example.org"))))
    with serving(folder, tls_at_once=scheme == "imaps") as port:
        source = address(port, scheme, query="?starttls=required")
        with pytest.raises(UnreadableMailbox, match="SSLCertVerificationError"):
            read_mailbox(source)
        assert "LOGIN" not in folder.commands
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        assert read_mailbox(source).taken.total() == 1
    assert ("STARTTLS" in folder.commands) is (scheme == "imap")


def test_a_server_without_starttls_gets_no_password(app: Flask) -> None:
    folder = Folder(offers_starttls=False)
    with serving(folder) as port, pytest.raises(UnreadableMailbox):
        read_mailbox(address(port, query="?starttls=required"))
    assert "LOGIN" not in folder.commands


def everything_said(caught: pytest.ExceptionInfo[UnreadableMailbox]) -> str:
    """The error with all that stands behind it, as a log or a console would show it."""
    return str(caught.getrepr(style="short")) + repr(caught.value.__cause__)


@pytest.mark.parametrize(
    "changes", [{"password": "wr0ng words"}, {"name": "nobody", "password": "wr0ng words"}]
)
def test_a_refused_login_says_so_without_the_password(
    app: Flask, caplog: pytest.LogCaptureFixture, changes: dict[str, str]
) -> None:
    """This server repeats the whole command in its refusal, as some have done."""
    with serving(Folder()) as port, pytest.raises(UnreadableMailbox) as refused:
        read_mailbox(address(port, **changes))
    assert str(refused.value) == "127.0.0.1 does not accept that name and password"
    assert "wr0ng" not in everything_said(refused) + caplog.text


def test_nobody_there_is_said_without_the_password(app: Flask) -> None:
    with serving(Folder()) as port:
        pass
    with pytest.raises(UnreadableMailbox) as refused:
        read_mailbox(address(port))
    assert "127.0.0.1" in str(refused.value)
    assert "s3cret" not in everything_said(refused)


@pytest.mark.parametrize("word", ["SELECT", "SEARCH", "HEADER", "PEEK[]", "STORE 102"])
def test_a_line_that_drops_loses_nothing(app: Flask, word: str) -> None:
    numbers = [write_to(f"{name}@example.org") for name in ("ada", "bo", "cy")]
    folder = Folder(hangs_up_on=word)
    folder.add(*(reported.postfix(to_us(number)) for number in numbers))
    with serving(folder) as port:
        with pytest.raises(UnreadableMailbox):
            read_mailbox(address(port))
        folder.hangs_up_on = ""
        before = len(folder.seen)
        read = read_mailbox(address(port))
    assert read.taken.total() + read.again == 3 - before
    assert folder.seen == {101, 102, 103}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("imaps://b%40x.org:p%2Fw@mx.example.org", ("mx.example.org", 993, "tls", "INBOX")),
        ("imap://b:p@mx.example.org:144/A/B", ("mx.example.org", 144, "starttls", "A/B")),
        ("imap://b:p@localhost", ("localhost", 143, "plain", "INBOX")),
        ("imap://b:p@localhost?starttls=required", ("localhost", 143, "starttls", "INBOX")),
        ("imap://b:p@mx.example.org?starttls=off", ("mx.example.org", 143, "plain", "INBOX")),
    ],
)
def test_an_address_is_read(text: str, expected: tuple[str, int, str, str]) -> None:
    server = imap.read_address(text)
    assert (server.host, server.port, server.security, server.folder) == expected
    assert "p/w" not in repr(server)


@pytest.mark.parametrize(
    "text",
    [
        "imaps://s3cret@[mx",
        "pop3://b:s3cret@mx.example.org",
        "imaps://mx.example.org/s3cret",
        "imap://b:s3cret@mx.example.org:99999",
        "imap://b:s3cret@",
    ],
)
def test_what_is_no_address_is_refused_and_never_repeated(text: str) -> None:
    with pytest.raises(UnreadableMailbox) as refused:
        imap.read_address(text)
    assert "s3cret" not in str(refused.value) + repr(refused.value.__cause__)
