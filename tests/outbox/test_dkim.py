"""What we mail is signed so that somebody else's verifier agrees, and breaks when it is changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dkim as verifier
import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from flask import Flask
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from actionhub.cli.outbox import outbox
from actionhub.config import Settings, settings
from actionhub.errors import ConfigurationError
from actionhub.extensions import db
from actionhub.outbox import dkim
from actionhub.outbox.messages import dkim_signer
from actionhub.outbox.sending import drain
from tests.mail import Sink
from tests.outbox.people import row_of, write_to
from tests.outbox.samples import SAMPLES
from tests.outbox.test_messages import SENT_AT, a_public, write

RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
KEYS: dict[str, Any] = {"rsa-2048": RSA, "ed25519": ed25519.Ed25519PrivateKey.generate()}
KINDS = sorted(KEYS)


def pem(key: Any, password: bytes | None = None) -> bytes:
    secret = BestAvailableEncryption(password) if password else NoEncryption()
    written: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, secret)
    return written


@pytest.fixture(params=KINDS)
def key_file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / f"{request.param}.pem"
    path.write_bytes(pem(KEYS[request.param]))
    return path


def signing(path: Path, given_settings: Settings | None = None) -> Settings:
    base = given_settings or a_public(settings())
    return replace(base, dkim_selector="mail2026", dkim_key_file=str(path))


def is_genuine(raw: bytes, signer: dkim.Signer) -> bool:
    """What a verifier that is not ours says, its DNS holding our record."""

    def txt(name: bytes, timeout: float = 5) -> bytes:
        return {b"mail2026._domainkey.example.org.": signer.record.encode()}.get(name, b"")

    return bool(verifier.verify(raw, dnsfunc=txt))


def signer_of(path: Path) -> dkim.Signer:
    found = dkim.signer("mail2026", str(path), "example.org")
    assert found is not None
    return found


@pytest.mark.parametrize("template", sorted(SAMPLES))
def test_every_email_is_signed_so_that_a_verifier_agrees(
    app: Flask, key_file: Path, template: str
) -> None:
    raw = write(template, given_settings=signing(key_file))
    assert raw.startswith(b"DKIM-Signature: v=1; a=")
    assert is_genuine(raw, signer_of(key_file))
    assert raw.endswith(write(template)), "signing changes nothing of the message itself"
    assert b" h=from:from:to:subject:" in raw, "a second From would slip past some verifiers"
    assert max(map(len, raw.partition(b"\r\nTo:")[0].split(b"\r\n"))) <= 78


def test_mail_goes_unsigned_unless_it_is_wanted(app: Flask) -> None:
    assert b"DKIM-Signature" not in write("followup")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"To: ada@", b"To: bo@"),
        (b"Subject: The", b"Subject: Not the"),
        (b"Date: Mon, 23", b"Date: Mon, 24"),
        (b"Message-ID: <1@", b"Message-ID: <2@"),
        (b"From: ", b"From: Not "),
        (b"From: ", b"From: eve@example.org\r\nFrom: "),
        (b"MIME-Version: 1.0", b"MIME-Version: 1.1"),
        (b"Content-Type: multipart/alternative", b"Content-Type: multipart/mixed"),
        (b"List-Unsubscribe: <https://", b"List-Unsubscribe: <https://eve."),
        (b"List-Unsubscribe-Post: List-Unsubscribe=", b"List-Unsubscribe-Post: x"),
        (b"committee", b"commission"),
        (b"; t=", b"; t=1"),
    ],
)
def test_whoever_changes_what_is_signed_breaks_the_signature(
    app: Flask, key_file: Path, old: bytes, new: bytes
) -> None:
    raw = write("followup", given_settings=signing(key_file))
    assert raw.count(old) >= 1
    assert not is_genuine(raw.replace(old, new, 1), signer_of(key_file))


def test_a_relay_may_fold_and_space_anew(app: Flask, key_file: Path) -> None:
    raw = write("followup", given_settings=signing(key_file))
    changed = raw.replace(b"Subject: The Senate", b"SUBJECT:  The\r\n\t Senate") + b"\r\n\r\n"
    assert changed != raw
    assert is_genuine(changed, signer_of(key_file))


def test_the_same_row_makes_the_same_signature(app: Flask, key_file: Path) -> None:
    first = write("thanks", given_settings=signing(key_file))
    dkim.signer.cache_clear()
    assert write("thanks", given_settings=signing(key_file)) == first
    assert f"; t={int(SENT_AT.timestamp())};".encode() in first
    assert b" l=" not in first.partition(b"\r\n\r\n")[0]


@contextmanager
def with_settings(app: Flask, changed: Settings) -> Iterator[None]:
    before = app.extensions["actionhub.settings"]
    app.extensions["actionhub.settings"] = changed
    try:
        yield
    finally:
        app.extensions["actionhub.settings"] = before


def test_it_stands_after_a_real_journey(app: Flask, smtp_sink: Sink, key_file: Path) -> None:
    dotted = "...\n.\n..two\nZoë  said:\ttrailing  \n=3D\n" + "é" * 90 + "\n" + "x" * 200
    changes = {"content": SAMPLES["confirm"][0] | {"action_title": "Löhne rauf 工会"}}
    number = write_to("ada@example.org", "confirm", fields={"comment": dotted}, **changes)
    write_to("zoë@example.org", "followup")
    with with_settings(app, signing(key_file, settings())):
        assert drain().sent == 2
    for raw in smtp_sink.raw:
        assert is_genuine(raw, signer_of(key_file))
    assert b"\r\n.." in smtp_sink.raw[0], "nothing had its dots doubled on the way"
    created = int(row_of(number).created_at.timestamp())
    assert f"; t={created};".encode() in smtp_sink.raw[0]
    assert "zoë@example.org".encode() in smtp_sink.raw[1]


SPACES = st.text(alphabet=" \t.=aé\n", max_size=60)


@given(body=SPACES, subject=st.text(alphabet=" \té:;x", max_size=40))
@hypothesis_settings(deadline=None)
@pytest.mark.parametrize("kind", KINDS)
def test_any_white_space_is_read_as_the_verifier_reads_it(
    kind: str, body: str, subject: str
) -> None:
    signer = dkim.Signer("example.org", "mail2026", KEYS[kind])
    head = f"From: a@example.org\r\nSubject: {subject}\r\n\t folded\r\nX-Other: 1\r\n\r\n"
    raw = (head + body.replace("\n", "\r\n") + "\r\n").encode()
    signed = signer.header(raw, datetime(2026, 11, 23, tzinfo=UTC)) + raw
    assert is_genuine(signed, signer)


def test_a_bad_key_stops_the_start_with_its_name_and_mend(app: Flask, tmp_path: Path) -> None:
    small = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    public = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    files = {
        "nonsense": b"not a key",
        "small": pem(small),
        "curve": pem(ec.generate_private_key(ec.SECP256R1())),
        "locked": pem(RSA, b"password"),
        "public": public,
        "cut": pem(RSA)[:800],
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    for name in [*files, "missing", "."]:
        with pytest.raises(ConfigurationError, match=r"openssl genpkey") as raised:
            dkim_signer(signing(tmp_path / name))
        assert raised.value.name == "ACTIONHUB_DKIM_KEY_FILE"
        assert str(tmp_path / name) in raised.value.problem


@pytest.mark.parametrize(
    ("selector", "file", "name"),
    [
        ("", "key.pem", "ACTIONHUB_DKIM_SELECTOR"),
        ("mail", "", "ACTIONHUB_DKIM_KEY_FILE"),
        ("mail 1", "key.pem", "ACTIONHUB_DKIM_SELECTOR"),
        ("mail;", "key.pem", "ACTIONHUB_DKIM_SELECTOR"),
        ("-mail", "key.pem", "ACTIONHUB_DKIM_SELECTOR"),
        ("m" * 64, "key.pem", "ACTIONHUB_DKIM_SELECTOR"),
    ],
)
def test_half_a_setting_is_refused(
    app: Flask, tmp_path: Path, selector: str, file: str, name: str
) -> None:
    (tmp_path / "key.pem").write_bytes(pem(RSA))
    path = str(tmp_path / file) if file else ""
    with pytest.raises(ConfigurationError, match=f"^{name}: "):
        dkim_signer(replace(settings(), dkim_selector=selector, dkim_key_file=path))


def test_the_key_is_never_shown(app: Flask, key_file: Path) -> None:
    secret = key_file.read_text().splitlines()[1]
    signer = signer_of(key_file)
    shown = repr(signer) + repr(signing(key_file)) + repr(vars(signer)) + str(signer)
    assert secret[:20] not in shown
    assert "Private" not in repr(signer)
    (key_file.parent / "cut.pem").write_text(key_file.read_text()[:100])
    with pytest.raises(ConfigurationError) as raised:
        dkim_signer(signing(key_file.parent / "cut.pem"))
    assert secret[:20] not in str(raised.value)
    assert raised.value.__suppress_context__


def run(app: Flask, changed: Settings) -> tuple[int, str]:
    with with_settings(app, changed):
        done = CliRunner().invoke(outbox, ["dkim"])
    db.session.remove()
    return done.exit_code, done.output


def test_the_record_to_publish_is_printed(app: Flask, key_file: Path) -> None:
    code, output = run(app, signing(key_file))
    assert code == 0
    note, record = output.splitlines()
    assert note == f"; {key_file.stem}, for mail from example.org"
    name, _, strings = record.partition(" IN TXT ")
    assert name == "mail2026._domainkey.example.org."
    pieces = strings.strip("() ").strip('"').split('" "')
    assert "".join(pieces) == signer_of(key_file).record
    assert max(map(len, pieces)) <= 255


def test_without_a_key_the_command_says_how_to_make_one(app: Flask) -> None:
    code, output = run(app, settings())
    assert code == 1
    assert "openssl genpkey" in output
