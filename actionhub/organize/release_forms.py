"""The forms of a press release: its words, and where to bring some in from."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileSize
from wtforms import BooleanField, DateField, SelectField, StringField, TextAreaField, URLField
from wtforms.validators import InputRequired, Length

from actionhub.actions.wording import render_markdown
from actionhub.newsroom.models import PressRelease, ReleaseKind
from actionhub.organize.choices import Choice
from actionhub.organize.forms import Form
from actionhub.organize.once import OnceForm, SeenForm

KIND_NAMES = {
    ReleaseKind.PRESS_RELEASE: _l("Press release"),
    ReleaseKind.STATEMENT: _l("Statement"),
    ReleaseKind.REPORT: _l("Report"),
}
KINDS = [Choice(kind.value, name) for kind, name in KIND_NAMES.items()]

#: What an organizer may change, by the names of the model.
FIELDS = ("title", "kind", "released_on", "summary", "body_html", "source_url", "visible")
LARGEST_FILE = 900 << 10


class ReleaseForm(SeenForm):
    title = StringField(_l("Headline"), [InputRequired(), Length(max=500)])
    kind = SelectField(_l("Kind"), choices=KINDS)
    released_on = DateField(_l("Date"), [InputRequired()])
    summary = TextAreaField(_l("Summary"), [Length(max=2000)])
    body_html = TextAreaField(_l("Text, as HTML"), [Length(max=300_000)])
    source_url = URLField(_l("Where it was published"), [Length(max=2000)])
    visible = BooleanField(_l("Show it in the newsroom"), default=True)

    def fill(self, release: PressRelease) -> None:
        """Show what is stored."""
        for name, value in stored(release).items():
            getattr(self, name).data = value

    def values(self) -> dict[str, Any]:
        """What was typed, by the names of the model."""
        typed = {name: getattr(self, name).data for name in FIELDS}
        return typed | {
            "kind": ReleaseKind(typed["kind"] or ReleaseKind.PRESS_RELEASE),
            "source_url": (typed["source_url"] or "").strip() or None,
            "summary": (typed["summary"] or "").replace("\r\n", "\n").strip(),
            "body_html": (typed["body_html"] or "").replace("\r\n", "\n").strip(),
            "title": " ".join((typed["title"] or "").split()),
        }

    def changes(self, release: PressRelease) -> dict[str, Any]:
        """The typed fields that are other than the stored ones."""
        before = {name: getattr(release, name) for name in FIELDS}
        return {name: value for name, value in self.values().items() if value != before[name]}

    def differences(self, release: PressRelease) -> dict[str, str]:
        """By label, what is stored now where it is another than what was typed."""
        return {
            str(getattr(self, name).label.text): str(getattr(release, name) or "")
            for name in self.changes(release)
        }


def stored(release: PressRelease) -> dict[str, Any]:
    """What is stored, as the form shows it."""
    values = {name: getattr(release, name) for name in FIELDS}
    return values | {"kind": release.kind.value, "source_url": release.source_url or ""}


class NewReleaseForm(OnceForm, ReleaseForm):
    """A release written by hand: its text in Markdown, kept as HTML from then on."""

    body_html = TextAreaField(_l("Text"), [InputRequired(), Length(max=100_000)])

    def values(self) -> dict[str, Any]:
        typed = super().values()
        return typed | {"body_html": render_markdown(typed["body_html"])}


class ImportForm(Form):
    address = StringField(_l("Address of a feed or a newsroom page"), [Length(max=2000)])
    file = FileField(
        _l("Or a file: a feed, a page, or a page saved as text"),
        [FileSize(LARGEST_FILE, message=_l("That file is too large: at most 900 kB."))],
    )

    def validate(self, extra_validators: Any = None) -> bool:
        if not super().validate(extra_validators):
            return False
        address = (self.address.data or "").strip()
        if not self.file.data and not address.startswith(("http://", "https://")):
            # an address only: a path would read files of the server
            self.address.errors = [_("Write an address that begins with https://, or take a file.")]
            return False
        return True
