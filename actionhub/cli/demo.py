"""The sample newsroom of a first start: ten releases and two open petitions."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from actionhub.actions.drafting import draft_action, write_text
from actionhub.actions.models import Action
from actionhub.actions.publishing import publish
from actionhub.database import db
from actionhub.newsroom.models import PressRelease
from actionhub.newsroom.sample.loading import SamplePetition, load_releases, sample_petitions


@dataclass(frozen=True)
class Loaded:
    """How much of the sample was new."""

    releases: int
    petitions: int


def load_sample() -> Loaded:
    """Load what is missing of the sample newsroom and commit.

    Whatever is there already, edited or not, stays as it is: loading twice changes nothing.
    """
    releases = load_releases()
    petitions = [petition for petition in sample_petitions() if _missing(petition)]
    for petition in petitions:
        _open(petition)
    db.session.commit()
    return Loaded(releases, len(petitions))


def _missing(petition: SamplePetition) -> bool:
    return db.session.scalar(select(Action.id).where(Action.slug == petition.slug)) is None


def _open(petition: SamplePetition) -> None:
    release = db.session.scalars(
        select(PressRelease.id).where(PressRelease.identity == petition.release)
    ).one()
    english, *others = petition.texts
    action = draft_action(
        title=english.title,
        ask=english.ask,
        body_markdown=english.body_markdown,
        goal=petition.goal,
        target_name=petition.target_name,
        target_office=petition.target_office,
        slug=petition.slug,
        locale=english.locale,
        release_ids=(release,),
    )
    for text in others:
        write_text(action, text.locale, text.title, text.ask, text.body_markdown)
    publish(action, None)
