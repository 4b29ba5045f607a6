"""Actions as the workspace lists them: drafts too, with counts and what waits."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, case, func, select

from actionhub import clock
from actionhub.actions.models import Action, ActionKind, ActionRelease, ActionState, ActionText
from actionhub.actions.states import effective_state
from actionhub.database import db
from actionhub.links import DEFAULT_LOCALE
from actionhub.newsroom.models import PressRelease
from actionhub.signatures.counts import Counts, counts_for
from actionhub.signatures.models import Signature, SignatureState


@dataclass(frozen=True)
class ActionSummary:
    """One action of a list. `quarantined` are signatures that wait for a look."""

    id: int
    slug: str
    kind: ActionKind
    state: ActionState
    title: str
    ask: str
    text_number: int
    opens_at: datetime | None
    closes_at: datetime | None
    counts: Counts
    quarantined: int

    @property
    def percent(self) -> int:
        """How much of the goal is reached, 0 to 100."""
        goal = self.counts.goal
        return min(100, self.counts.confirmed * 100 // goal) if goal else 0


def summaries(which: ColumnElement[bool] | None = None, limit: int = 200) -> list[ActionSummary]:
    """The wanted actions: open ones first, then scheduled, drafts, closed; the newest first."""
    order = case(
        {state: place for place, state in enumerate(_ORDER)}, value=Action.state, else_=len(_ORDER)
    )
    query = select(Action).order_by(order, Action.id.desc()).limit(limit)
    found = list(db.session.scalars(query if which is None else query.where(which)))
    ids = [action.id for action in found]
    words, counts, waiting = draft_words(ids), counts_for(ids), quarantined_of(ids)
    moment = clock.now()
    return [
        ActionSummary(
            id=action.id,
            slug=action.slug,
            kind=action.kind,
            state=effective_state(action.state, action.opens_at, action.closes_at, moment),
            title=words.get(action.id, ("", ""))[0],
            ask=words.get(action.id, ("", ""))[1],
            text_number=action.text_number,
            opens_at=action.opens_at,
            closes_at=action.closes_at,
            counts=counts[action.id],
            quarantined=waiting.get(action.id, 0),
        )
        for action in found
    ]


_ORDER = (ActionState.OPEN, ActionState.SCHEDULED, ActionState.DRAFT, ActionState.CLOSED)


def summary(action_id: int) -> ActionSummary | None:
    """One action, or None."""
    return next(iter(summaries(Action.id == action_id)), None)


def draft_words(action_ids: Collection[int]) -> dict[int, tuple[str, str]]:
    """Title and ask of each draft, English before other languages."""
    rows = db.session.execute(
        select(ActionText.action_id, ActionText.title, ActionText.ask)
        .where(ActionText.action_id.in_(action_ids), ActionText.number == 0)
        .order_by((ActionText.locale == DEFAULT_LOCALE).asc())
    )
    return {action_id: (title, ask) for action_id, title, ask in rows}


def quarantined_of(action_ids: Collection[int]) -> dict[int, int]:
    """How many signatures of each action wait in quarantine."""
    rows = db.session.execute(
        select(Signature.action_id, func.count())
        .where(Signature.action_id.in_(action_ids), Signature.state == SignatureState.QUARANTINED)
        .group_by(Signature.action_id)
    )
    return {action_id: count for action_id, count in rows}  # noqa: C416


def tied_releases(action_id: int) -> list[PressRelease]:
    """The releases an action answers, the newest first, hidden ones too."""
    query = (
        select(PressRelease)
        .join(ActionRelease, ActionRelease.release_id == PressRelease.id)
        .where(ActionRelease.action_id == action_id)
        .order_by(PressRelease.released_on.desc(), PressRelease.id.desc())
    )
    return list(db.session.scalars(query))


def titles_by_release(release_ids: Collection[int]) -> dict[int, list[tuple[int, str]]]:
    """By release, id and title of each action tied to it, drafts too."""
    ties = db.session.execute(
        select(ActionRelease.release_id, ActionRelease.action_id)
        .where(ActionRelease.release_id.in_(release_ids))
        .order_by(ActionRelease.action_id)
    ).all()
    words = draft_words({action_id for _release, action_id in ties})
    result: dict[int, list[tuple[int, str]]] = {}
    for release_id, action_id in ties:
        title = words.get(action_id, ("", ""))[0]
        result.setdefault(release_id, []).append((action_id, title))
    return result
