"""Charts as SVG made here: presentation attributes only, in the text's colour, told in words too.

Marks carry the class `chart-mark`, so that a stylesheet may give them the accent.
"""

from __future__ import annotations

from collections.abc import Sequence

from babel.dates import format_skeleton
from flask_babel import format_decimal, get_locale, ngettext
from flask_babel import gettext as _
from markupsafe import Markup

from actionhub.config import LOCALES
from actionhub.insights.figures import Day, Source, SourceKind

#: Units of the drawing: about CSS pixels in a card, and still readable on a phone.
WIDTH = 480
_FACE = Markup('font-family="system-ui, sans-serif" fill="currentColor"')
_FONT = _FACE + Markup(' font-size="14"')
_FAINT, _SOFT = "0.16", "0.72"
_TOP, _FLOOR = 26.0, 160.0


def days_chart(days: Sequence[Day], name: str = "days", title: str = "") -> Markup:
    """Bars of confirmed signatures, one a day. `name` makes the ids on a page unique."""
    title = title or _("Confirmed signatures by day")
    total = sum(day.confirmed for day in days)
    if not total:
        return _empty(name, title, _("No confirmed signatures in this time yet."))
    peak = max(days, key=lambda day: day.confirmed)
    words = ngettext(
        "%(num)s signature in %(days)s days, most on %(day)s.",
        "%(num)s signatures in %(days)s days, most on %(day)s.",
        total,
        days=len(days),
        day=_day(peak),
    )
    return _figure(name, title, words, 190, _bars(days, peak))


def sources_chart(sources: Sequence[Source], name: str = "sources", title: str = "") -> Markup:
    """Horizontal bars, the largest source first."""
    title = title or _("Where signers came from")
    most = max((source.confirmed for source in sources), default=0)
    if not most:
        return _empty(name, title, _("Nobody has confirmed yet."))
    words = "; ".join(f"{label_of(one)}: {format_decimal(one.confirmed)}" for one in sources)
    step, room = 44, WIDTH
    parts = []
    for place, source in enumerate(sources):
        y = place * step
        length = max(room * source.confirmed / most, 10)
        parts.append(
            Markup(
                '<text x="0" y="{0}" {1}>{2}</text>'
                '<text x="{3}" y="{0}" {1} font-weight="600" text-anchor="end">{4}</text>'
                '<rect x="0" y="{5}" width="{3}" height="10" rx="5" fill="currentColor"'
                ' opacity="{6}"/>'
                '<rect class="chart-mark" x="0" y="{5}" width="{7:.1f}" height="10" rx="5"'
                ' fill="currentColor"/>'
            ).format(
                y + 14,
                _FONT,
                _cut(label_of(source), 50),
                room,
                format_decimal(source.confirmed),
                y + 22,
                _FAINT,
                length,
            )
        )
    return _figure(name, title, words, len(sources) * step - 8, Markup("").join(parts))


def label_of(source: Source) -> str:
    """A source in words."""
    names: dict[SourceKind, str] = {
        SourceKind.DIRECT: _("Straight to the page"),
        SourceKind.OTHER: _("All others"),
    }
    return names.get(source.kind, source.label)


def _bars(days: Sequence[Day], peak: Day) -> Markup:
    highest = _round_up(peak.confirmed)
    left = 8.0 * len(format_decimal(highest)) + 8
    step = (WIDTH - left) / len(days)
    wide = min(step * 0.74, 40)
    parts = [_grid(level, left, highest) for level in _levels(peak, highest)]
    for place, day in enumerate(days):
        x = left + place * step + (step - wide) / 2
        parts.append(_bar(day, x, wide, _height(day.confirmed, highest), strong=day == peak))
    middle = left + (days.index(peak) + 0.5) * step
    y = _FLOOR - _height(peak.confirmed, highest) - 6
    parts.append(_peak_label(peak, min(max(middle, left + 12), WIDTH - 12), y))
    parts.append(_dates(days, left, step))
    return Markup("").join(parts)


