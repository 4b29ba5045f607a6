"""The local mailbox at /mailbox: the mail that would have gone out, under `actionhub up` only."""

from __future__ import annotations

import email
import re
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, abort, render_template, request
from markupsafe import Markup, escape

from actionhub import clock
from actionhub.config import settings
from actionhub.public.health import is_loopback

door = Blueprint("mailbox", __name__, url_prefix="/mailbox")

#: How many messages one page lists.
PAGE = 50
_NAME = re.compile(r"\d{20}-\d+-\d+")
_LINK = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)]")
#: The page that shows a message may frame it; everything else stays as everywhere.
_FRAMING = (
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; frame-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
#: The message itself: no script, no form, nothing fetched; a click may take the whole window along.
_SANDBOX = (
    "sandbox allow-top-navigation-by-user-activation; default-src 'none'; "
    "style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
)


@dataclass(frozen=True)
class Kept:
    """One message of the mailbox, as the pages show it."""

    name: str
    kept_at: datetime
    to: str
    sender: str
    subject: str
    message: EmailMessage


def init_app(app: Flask) -> None:
    """Open /mailbox if this installation has a local mailbox; elsewhere the address is unknown."""
    if app.extensions["actionhub.settings"].mailbox:
        app.register_blueprint(door)


@door.before_request
def only_this_machine() -> None:
    """Its people alone: not a stranger's page either, whose name was turned to lead here."""
    ours = {"localhost", "127.0.0.1", "::1", urlsplit(settings().base_url).hostname}
    asked = urlsplit(f"//{request.host}").hostname
    if asked not in ours or not is_loopback(request.remote_addr):
        abort(404)


@door.get("", strict_slashes=False)
def listing() -> str:
    """The newest messages first."""
    names = _names()
    wanted = request.args.get("before", "")
    shown = [name for name in names if not wanted or name < wanted][:PAGE]
    older = shown[-1] if shown and shown[-1] != names[-1] else None
    messages = [kept for name in shown if (kept := _read(name)) is not None]
    return render_template("public/mailbox.html", messages=messages, number=len(names), older=older)


@door.get("/<name>")
def message(name: str) -> Response:
    """One message: how it looks, its text, its headers."""
    kept = _find(name)
    page = render_template(
        "public/mailbox_message.html",
        kept=kept,
        has_html=kept.message.get_body(("html",)) is not None,
        text=_with_links(_part(kept.message, "plain")),
        headers=[(key, str(value)) for key, value in kept.message.items()],
    )
    return Response(page, headers={"Content-Security-Policy": _FRAMING})


@door.get("/<name>/html")
def html(name: str) -> Response:
    """The HTML part alone, as a mail program would show it, with nothing it could do."""
    body = _part(_find(name).message, "html")
    if not body:
        abort(404)
    found = re.search(r"<head[^>]*>", body, re.IGNORECASE)
    at = found.end() if found else 0
    page = body[:at] + '<base target="_top">' + body[at:]
    headers = {"Content-Security-Policy": _SANDBOX, "X-Frame-Options": "SAMEORIGIN"}
    return Response(_with_inline_images(page, _find(name).message), headers=headers)


@door.get("/<name>/source")
def source(name: str) -> Response:
    """The message byte for byte."""
    _find(name)
    return Response((_folder() / f"{name}.eml").read_bytes(), content_type="text/plain")


def _folder() -> Path:
    return settings().data_dir / "mailbox"


def _names() -> list[str]:
    """Newest first."""
    found = (path.stem for path in _folder().glob("*.eml"))
    return sorted((name for name in found if _NAME.fullmatch(name)), reverse=True)


def _find(name: str) -> Kept:
    kept = _read(name) if _NAME.fullmatch(name) else None
    if kept is None:
        abort(404)
    return kept


def _read(name: str) -> Kept | None:
    try:
        raw = (_folder() / f"{name}.eml").read_bytes()
    except FileNotFoundError:
        return None
    message = email.message_from_bytes(raw, policy=default)
    return Kept(
        name=name,
        kept_at=datetime.fromtimestamp(int(name[:20]) / 1e9, tz=clock.now().tzinfo),
        to=", ".join(str(value) for value in message.get_all("Delivered-To", [])),
        sender=str(message.get("From", "")),
        subject=str(message.get("Subject", "")),
        message=message,
    )


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part is not None else ""


def _with_links(text: str) -> Markup:
    """Text with its addresses as links, everything escaped."""
    done, at = Markup(), 0
    for match in _LINK.finditer(text):
        done += escape(text[at : match.start()])
        done += Markup('<a href="{0}">{0}</a>').format(match[0])
        at = match.end()
    return done + escape(text[at:])


def _with_inline_images(page: str, message: EmailMessage) -> str:
    """`cid:` images of the message as data addresses (RFC 2392, RFC 2397)."""
    for part in message.walk():
        name = str(part.get("Content-ID", "")).strip("<>")
        if name and part.get_content_maintype() == "image":
            coded = "".join(str(part.get_payload()).split())
            page = page.replace(f"cid:{name}", f"data:{part.get_content_type()};base64,{coded}")
    return page
