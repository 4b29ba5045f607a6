"""The pictures of an action, gathered for its page and for the overview."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from flask_babel import format_percent, ngettext
from flask_babel import gettext as _
from markupsafe import Markup

from actionhub.insights import charts
from actionhub.insights.figures import DAYS, ActionFigures, Day, growth_of

#: Sparklines drawn on the overview; more actions than these are listed without one.
MOST = 24
WIDTH, HEIGHT = 240, 32


@dataclass(frozen=True)
class Picture:
    """A drawing with its name, and in words what it cannot show."""

    title: str
    svg: Markup
    told: str


def pictures_of(figures: ActionFigures) -> list[Picture]:
    """Growth by day, and where signers came from."""
    by_day = _("Confirmed, day by day")
    by_source = _("Where they came from")
    return [
        Picture(by_day, charts.days_chart(figures.days, "days", by_day), _rate(figures)),
        Picture(by_source, charts.sources_chart(figures.sources, "sources", by_source), ""),
    ]


def sparklines(action_ids: Collection[int]) -> dict[int, Markup]:
    """By action, the last days as small bars; none for one that nobody confirmed lately."""
    drawn = {}
    for action_id, days in growth_of(list(action_ids)[:MOST]).items():
        if any(day.confirmed for day in days):
            drawn[action_id] = _sparkline(days)
    return drawn


def _sparkline(days: Sequence[Day]) -> Markup:
    most = max(day.confirmed for day in days)
    step = WIDTH / len(days)
    bars = Markup("").join(
        Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>').format(
            place * step, HEIGHT - height, step * 0.7, height
        )
        for place, day in enumerate(days)
        if (height := HEIGHT * day.confirmed / most)
    )
    total = sum(day.confirmed for day in days)
    words = ngettext(
        "%(num)s confirmed in %(days)s days", "%(num)s confirmed in %(days)s days", total, days=DAYS
    )
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {}" role="img" aria-label="{}"'
        ' fill="currentColor" preserveAspectRatio="none">{}</svg>'
    ).format(WIDTH, HEIGHT, words, bars)


def _rate(figures: ActionFigures) -> str:
    if figures.confirm_rate is None:
        return ""
    told: str = _(
        "Of %(asked)s asked to confirm in the last %(days)s days, %(share)s did. "
        "%(members)s agreed to hear more.",
        asked=figures.asked,
        days=DAYS,
        share=format_percent(figures.confirm_rate),
        members=figures.members,
    )
    return told
