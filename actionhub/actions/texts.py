"""The versions of an action's words: version 0 is being written, published ones stand for ever."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import event, inspect, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import ORMExecuteState, Session

from actionhub.actions.letter_words import LetterWords, keep_letter, letter_of
from actionhub.actions.models import ActionText
from actionhub.actions.wording import render_markdown
from actionhub.database import db
from actionhub.errors import ActionHubError

DRAFT = 0
LONGEST_TITLE = 200
LONGEST_ASK = 300


class PublishedWordsStand(ActionHubError):
    """Somebody tried to change words that may have been signed."""

    status = 409

    def __init__(self) -> None:
        super().__init__(_("Published words never change. Edit the draft and publish it anew."))


class TooLong(ActionHubError):
    """A title or an ask does not fit."""

    status = 422


def versions(action_id: int, number: int) -> dict[str, ActionText]:
    """One version's texts, by language; what this session changed is flushed first."""
    found = select(ActionText).where(ActionText.action_id == action_id, ActionText.number == number)
    # As they now stand: a colleague may have saved since this session last looked.
    rows = db.session.scalars(found, execution_options={"populate_existing": True})
    return {text.locale: text for text in rows}


def write(
    action_id: int,
    locale: str,
    title: str,
    ask: str,
    body_markdown: str,
    letter: LetterWords | None = None,
) -> ActionText:
    """Write the draft in one language, anew or over what was there; without a `letter`, its
    letter stays. Raises TooLong, LetterTooLong.
    """
    title, ask = " ".join(title.split()), " ".join(ask.split())
    if len(title) > LONGEST_TITLE:
        raise TooLong(_("Keep the title within %(most)s characters.", most=LONGEST_TITLE))
    if len(ask) > LONGEST_ASK:
        raise TooLong(_("Keep the ask within %(most)s characters.", most=LONGEST_ASK))
    draft = versions(action_id, DRAFT).get(locale)
    if draft is None:
        draft = ActionText(action_id=action_id, number=DRAFT, locale=locale, material=False)
        db.session.add(draft)
    draft.title, draft.ask = title, ask
    draft.body_markdown = body_markdown.replace("\r\n", "\n").strip()
    draft.body_html = render_markdown(draft.body_markdown)
    if letter is not None:
        keep_letter(draft, letter)
    db.session.flush()
    return draft


def same_words(one: dict[str, ActionText], other: dict[str, ActionText]) -> bool:
    """Whether two versions say the same in the same languages."""
    return _words(one) == _words(other)


def publish_draft(
    action_id: int, number: int, at: datetime, organizer_id: int | None, *, material: bool
) -> None:
    """Copy the draft, in every language, to version `number`."""
    for draft in versions(action_id, DRAFT).values():
        db.session.add(
            ActionText(
                action_id=action_id,
                number=number,
                locale=draft.locale,
                title=draft.title,
                ask=draft.ask,
                body_markdown=draft.body_markdown,
                body_html=draft.body_html,
                letter_subject=draft.letter_subject,
                letter_opening=draft.letter_opening,
                letter_body=draft.letter_body,
                letter_thanks=draft.letter_thanks,
                material=material,
                published_at=at,
                published_by=organizer_id,
            )
        )
    db.session.flush()


def _words(texts: dict[str, ActionText]) -> dict[str, tuple[object, ...]]:
    return {locale: (t.title, t.ask, t.body_markdown, letter_of(t)) for locale, t in texts.items()}


@event.listens_for(ActionText, "before_update")
@event.listens_for(ActionText, "before_delete")
def _refuse_change(_mapper: Any, _connection: Connection, text: ActionText) -> None:
    before = inspect(text).attrs.number.history.deleted
    if text.number != DRAFT or (before and before[0] != DRAFT):
        raise PublishedWordsStand


@event.listens_for(Session, "do_orm_execute")
def _refuse_bulk_change(state: ORMExecuteState) -> None:
    changes = state.is_update or state.is_delete
    if changes and state.bind_mapper is not None and state.bind_mapper.class_ is ActionText:
        raise PublishedWordsStand
