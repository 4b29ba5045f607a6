"""The MIME message: a skeleton built once a mailing and variant, filled for each recipient.

The same row always makes the same bytes: Message-ID, Date and boundaries come from it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import lru_cache
from typing import Any

import flask_mail
from email_validator import EmailNotValidError, validate_email

from actionhub.config import Settings
from actionhub.errors import ActionHubError
from actionhub.outbox import dkim, rendering, verp
from actionhub.outbox.models import Scope
from actionhub.outbox.quoting import Quoted, quote
from actionhub.outbox.slots import Slotted, escaped

#: Complaint reports strip the return path as often as not; this header stays.
MARK_HEADER = "X-ActionHub-Mark"
_TEXT, _HTML = "THE-TEXT-GOES-HERE", "THE-HTML-GOES-HERE"
#: A mailbox that can stand in a header and an SMTP command as it is. Quoted local parts are
#: refused by `addresses.read_address` already.
_MAILBOX = re.compile(r"[^\s@<>()\[\],;:\\\"\x00-\x1f\x7f]+@[^\s@<>()\[\],;:\\\"\x00-\x1f\x7f]+")
_HEADER_VALUE = re.compile(r"[\x21-\x7e]{1,900}")


class BadMessage(ActionHubError):
    """An email cannot be written as it stands: its address or a header would not be valid."""


class Message(flask_mail.Message):
    """Flask-Mail's message, its bytes ready: built from a skeleton with the standard library."""

    def __init__(
        self,
        *,
        recipient: str,
        sender: str,
        raw: bytes,
        needs_utf8: bool,
        envelope_from: str | None = None,
    ) -> None:
        # Not super().__init__: it asks DNS for a Message-ID of its own with every message.
        self.recipients: list[str | tuple[str, str]] = [recipient]
        self.sender = sender
        self.cc: list[str | tuple[str, str]] = []
        self.bcc: list[str | tuple[str, str]] = []
        self.envelope_to = recipient
        self.envelope_from = envelope_from or sender
        self.needs_utf8 = needs_utf8
        self._raw = raw

    def as_bytes(self) -> bytes:
        """The message as it goes over the wire, with CRLF, before dots are doubled."""
        return self._raw

    def as_string(self) -> str:
        return self._raw.decode()

    def has_bad_headers(self) -> bool:
        return False


@dataclass(frozen=True)
class Kind:
    """What of a mailing shapes its messages' headers."""

    key: str
    template: str
    locale: str
    scope: Scope
    automatic: bool
    content: str  # JSON, as `rendering.canonical` writes it


@dataclass(frozen=True)
class Skeleton:
    """All that the messages of one mailing and variant share."""

    settings: Settings
    sender: str
    signer: dkim.Signer | None
    subject: bytes | Slotted  # the header line, or what it is made of
    before_text: bytes
    text: Quoted
    before_html: bytes
    html: Quoted
    after_html: bytes
    unsubscribes: bool

    def fill(
        self,
        *,
        email_id: int,
        address: str,
        message_id: str,
        date: datetime,
        fields: Mapping[str, Any],
    ) -> Message:
        """The message to one address. Its envelope sender and its mark tell the email's id.

        Raises BadMessage if the address or an unsubscribe address cannot stand in a header.
        """
        recipient, needs_utf8 = read_mailbox(address)
        values = rendering.values_of(fields)
        mark = verp.mark_of(self.settings, email_id)
        head = (
            f"To: {recipient}\r\nDate: {_written(date)}\r\nMessage-ID: {message_id}\r\n"
            f"{MARK_HEADER}: {mark}\r\n"
        )
        if "reply_to" in values:
            head += _reply_to_line(values.get("name", ""), values["reply_to"])
        if self.unsubscribes:
            head += _unsubscribe_lines(values.get("unsubscribe_url", ""))
        raw = head.encode() + self._rest(values)
        if self.signer is not None:
            raw = self.signer.header(raw, date) + raw
        return Message(
            recipient=recipient,
            sender=self.sender,
            raw=raw,
            needs_utf8=needs_utf8,
            envelope_from=verp.return_path(self.settings, mark),
        )

    def _rest(self, values: Mapping[str, str]) -> bytes:
        """All from the Subject on."""
        subject = self.subject
        if isinstance(subject, Slotted):
            subject = _subject_line(subject.fill(values))
        return b"".join(
            (
                subject,
                self.before_text,
                *self.text.fill(values),
                self.before_html,
                *self.html.fill(escaped(values)),
                self.after_html,
            )
        )


