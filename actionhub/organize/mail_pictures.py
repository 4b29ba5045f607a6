"""The pictures of the mail: what waits, what went out, and why some of it failed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from babel.dates import format_skeleton, format_time, format_timedelta
from flask_babel import format_decimal, get_locale
from flask_babel import gettext as _
from markupsafe import Markup

from actionhub.config import settings
from actionhub.insights.mail import FAILED, PUT_OFF, SENT, MailFigures, Reason, Slot
from actionhub.insights.mail_charts import bar, columns
from actionhub.organize.mail_words import PRIORITY_NAMES, SERIES_NAMES, why
from actionhub.outbox.watching import Queue

#: Reasons told apart; the rest are counted together.
REASONS = 8


@dataclass(frozen=True)
class Line:
    """A named bar: its number, and more about it in words. `late`: it needs somebody."""

    name: str
    number: str
    about: str
    svg: Markup
    late: bool = False


@dataclass(frozen=True)
class Strip:
    """One kind of event over time: how many in all, and at most within a slot."""

    series: str
    name: str
    total: str
    most: str
    svg: Markup


@dataclass(frozen=True)
class Lately:
    """Strips over the same times, and their numbers by time, those without any left out."""

    key: str
    title: str
    strips: list[Strip]
    ends: tuple[str, str]  # what the first and the last slot are called
    columns: list[str]
    rows: list[list[str]]


def waiting(queues: Sequence[Queue]) -> list[Line]:
    """What is due, by priority, and for how long the oldest is."""
    most = max((one.due for one in queues), default=0) or 1
    return [
        Line(
            name=str(PRIORITY_NAMES[one.priority]),
            number=format_decimal(one.due),
            about="; ".join(_about(one)),
            svg=bar(one.due / most),
            late=one.is_late,
        )
        for one in queues
    ]


def lately(figures: MailFigures) -> list[Lately]:
    """The last hours and the last days."""
    zone, locale = settings().timezone, get_locale() or "en"
    hours = [
        format_time(slot.start.astimezone(zone), "short", locale=locale) for slot in figures.hours
    ]
    days = [
        format_skeleton("MMMEd", slot.start.astimezone(zone), locale=locale)
        for slot in figures.days
    ]
    return [
        _lately("hours", _("The last 24 hours"), figures.hours, hours, _("From")),
        _lately("days", _("The last 7 days"), figures.days, days, _("Day")),
    ]


def reasons(found: Iterable[Reason]) -> list[Line]:
    """Why emails failed, the most frequent first, the rarest together."""
    sums: dict[str, int] = {}
    for reason in found:
        sums[why(reason)] = sums.get(why(reason), 0) + reason.number
    ordered = sorted(sums.items(), key=lambda item: -item[1])
    if rest := sum(number for _words, number in ordered[REASONS:]):
        ordered = [*ordered[:REASONS], (_("all others"), rest)]
    most = max((number for _words, number in ordered), default=1)
    return [
        Line(words[:1].upper() + words[1:], format_decimal(number), "", bar(number / most))
        for words, number in ordered
    ]


def _about(queue: Queue) -> list[str]:
    told = []
    if queue.due:
        age = _age(queue.age)
        late = _("the oldest for %(age)s, which is too long", age=age)
        told.append(late if queue.is_late else _("the oldest for %(age)s", age=age))
    if queue.later:
        told.append(_("%(n)s put off until later", n=format_decimal(queue.later)))
    if queue.paused:
        told.append(_("%(n)s in paused mailings", n=format_decimal(queue.paused)))
    return told


def _lately(key: str, title: str, slots: Sequence[Slot], times: list[str], when: str) -> Lately:
    every = (SENT, PUT_OFF, FAILED)
    return Lately(
        key=key,
        title=title,
        strips=[_strip(series, [slot.number(series) for slot in slots], times) for series in every],
        ends=(times[0], times[-1]),
        columns=[when, *(str(SERIES_NAMES[series]) for series in every)],
        rows=[
            [time, *(format_decimal(slot.number(series)) for series in every)]
            for time, slot in zip(times, slots, strict=True)
            if any(slot.number(series) for series in every)
        ],
    )


def _strip(series: str, numbers: list[int], times: list[str]) -> Strip:
    name, total, most = str(SERIES_NAMES[series]), format_decimal(sum(numbers)), max(numbers)
    told = ""
    if most:
        at = times[numbers.index(most)]
        told = _("at most %(n)s (%(time)s)", n=format_decimal(most), time=at)
    svg = columns(numbers, times, f"{name}: {total}; {told}" if told else f"{name}: {total}")
    return Strip(series, name, total, told, svg)


def _age(span: timedelta) -> str:
    return str(format_timedelta(span, locale=get_locale() or "en"))
