"""Actions as pages and mails show them: plain values, in few queries, closed on time."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Row, Select, and_, select

from actionhub import clock
from actionhub.actions.models import (
    Action,
    ActionKind,
    ActionRelease,
    ActionState,
    ActionText,
    Target,
)
from actionhub.actions.posting import SigningTarget, signing_target
from actionhub.actions.states import effective_state, is_open, was_opened
from actionhub.actions.texts import DRAFT
from actionhub.config import LOCALES
from actionhub.database import db
from actionhub.errors import NotFound
from actionhub.newsroom.models import PressRelease, ReleaseKind

__all__ = [
    "ActionView",
    "ReleaseLink",
    "SigningTarget",
    "actions_by_id",
    "actions_for_releases",
    "find_action",
    "open_actions",
    "preview_action",
    "signing_target",
]


@dataclass(frozen=True)
class ReleaseLink:
    """A release as an action's page links to it."""

    id: int
    slug: str
    title: str
    released_on: date
    kind: ReleaseKind
    locale: str


@dataclass(frozen=True)
class ActionView:
    """An action in one language. `locale` is that of its words, English where there are no other.

    `state` is as of now, by the action's own times. `text_id` is the version to sign.
    """

    id: int
    slug: str
    kind: ActionKind
    state: ActionState
    locale: str
    text_id: int
    text_number: int
    title: str
    ask: str
    body_html: str
    goal: int
    target_name: str
    target_office: str
    opens_at: datetime | None
    closes_at: datetime | None
    allows_shared_addresses: bool
    releases: tuple[ReleaseLink, ...]

    @property
    def is_open(self) -> bool:
        return self.state is ActionState.OPEN


def find_action(slug: str, locale: str) -> ActionView:
    """The open or closed action at an address. Raises NotFound, drafts and scheduled ones too."""
    moment = clock.now()
    found = _views(and_(Action.slug == slug, was_opened(moment)), locale, moment)
    if not found:
        raise NotFound(_("There is no action at this address."))
    return found[0]


def open_actions(locale: str, limit: int = 100) -> list[ActionView]:
    """The actions that take signatures, the newest first."""
    moment = clock.now()
    views = _views(is_open(moment), locale, moment)
    return views[:limit]


def actions_for_releases(release_ids: Collection[int], locale: str) -> dict[int, list[ActionView]]:
    """By release, the actions tied to it that the public may see, open ones first."""
    if not release_ids:
        return {}
    moment = clock.now()
    ties = db.session.execute(
        select(ActionRelease.release_id, ActionRelease.action_id).where(
            ActionRelease.release_id.in_(release_ids)
        )
    ).all()
    wanted = {action_id for _release, action_id in ties}
    views = _views(and_(Action.id.in_(wanted), was_opened(moment)), locale, moment) if ties else []
    tied = {(release_id, action_id) for release_id, action_id in ties}
    ordered = sorted(views, key=lambda view: not view.is_open)
    return {
        release_id: [view for view in ordered if (release_id, view.id) in tied]
        for release_id in release_ids
    }


def actions_by_id(action_ids: Collection[int], locale: str) -> dict[int, ActionView]:
    """Published actions in whatever state, by id, for mails and people's own pages."""
    published = and_(Action.id.in_(action_ids), Action.text_number > 0)
    return {view.id: view for view in _views(published, locale, clock.now())}


def preview_action(action_id: int, locale: str) -> ActionView:
    """The draft as its page would look; for organizers only. Raises NotFound."""
    found = _views(Action.id == action_id, locale, clock.now(), draft=True)
    if not found:
        raise NotFound(_("There is no action at this address."))
    return found[0]


def _views(
    which: ColumnElement[bool], locale: str, moment: datetime, *, draft: bool = False
) -> list[ActionView]:
    """The wanted actions, the last opened first; three queries however many there are."""
    rows = db.session.execute(_words_of(which, draft=draft)).all()
    chosen: dict[int, Row[Action, ActionText]] = {}
    for row in rows:
        best = chosen.get(row.Action.id)
        if best is None or _nearness(row, locale) < _nearness(best, locale):
            chosen[row.Action.id] = row
    targets = _targets_of(chosen)
    releases = _releases_of(chosen)
    return [_view(row, targets, releases, moment) for row in chosen.values()]


def _words_of(which: ColumnElement[bool], *, draft: bool) -> Select[Action, ActionText]:
    number = DRAFT if draft else Action.text_number
    join = and_(ActionText.action_id == Action.id, ActionText.number == number)
    order = (Action.opens_at.desc(), Action.id.desc(), ActionText.locale)
    return select(Action, ActionText).join(ActionText, join).where(which).order_by(*order)


def _nearness(row: Row[Action, ActionText], locale: str) -> tuple[bool, bool]:
    return row.ActionText.locale != locale, row.ActionText.locale != LOCALES[0]


def _targets_of(action_ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    found = select(Target.action_id, Target.name, Target.office)
    rows = db.session.execute(
        found.where(Target.action_id.in_(list(action_ids))).order_by(Target.id.desc())
    )
    return {action_id: (name, office) for action_id, name, office in rows}


def _releases_of(action_ids: Iterable[int]) -> dict[int, list[ReleaseLink]]:
    rows = db.session.execute(
        select(
            ActionRelease.action_id,
            PressRelease.id,
            PressRelease.slug,
            PressRelease.title,
            PressRelease.released_on,
            PressRelease.kind,
            PressRelease.locale,
        )
        .join(PressRelease, PressRelease.id == ActionRelease.release_id)
        .where(ActionRelease.action_id.in_(list(action_ids)), PressRelease.visible.is_(True))
        .order_by(PressRelease.released_on.desc(), PressRelease.id.desc())
    )
    links: dict[int, list[ReleaseLink]] = {}
    for action_id, release_id, slug, title, released_on, kind, locale in rows:
        link = ReleaseLink(release_id, slug, title, released_on, kind, locale)
        links.setdefault(action_id, []).append(link)
    return links


def _view(
    row: Row[Action, ActionText],
    targets: dict[int, tuple[str, str]],
    releases: dict[int, list[ReleaseLink]],
    moment: datetime,
) -> ActionView:
    action, text = row.Action, row.ActionText
    name, office = targets.get(action.id, ("", ""))
    return ActionView(
        id=action.id,
        slug=action.slug,
        kind=action.kind,
        state=effective_state(action.state, action.opens_at, action.closes_at, moment),
        locale=text.locale,
        text_id=text.id,
        text_number=text.number,
        title=text.title,
        ask=text.ask,
        body_html=text.body_html,
        goal=action.goal,
        target_name=name,
        target_office=office,
        opens_at=action.opens_at,
        closes_at=action.closes_at,
        allows_shared_addresses=action.allows_shared_addresses,
        releases=tuple(releases.get(action.id, ())),
    )
