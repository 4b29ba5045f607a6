"""The sample newsroom of a first start: ten releases, an open petition and an open letter."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from actionhub.actions.drafting import draft_action, write_text
from actionhub.actions.letter_words import LetterWords
from actionhub.actions.models import Action, ActionKind
from actionhub.actions.publishing import publish
from actionhub.database import db
from actionhub.newsroom.models import PressRelease
from actionhub.newsroom.sample.loading import SampleAction, load_releases, sample_actions


@dataclass(frozen=True)
class Loaded:
    """How much of the sample was new."""

    releases: int
    actions: int


def load_sample() -> Loaded:
    """Load what is missing of the sample newsroom and commit.

    Whatever is there already, edited or not, stays as it is: loading twice changes nothing.
    """
    releases = load_releases()
    actions = [sample for sample in sample_actions() if _missing(sample)]
    for sample in actions:
        _open(sample)
    db.session.commit()
    return Loaded(releases, len(actions))


def _missing(sample: SampleAction) -> bool:
    return db.session.scalar(select(Action.id).where(Action.slug == sample.slug)) is None


def _open(sample: SampleAction) -> None:
    release = db.session.scalars(
        select(PressRelease.id).where(PressRelease.identity == sample.release)
    ).one()
    english, *others = sample.texts
    action = draft_action(
        title=english.title,
        ask=english.ask,
        body_markdown=english.body_markdown,
        goal=sample.goal,
        target_name=sample.target_name,
        target_office=sample.target_office,
        target_rule=sample.target_rule,
        kind=ActionKind(sample.kind),
        slug=sample.slug,
        locale=english.locale,
        letter=LetterWords(**english.letter),
        release_ids=(release,),
    )
    for text in others:
        letter = LetterWords(**text.letter)
        write_text(action, text.locale, text.title, text.ask, text.body_markdown, letter)
    publish(action, None)
