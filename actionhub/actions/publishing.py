"""How an action goes from draft to scheduled, open and closed.

The door that calls these records the audit event and commits.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import select, update

from actionhub import clock
from actionhub.actions import texts
from actionhub.actions.drafting import KEEP, Moment
from actionhub.actions.letter_words import fields_of, problems_of_letter
from actionhub.actions.models import Action, ActionKind, ActionState, ActionText
from actionhub.actions.posting import forget_targets_on_commit
from actionhub.actions.states import STATE_NAMES, ActionClosed, NotReady, WrongTurn, state_of
from actionhub.config import LOCALES
from actionhub.database import db

__all__ = [
    "ActionClosed",
    "NotReady",
    "WrongTurn",
    "close",
    "problems_of",
    "publish",
    "reopen",
    "turn",
    "unschedule",
]


def publish(action: Action, organizer_id: int | None, material: bool = False) -> None:
    """Make the draft's words the public ones, in every language, and open the action.

    It opens now, or at `opens_at` where that lies ahead. Words that did not change make no new
    version. `material` marks a version that asks earlier signers again.
    Raises NotReady with a sentence for each field, WrongTurn from closed.
    """
    _lock(action)
    moment = clock.now()
    _need(action, moment, {ActionState.DRAFT, ActionState.SCHEDULED, ActionState.OPEN})
    if problems := problems_of(action):
        raise NotReady(problems)
    draft = texts.versions(action.id, texts.DRAFT)
    if not texts.same_words(draft, texts.versions(action.id, action.text_number or -1)):
        number = action.text_number + 1
        texts.publish_draft(action.id, number, moment, organizer_id, material=material)
        action.text_number = number
    if state_of(action, moment) is not ActionState.OPEN:
        ahead = action.opens_at is not None and action.opens_at > moment
        action.opens_at = action.opens_at if ahead else moment
        action.state = ActionState.SCHEDULED if ahead else ActionState.OPEN
    _touch(action, moment)


def problems_of(action: Action) -> dict[str, str]:
    """What keeps an action from being published: a sentence for each field, none if ready."""
    problems: dict[str, str] = {}
    words = texts.versions(action.id, texts.DRAFT)
    for locale in sorted(words, key=LOCALES.index):
        problems |= _missing_words(words[locale])
    if action.kind is ActionKind.LETTER:
        known = fields_of(action)
        for text in words.values():
            found = problems_of_letter(text, known)
            problems |= {_field(name, text.locale): told for name, told in found.items()}
    if not words:
        problems["title"] = _("Give the action a title.")
    if not action.targets or not action.targets[0].name:
        problems["target_name"] = _("Say whom the action addresses.")
    if action.goal < 1:
        problems["goal"] = _("Set a goal of at least one signature.")
    problems |= _bad_times(action, clock.now())
    return problems


def unschedule(action: Action) -> None:
    """Turn a scheduled action back into a draft. Raises WrongTurn."""
    _lock(action)
    moment = clock.now()
    _need(action, moment, {ActionState.SCHEDULED})
    action.state = ActionState.DRAFT
    _touch(action, moment)


def close(action: Action) -> None:
    """End an open or scheduled action now. Raises WrongTurn; one that closed itself stays so."""
    _lock(action)
    moment = clock.now()
    ran_out = state_of(action, moment) is ActionState.CLOSED and action.state is ActionState.OPEN
    if ran_out:
        action.state = ActionState.CLOSED
    else:
        _need(action, moment, {ActionState.OPEN, ActionState.SCHEDULED})
        action.state, action.closes_at = ActionState.CLOSED, moment
    _touch(action, moment)


def reopen(action: Action, closes_at: Moment = None) -> None:
    """Open a closed action again, until `closes_at` or, with None, until it is closed by hand.

    Raises WrongTurn, NotReady where a kept or given closing time is past.
    """
    _lock(action)
    moment = clock.now()
    _need(action, moment, {ActionState.CLOSED})
    until = action.closes_at if closes_at is KEEP else closes_at
    if until is not None and until <= moment:
        raise NotReady({"closes_at": _("The closing time must lie ahead.")})
    if action.text_number == 0:
        raise NotReady({"title": _("Publish the action first.")})
    action.state, action.closes_at = ActionState.OPEN, until
    if action.opens_at is None or action.opens_at > moment:
        action.opens_at = moment
    _touch(action, moment)


def turn() -> int:
    """Open the scheduled actions whose time came, close those past theirs; how many turned.

    Idempotent and safe to run twice at once: each is one statement.
    """
    moment = clock.now()
    opened = db.session.execute(
        update(Action)
        .where(Action.state == ActionState.SCHEDULED, Action.opens_at <= moment)
        .values(state=ActionState.OPEN, updated_at=moment)
        .execution_options(synchronize_session="fetch")
    )
    closed = db.session.execute(
        update(Action)
        .where(Action.state == ActionState.OPEN, Action.closes_at <= moment)
        .values(state=ActionState.CLOSED, updated_at=moment)
        .execution_options(synchronize_session="fetch")
    )
    turned = int(getattr(opened, "rowcount", 0)) + int(getattr(closed, "rowcount", 0))
    if turned:
        forget_targets_on_commit()
    return turned


def _missing_words(text: ActionText) -> dict[str, str]:
    language = _("in Spanish") if text.locale == "es" else _("in English")
    problems = {}
    if not text.title:
        problems[_field("title", text.locale)] = _(
            "Give the action a title %(language)s.", language=language
        )
    if not text.ask:
        problems[_field("ask", text.locale)] = _(
            "Say in one sentence what you ask for, %(language)s.", language=language
        )
    return problems


def _field(name: str, locale: str) -> str:
    """The default language's fields carry plain names, others their language: `title:es`."""
    return name if locale == LOCALES[0] else f"{name}:{locale}"


def _bad_times(action: Action, moment: datetime) -> dict[str, str]:
    if action.closes_at is None:
        return {}
    if action.closes_at <= moment:
        return {"closes_at": _("The closing time must lie ahead.")}
    if action.opens_at is not None and action.closes_at <= action.opens_at:
        return {"closes_at": _("The closing time must come after the opening.")}
    return {}


def _lock(action: Action) -> None:
    """Two organizers pressing the button at once come one after the other."""
    db.session.flush()
    db.session.execute(
        select(Action).where(Action.id == action.id).with_for_update(),
        execution_options={"populate_existing": True},
    ).scalar_one()


def _need(action: Action, moment: datetime, allowed: Collection[ActionState]) -> None:
    state = state_of(action, moment)
    if state not in allowed:
        raise WrongTurn(
            _("This action is %(state)s, so that cannot be done.", state=STATE_NAMES[state])
        )


def _touch(action: Action, moment: datetime) -> None:
    action.updated_at = moment
    db.session.flush()
    forget_targets_on_commit()