def _peak_label(peak: Day, x: float, y: float) -> Markup:
    return Markup(
        '<text x="{:.1f}" y="{:.1f}" {} font-weight="700" text-anchor="middle">{}</text>'
    ).format(x, y, _FONT, format_decimal(peak.confirmed))


def _dates(days: Sequence[Day], left: float, step: float) -> Markup:
    """The first day, the middle one and the last, under the bars."""
    places = {0: (left, "start"), len(days) - 1: (float(WIDTH), "end")}
    places.setdefault(len(days) // 2, (left + (len(days) // 2 + 0.5) * step, "middle"))
    return Markup("").join(
        Markup('<text x="{:.1f}" y="182" {} opacity="{}" text-anchor="{}">{}</text>').format(
            x, _FONT, _SOFT, anchor, _day(days[place])
        )
        for place, (x, anchor) in places.items()
    )


def _height(number: int, highest: int) -> float:
    return (_FLOOR - _TOP) * number / highest


def _bar(day: Day, x: float, wide: float, height: float, *, strong: bool) -> Markup:
    if not day.confirmed:
        return Markup("")
    height = max(height, 2)
    round_ = min(wide / 2, height, 3)
    shape = (
        f"M{x:.1f} {_FLOOR:.1f}v{-(height - round_):.1f}q0 {-round_:.1f} {round_:.1f} {-round_:.1f}"
        f"h{wide - 2 * round_:.1f}q{round_:.1f} 0 {round_:.1f} {round_:.1f}"
        f"v{height - round_:.1f}z"
    )
    told = f"{_day(day)}: {format_decimal(day.confirmed)}"
    return Markup(
        '<path class="chart-mark" d="{}" fill="currentColor" opacity="{}"><title>{}</title></path>'
    ).format(shape, "1" if strong else "0.62", told)


def _grid(level: int, left: float, highest: int) -> Markup:
    y = _FLOOR - _height(level, highest)
    return Markup(
        '<line x1="{0:.1f}" y1="{1:.1f}" x2="{2}" y2="{1:.1f}" stroke="currentColor"'
        ' stroke-opacity="{3}"/>'
        '<text x="{4:.1f}" y="{5:.1f}" {6} opacity="{7}" text-anchor="end">{8}</text>'
    ).format(
        left,
        y,
        WIDTH,
        _FAINT if level else "0.5",
        left - 8,
        y + 5,
        _FONT,
        _SOFT,
        format_decimal(level),
    )


def _levels(peak: Day, highest: int) -> list[int]:
    """Nothing, half and all; no line through the number that stands above the peak."""
    clear = _height(highest, highest) - _height(peak.confirmed, highest) > 20
    return [0, highest // 2, *([highest] if clear else [])]


def _round_up(number: int) -> int:
    """The next of 2, 4, 6, 8, 10, 20, 30, 40, 50 ...: axes end on round numbers with a half."""
    power = 1
    while True:
        for step in (2, 3, 4, 5, 6, 8, 10):
            if number <= step * power and step * power % 2 == 0:
                return step * power
        power *= 10


def _figure(name: str, title: str, words: str, height: int, inside: Markup) -> Markup:
    return Markup(
        '<svg class="chart-drawing" xmlns="http://www.w3.org/2000/svg"'
        ' viewBox="0 0 {width} {height}"'
        ' width="100%" role="img" aria-labelledby="{name}-title {name}-desc">'
        '<title id="{name}-title">{title}</title><desc id="{name}-desc">{words}</desc>'
        "{inside}</svg>"
    ).format(width=WIDTH, height=height, name=name, title=title, words=words, inside=inside)


def _empty(name: str, title: str, words: str) -> Markup:
    inside = Markup(
        '<rect x="1" y="1" width="{}" height="88" rx="8" fill="none" stroke="currentColor"'
        ' stroke-opacity="0.35" stroke-dasharray="4 5"/>'
        '<text x="{}" y="50" {} opacity="{}" text-anchor="middle">{}</text>'
    ).format(WIDTH - 2, WIDTH / 2, _FONT, _SOFT, words)
    return _figure(name, title, words, 90, inside)


def _day(day: Day) -> str:
    return format_skeleton("MMMd", day.day, locale=get_locale() or LOCALES[0])


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
