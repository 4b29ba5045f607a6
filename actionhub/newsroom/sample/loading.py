"""The sample's files as data, and its releases into the newsroom."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from importlib import resources
from typing import Any

from sqlalchemy import select

from actionhub.database import db
from actionhub.newsroom.applying import values_of
from actionhub.newsroom.editing import summary_of
from actionhub.newsroom.items import Item, make_item
from actionhub.newsroom.models import PressRelease, ReleaseKind
from actionhub.newsroom.sanitising import one_line, paragraphs
from actionhub.newsroom.storing import insert_release


@dataclass(frozen=True)
class SampleText:
    """An action's words in one language; the body is Markdown. `letter`: subject, opening, body
    and thanks of a letter's, by those names.
    """

    locale: str
    title: str
    ask: str
    body_markdown: str
    letter: dict[str, str]


@dataclass(frozen=True)
class SampleAction:
    """An action, its words in English first, and the identity of the release that it answers.

    `kind` and `target_rule` as `actions.drafting` takes them.
    """

    slug: str
    kind: str
    release: str
    goal: int
    target_name: str
    target_office: str
    target_rule: str
    texts: tuple[SampleText, ...]


def sample_releases() -> list[Item]:
    """The ten releases, newest first."""
    return [_release(entry) for entry in _read("releases.toml")["release"]]


def sample_actions() -> list[SampleAction]:
    """The petition and the letter."""
    by_day = {item.released_on: item.identity for item in sample_releases()}
    return [_action(entry, by_day) for entry in _read("actions.toml")["action"]]


def load_releases() -> int:
    """Add the sample's releases that are not there; how many. Those there stay as they are.

    Their identity is date and title, so that importing the real page later brings them up to
    date and adds none twice. Flushes; the caller commits.
    """
    items = sample_releases()
    there = set(
        db.session.scalars(
            select(PressRelease.identity).where(
                PressRelease.identity.in_([item.identity for item in items])
            )
        )
    )
    missing = [item for item in reversed(items) if item.identity not in there]
    return sum(insert_release(item.identity, values_of(item)) is not None for item in missing)


def _release(entry: dict[str, Any]) -> Item:
    body = "\n\n".join(one_line(paragraph) for paragraph in entry["body"].split("\n\n"))
    body_html = paragraphs(body)
    return make_item(
        title=entry["title"],
        released_on=entry["on"],
        kind=ReleaseKind(entry["kind"]),
        body_html=body_html,
        summary=summary_of(body_html),
    )


def _action(entry: dict[str, Any], by_day: dict[date, str]) -> SampleAction:
    texts = tuple(
        SampleText(
            locale,
            words["title"],
            words["ask"],
            words["body"].strip(),
            {
                name.removeprefix("letter_"): said.strip()
                for name, said in words.items()
                if name.startswith("letter_")
            },
        )
        for locale, words in entry.items()
        if isinstance(words, dict)
    )
    return SampleAction(
        slug=entry["slug"],
        kind=entry.get("kind", "petition"),
        release=by_day[entry["release"]],
        goal=entry["goal"],
        target_name=entry["target_name"],
        target_office=entry["target_office"],
        target_rule=entry.get("target_rule", "named"),
        texts=texts,
    )


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath(name).read_text("utf-8"))