@lru_cache(maxsize=rendering.KEPT)
def skeleton(kind: Kind, variant: rendering.Variant, settings: Settings) -> Skeleton:
    """What all messages of one mailing and variant share; built once. Raises as rendering does."""
    rendered = rendering.render(settings, kind.template, kind.locale, kind.content, variant)
    message = EmailMessage(policy=SMTP)
    sender, _ = read_mailbox(settings.mail_from)
    name = " ".join(settings.organization.split())
    message["From"] = Address(name, addr_spec=sender)
    if kind.automatic:
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834
    _set_bodies(message, kind.key, rendered, settings)
    message["Content-Language"] = kind.locale  # only now: making parts moves what is there
    whole = message.as_bytes()
    before_text, _, rest = whole.partition(_TEXT.encode() + b"\r\n")
    before_html, _, after_html = rest.partition(_HTML.encode() + b"\r\n")
    return Skeleton(
        settings=settings,
        sender=sender,
        signer=dkim_signer(settings),
        subject=(
            rendered.subject if rendered.subject.names else _subject_line(rendered.subject.fill({}))
        ),
        before_text=before_text,
        text=quote(rendered.text),
        before_html=before_html,
        html=quote(rendered.html),
        after_html=after_html,
        unsubscribes=kind.scope is Scope.FOLLOWUPS,
    )


def dkim_signer(given: Settings) -> dkim.Signer | None:
    """Who signs our mail, for the domain of its From; None: nobody here does.

    Raises BadMessage or ConfigurationError for settings that cannot be used.
    """
    domain = read_mailbox(given.mail_from)[0].rpartition("@")[2]
    return dkim.signer(given.dkim_selector, given.dkim_key_file, domain.lower())


def read_mailbox(address: str) -> tuple[str, bool]:
    """An address as SMTP takes it, its domain in ASCII, and whether it needs SMTPUTF8 (RFC 6531).

    Raises BadMessage unless it is one plain mailbox: no spaces, line ends or quoting.
    """
    if not _MAILBOX.fullmatch(address) or len(address) > 320:
        raise BadMessage("that is not an address that mail can be sent to")
    if address.isascii():
        return address, False
    try:
        found = validate_email(address, check_deliverability=False)
    except EmailNotValidError as bad:
        raise BadMessage("that is not an address that mail can be sent to") from bad
    return f"{found.local_part}@{found.ascii_domain}", not found.local_part.isascii()


#: Emails that are queued together are of one second, and the format is slow to write.
_written = lru_cache(maxsize=64)(format_datetime)


def _set_bodies(
    message: EmailMessage, key: str, rendered: rendering.Rendered, settings: Settings
) -> None:
    message.set_content(_TEXT + "\n", cte="quoted-printable", charset="utf-8")
    message.add_alternative(_HTML + "\n", subtype="html", cte="quoted-printable", charset="utf-8")
    # A boundary with "=_" can stand in no quoted-printable body, whatever a recipient's name is.
    digest = hashlib.sha256(f"{settings.base_url} {key}".encode()).hexdigest()[:24]
    message.set_boundary(f"=_{digest}")
    if rendered.qr_png is not None:
        html = message.get_payload(1)
        html.add_related(  # type: ignore[union-attr]
            rendered.qr_png, "image", "png", cid="<qr>", disposition="inline", filename="qr.png"
        )
        html.set_boundary(f"=_r{digest}")  # type: ignore[union-attr]


def _subject_line(subject: str) -> bytes:
    carrier = EmailMessage(policy=SMTP)
    carrier["Subject"] = " ".join(subject.split())
    return carrier.as_bytes().removesuffix(b"\r\n")


def _reply_to_line(name: str, address: str) -> str:
    """Who is answered (RFC 5322, 3.6.2). An address that only SMTPUTF8 could carry stands in the
    text alone: it must not keep the message from a server that does not speak it.
    """
    mailbox, needs_utf8 = read_mailbox(address)
    if needs_utf8:
        return ""
    carrier = EmailMessage(policy=SMTP)
    carrier["Reply-To"] = Address(" ".join(name.split()), addr_spec=mailbox)
    return carrier.as_bytes().decode().removesuffix("\r\n")


def _unsubscribe_lines(address: str) -> str:
    """RFC 2369 and the one click of RFC 8058."""
    if not address.startswith(("https://", "http://")) or not _HEADER_VALUE.fullmatch(address):
        raise BadMessage("a follow-up needs the address by which its reader can leave")
    return f"List-Unsubscribe: <{address}>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
