"""Email templates: rendered once a mailing and variant, with slots, and filled per recipient."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

import css_inline
import flask_babel
import segno
from flask import current_app
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from actionhub import links
from actionhub.config import REGIONS, Settings, settings
from actionhub.outbox import accents, markdown
from actionhub.outbox.slots import Slot, Slotted, clean, escaped, split

#: Rendered (mailing, variant) pairs kept a process.
KEPT = 256
#: Characters a line of the text part; addresses are never broken.
TEXT_WIDTH = 74

_inliner = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)

Fields = Mapping[str, Any]
#: (name, bool or None for a slot), sorted.
Variant = tuple[tuple[str, bool | None], ...]


@dataclass(frozen=True)
class Preview:
    """One email as its reader sees it."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True)
class Rendered:
    """A mailing's template in one variant. `qr_png` is the picture the HTML shows, if any."""

    subject: Slotted
    text: Slotted
    html: Slotted
    qr_png: bytes | None


def canonical(content: Mapping[str, Any]) -> str:
    """A mailing's content as JSON, the same for the same content."""
    return json.dumps(content, sort_keys=True)


def variant_of(fields: Fields) -> Variant:
    """What of an email's fields shapes its template: the names, and the values of bools."""
    return tuple(sorted((n, v if isinstance(v, bool) else None) for n, v in fields.items()))


def values_of(fields: Fields) -> dict[str, str]:
    """What fills the slots, cleaned."""
    return {n: clean(n, str(v)) for n, v in fields.items() if not isinstance(v, bool)}


def preview(template: str, locale: str, content: Mapping[str, Any], fields: Fields) -> Preview:
    """One email as its reader would see it, without writing or sending anything."""
    rendered = render(settings(), template, locale, canonical(content), variant_of(fields))
    values = values_of(fields)
    return Preview(
        subject=rendered.subject.fill(values),
        text=rendered.text.fill(values),
        html=rendered.html.fill(escaped(values)),
    )


@lru_cache(maxsize=KEPT)
def render(given: Settings, template: str, locale: str, content: str, variant: Variant) -> Rendered:
    """The rendered template for emails of that variant. Cached by value.

    Raises jinja2.TemplateError for a bad or missing template, SlotMisused where one does more
    with a str field than print it.
    """
    own = json.loads(content)
    context = _context(given, locale) | own
    context |= {name: Slot(name) if value is None else value for name, value in variant}
    with flask_babel.force_locale(REGIONS[locale]):
        environment = _environment()
        subject, text, html = (
            environment.get_template(f"{template}/{part}").render(context)
            for part in ("subject.txt", "body.txt", "body.html")
        )
    return Rendered(
        subject=split(" ".join(subject.split())),
        text=split(_wrapped(text)),
        html=split(_inliner.inline(html)),
        qr_png=_qr_png(links.with_source(own["action_url"], "qr")) if "cid:qr" in html else None,
    )


def _context(given: Settings, locale: str) -> dict[str, Any]:
    return {
        "base_url": given.base_url,
        "organization": given.organization,
        "postal_address": given.postal_address,
        "locale": locale,
        "words_locale": locale,
        "pending_days": given.retention.pending_signature_days,
        "accent": given.accent,
        "accent_ink": accents.ink_on(given.accent),
        "accent_night": accents.by_night(given.accent),
        "night": accents.NIGHT,
        "night_box": accents.NIGHT_BOX,
    }


def _environment() -> Environment:
    """Jinja for mail: texts unescaped, HTML escaped, a missing value an error."""
    made: Environment | None = current_app.extensions.get("actionhub.email_templates")
    if made is None:
        folder = Path(str(current_app.template_folder)) / "emails"
        made = Environment(
            loader=FileSystemLoader(folder),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
        )
        made.install_gettext_callables(  # type: ignore[attr-defined]
            lambda text: flask_babel.get_translations().ugettext(text),
            lambda one, many, n: flask_babel.get_translations().ungettext(one, many, n),
            newstyle=True,
        )
        made.globals |= {"share_links": links.share_links, "with_source": links.with_source}
        made.filters["markdown"] = markdown.to_html
        made.filters["markdown_text"] = markdown.to_text
        current_app.extensions["actionhub.email_templates"] = made
    return made


def _wrapped(text: str) -> str:
    """Long lines broken at spaces, quotes left as they are; never two blank lines."""
    lines: list[str] = []
    for line in text.strip().split("\n"):
        line = line.rstrip()
        if line or (lines and lines[-1]):
            lines += _broken(line)
    return "\n".join(lines) + "\n"


def _broken(line: str) -> list[str]:
    if len(line) <= TEXT_WIDTH or line.startswith(">"):
        return [line]
    indent = " " * (len(line) - len(line.lstrip(" -")))
    return textwrap.wrap(
        line,
        TEXT_WIDTH,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _qr_png(address: str) -> bytes:
    """A QR code of an address, black on white with its quiet zone."""
    picture = BytesIO()
    segno.make(address, micro=False, error="m").save(picture, kind="png", scale=4, border=4)
    return picture.getvalue()
