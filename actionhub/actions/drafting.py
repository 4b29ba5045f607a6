"""Writing an action: its words, its target, its goal and its times, before and between publishings.

The door that calls these records the audit event and commits.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import Enum
from typing import Literal

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from actionhub import clock
from actionhub.actions import texts
from actionhub.actions.letter_words import LetterWords
from actionhub.actions.models import (
    Action,
    ActionKind,
    ActionState,
    ActionText,
)
from actionhub.actions.naming import readable
from actionhub.actions.posting import forget_targets_on_commit
from actionhub.actions.states import NotReady, state_of
from actionhub.actions.targets import FixedOnceSigned, set_target
from actionhub.actions.tying import tie
from actionhub.config import LOCALES
from actionhub.database import db
from actionhub.errors import ActionHubError, NotFound


class NotALanguage(ActionHubError):
    """There are no pages in that language."""


class Unchanged(Enum):
    """Stands for a field that an edit leaves as it is."""

    KEEP = "keep"


KEEP = Unchanged.KEEP
Moment = datetime | None | Literal[Unchanged.KEEP]


def draft_action(
    *,
    title: str,
    ask: str,
    body_markdown: str,
    goal: int,
    target_name: str,
    target_office: str = "",
    target_rule: str = "named",
    kind: ActionKind = ActionKind.PETITION,
    locale: str = "en",
    release_ids: Iterable[int] = (),
    closes_at: datetime | None = None,
    opens_at: datetime | None = None,
    slug: str | None = None,
    allows_shared_addresses: bool = True,
    letter: LetterWords | None = None,
    organizer_id: int | None = None,
) -> Action:
    """A new draft, tied to its releases; it may be incomplete until it is published.

    Times are aware. Raises texts.TooLong, NotALanguage, NoSuchRule, NotFound (a release).
    """
    values = {
        "kind": kind,
        "state": ActionState.DRAFT,
        "goal": goal,
        "allows_shared_addresses": allows_shared_addresses,
        "opens_at": opens_at,
        "closes_at": closes_at,
        "text_number": 0,
        "created_by": organizer_id,
        "created_at": clock.now(),
        "updated_at": clock.now(),
    }
    action_id = _insert_under_free_slug(readable(slug or title) or kind.value, values)
    action = db.session.get_one(Action, action_id)
    set_target(action, target_name, target_office, target_rule)
    write_text(action, locale, title, ask, body_markdown, letter)
    for release_id in release_ids:
        tie(action_id, release_id)
    return action


def edit_draft(
    action: Action,
    *,
    title: str | None = None,
    ask: str | None = None,
    body_markdown: str | None = None,
    locale: str = "en",
    goal: int | None = None,
    target_name: str | None = None,
    target_office: str | None = None,
    target_rule: str | None = None,
    opens_at: Moment = KEEP,
    closes_at: Moment = KEEP,
    slug: str | None = None,
    allows_shared_addresses: bool | None = None,
    letter: LetterWords | None = None,
) -> Action:
    """Change what is given and leave the rest. Words go to the draft: they need publishing.

    Goal and times count at once, so that of a published action they must make sense.
    Raises texts.TooLong, NotALanguage, NoSuchRule, FixedOnceSigned, NotReady.
    """
    _refuse_nonsense(action, goal, closes_at)
    _reword(action, locale, title, ask, body_markdown, letter)
    if goal is not None:
        action.goal = goal
    set_target(action, target_name, target_office, target_rule)
    if opens_at is not KEEP:
        action.opens_at = opens_at
    if closes_at is not KEEP:
        action.closes_at = closes_at
    if slug is not None and readable(slug) != action.slug:
        _rename(action, slug)
    if allows_shared_addresses is not None:
        _share_addresses(action, allows_shared_addresses)
    action.updated_at = clock.now()
    db.session.flush()
    forget_targets_on_commit()
    return action


def write_text(
    action: Action,
    locale: str,
    title: str,
    ask: str,
    body_markdown: str,
    letter: LetterWords | None = None,
) -> ActionText:
    """Write the draft's words in one language.

    Raises texts.TooLong, LetterTooLong, NotALanguage.
    """
    if locale not in LOCALES:
        raise NotALanguage(_("There are no pages in that language."))
    action.updated_at = clock.now()
    return texts.write(action.id, locale, title, ask, body_markdown, letter)


def drop_text(action: Action, locale: str) -> None:
    """Drop one language from the draft; published versions keep theirs. Raises NotFound."""
    draft = texts.versions(action.id, texts.DRAFT).get(locale)
    if draft is None:
        raise NotFound(_("There is no draft in that language."))
    db.session.delete(draft)
    db.session.flush()


def has_unpublished_words(action: Action) -> bool:
    """Whether the draft says something else than what the public reads."""
    draft = texts.versions(action.id, texts.DRAFT)
    return not texts.same_words(draft, texts.versions(action.id, action.text_number or -1))


def _reword(
    action: Action,
    locale: str,
    title: str | None,
    ask: str | None,
    body_markdown: str | None,
    letter: LetterWords | None,
) -> None:
    if title is None and ask is None and body_markdown is None and letter is None:
        return
    before = texts.versions(action.id, texts.DRAFT).get(locale)
    write_text(
        action,
        locale,
        title if title is not None else before.title if before else "",
        ask if ask is not None else before.ask if before else "",
        body_markdown if body_markdown is not None else before.body_markdown if before else "",
        letter,
    )


def _share_addresses(action: Action, allowed: bool) -> None:
    if allowed == action.allows_shared_addresses:
        return
    if action.text_number:  # one inbox would sign twice: its earlier signature is keyed else
        raise FixedOnceSigned(_("How many may sign from one address was published and stays."))
    action.allows_shared_addresses = allowed


def _refuse_nonsense(action: Action, goal: int | None, closes_at: Moment) -> None:
    """What a draft may be missing, an action that people see may not."""
    moment = clock.now()
    if state_of(action, moment) not in {ActionState.OPEN, ActionState.SCHEDULED}:
        return
    problems = {}
    if goal is not None and goal < 1:
        problems["goal"] = _("Set a goal of at least one signature.")
    if isinstance(closes_at, datetime) and closes_at <= moment:
        problems["closes_at"] = _("The closing time must lie ahead. To end it now, close it.")
    if problems:
        raise NotReady(problems)


def _rename(action: Action, slug: str) -> None:
    if action.text_number > 0:
        raise FixedOnceSigned(_("The address was published, and links to it must keep working."))
    free = readable(slug) or action.kind.value
    taken = set(
        db.session.scalars(select(Action.slug).where(Action.slug.startswith(free, autoescape=True)))
    )
    action.slug = next(name for name in _numbered(free) if name not in taken)


def _insert_under_free_slug(slug: str, values: dict[str, object]) -> int:
    """Insert an action under `slug`, or `slug-2` and so on, and return its id."""
    insert = (postgresql if db.engine.dialect.name == "postgresql" else sqlite).insert
    for name in _numbered(slug):
        row = insert(Action).values(slug=name, **values)
        found = db.session.execute(
            row.on_conflict_do_nothing(index_elements=[Action.slug]).returning(Action.id)
        ).scalar_one_or_none()
        if found is not None:
            return int(found)
    raise AssertionError("unreachable: there is always a next number")


def _numbered(slug: str) -> Iterable[str]:
    yield slug
    number = 2
    while True:
        yield f"{slug}-{number}"
        number += 1
