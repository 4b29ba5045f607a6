"""The form of an action: what it says, whom it addresses, how far it wants to go, and when."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, IntegerField, RadioField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from actionhub.actions.models import Action, ActionKind, ActionState, ActionText
from actionhub.actions.targets import rule_of
from actionhub.actions.texts import LONGEST_ASK, LONGEST_TITLE
from actionhub.organize.choices import Choice, TickList
from actionhub.organize.forms import Form
from actionhub.organize.letter_fields import LetterFields, stored_letter
from actionhub.organize.once import OnceForm, SeenForm
from actionhub.organize.rules import RuleList
from actionhub.organize.times import ZonedField

LONGEST_BODY = 40_000


class ActionForm(LetterFields, SeenForm):
    title = StringField(_l("Title"), [InputRequired(), Length(max=LONGEST_TITLE)])
    ask = StringField(_l("The ask, in one sentence"), [Length(max=LONGEST_ASK)])
    body = TextAreaField(_l("Why, in your words"), [Length(max=LONGEST_BODY)])
    es_title = StringField(_l("Title in Spanish"), [Length(max=LONGEST_TITLE)])
    es_ask = StringField(_l("The ask in Spanish"), [Length(max=LONGEST_ASK)])
    es_body = TextAreaField(_l("Why, in Spanish"), [Length(max=LONGEST_BODY)])
    target_name = StringField(_l("Addressed to"), [Length(max=200)])
    target_office = StringField(_l("Their office"), [Length(max=200)])
    target_rule = RuleList(_l("Whom it reaches"))
    goal = IntegerField(
        _l("First goal"), [InputRequired(), NumberRange(1, 100_000_000)], default=1000
    )
    opens_at = ZonedField(_l("Opens"), [Optional()])
    closes_at = ZonedField(_l("Closes"), [Optional()])
    shared = BooleanField(
        _l("People who share an email address may each sign, if their names differ"), default=True
    )

    def validate_closes_at(self, field: ZonedField) -> None:
        opens = self.opens_at.moment if "opens_at" in self else None
        closes = field.moment
        if opens and closes and closes <= opens:
            raise ValidationError(_("The closing time must come after the opening."))

    def words(self) -> dict[str, Any]:
        """The English words, by the names of the domain."""
        return {
            "title": self.title.data or "",
            "ask": self.ask.data or "",
            "body_markdown": self.body.data or "",
            "letter": self.letter(),
        }

    def spanish(self) -> tuple[str, str, str]:
        """Title, ask and body in Spanish; all empty where there is no Spanish wording."""
        fields = (self.es_title, self.es_ask, self.es_body)
        title, ask, body = ((field.data or "").strip() for field in fields)
        return title, ask, body

    def settle(self, action: Action) -> None:
        """Leave out what an action no longer changes: once it was published, whom it reaches; once
        it has opened, when it opens.
        """
        if action.kind is not ActionKind.LETTER:
            self.leave_out_letter()
        if action.text_number:
            del self.target_rule
        else:
            self.target_rule.offer(str(rule_of(action)))
        if action.state not in {ActionState.DRAFT, ActionState.SCHEDULED}:
            del self.opens_at

    def frame(self, action: Action | None = None) -> dict[str, Any]:
        """Everything but the words, by the names of the domain; of a stored one, times that
        were changed only: a field shows whole minutes, and must not cut what is stored to them.
        """
        typed = {
            "goal": self.goal.data,
            "target_name": self.target_name.data or "",
            "target_office": self.target_office.data or "",
            "allows_shared_addresses": bool(self.shared.data),
        }
        if "target_rule" in self:
            typed["target_rule"] = self.target_rule.data
        for name in ("opens_at", "closes_at"):
            if name in self:
                moment = self[name].moment
                if action is None or not _same(moment, getattr(action, name)):
                    typed[name] = moment
        return typed

    def fill(self, action: Action, words: dict[str, ActionText]) -> None:
        """Show what is stored."""
        for name, value in stored(action, words).items():
            if name not in self:
                continue
            if isinstance(value, datetime):
                getattr(self, name).moment = value
            else:
                getattr(self, name).data = value

    def changed(self, action: Action, words: dict[str, ActionText]) -> list[str]:
        """The names of the fields whose typed value is another than the stored one."""
        before = stored(action, words)
        return [
            name
            for name, value in before.items()
            if name in self and not _same(self._typed(name), value)
        ]

    def differences(self, action: Action, words: dict[str, ActionText]) -> dict[str, str]:
        """By label, what is stored now where it is another than what was typed."""
        before = stored(action, words)
        return {
            str(getattr(self, name).label.text): self._shown(name, before[name])
            for name in self.changed(action, words)
        }

    def _shown(self, name: str, value: Any) -> str:
        if name == "target_rule":
            return self.target_rule.label_of(value)
        return "" if value is None else str(value)

    def _typed(self, name: str) -> Any:
        field = getattr(self, name)
        return field.moment if isinstance(field, ZonedField) else field.data


def stored(action: Action, words: dict[str, ActionText]) -> dict[str, Any]:
    """What is stored of an action, by the form's names."""
    target = action.targets[0] if action.targets else None
    values: dict[str, Any] = {
        "goal": action.goal,
        "target_name": target.name if target else "",
        "target_office": target.office if target else "",
        "target_rule": str(rule_of(action)),
        "opens_at": action.opens_at,
        "closes_at": action.closes_at,
        "shared": action.allows_shared_addresses,
    }
    for locale, prefix in (("en", ""), ("es", "es_")):
        text = words.get(locale)
        values[f"{prefix}title"] = text.title if text else ""
        values[f"{prefix}ask"] = text.ask if text else ""
        values[f"{prefix}body"] = text.body_markdown if text else ""
        values |= stored_letter(text, prefix)
    return values


def _same(typed: Any, value: Any) -> bool:
    if isinstance(value, datetime) and isinstance(typed, datetime):
        return typed.replace(second=0, microsecond=0) == value.replace(second=0, microsecond=0)
    if isinstance(value, str):
        return " ".join((typed or "").split()) == " ".join(value.split())
    return bool(typed == value)


class NewActionForm(OnceForm, ActionForm):
    kind = RadioField(
        _l("What people do"),
        choices=[
            Choice(ActionKind.PETITION.value, _l("Sign a petition")),
            Choice(ActionKind.LETTER.value, _l("Send a letter to those it addresses")),
        ],
        default=ActionKind.PETITION.value,
    )
    releases = TickList(_l("Answers these releases"))


class PublishForm(SeenForm):
    material = RadioField(
        _l("What changed?"),
        choices=[
            Choice("no", _l("Wording only: those who signed still signed this")),
            Choice(
                "yes", _l("Something that matters: those who signed may sign the new words too")
            ),
        ],
        default="no",
        validators=[InputRequired()],
    )


class ReopenForm(Form):
    closes_at = ZonedField(_l("Closes again"), [Optional()])
