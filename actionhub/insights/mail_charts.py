"""Charts of the mail: bars alone. Their names and numbers are text beside them, for any width.

Each is stretched to the room it gets, so nothing in it is text, or round.
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

#: Units of the drawings.
_LENGTH, _THICK, _HIGH = 480.0, 10.0, 48.0


def bar(share: float) -> Markup:
    """One horizontal bar, `share` (0 to 1) of it full. What it says stands beside it."""
    length = max(_LENGTH * share, 4.0) if share else 0.0
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0:.0f} {1:.0f}" aria-hidden="true"'
        ' preserveAspectRatio="none" fill="currentColor">'
        '<rect width="{0:.0f}" height="{1:.0f}" opacity="0.16"/>'
        '<rect class="chart-mark" width="{2:.1f}" height="{1:.0f}"/></svg>'
    ).format(_LENGTH, _THICK, length)


def columns(numbers: Sequence[int], times: Sequence[str], words: str) -> Markup:
    """Upright bars on a line, one for each of `times`, the highest as high as the drawing.

    `words` tell the drawing; each bar names its time and number to who points at it.
    """
    most = max(numbers, default=0)
    step = _LENGTH / max(len(numbers), 1)
    bars = Markup("").join(
        _column(place * step, step, _HIGH * number / most, f"{time}: {number:,}")
        for place, (number, time) in enumerate(zip(numbers, times, strict=True))
        if number
    )
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0:.0f} {1:.0f}" role="img"'
        ' aria-label="{2}" preserveAspectRatio="none" fill="currentColor">{3}'
        '<rect y="{4:.0f}" width="{0:.0f}" height="1" opacity="0.5"/></svg>'
    ).format(_LENGTH, _HIGH + 1, words, bars, _HIGH)


def _column(x: float, step: float, height: float, told: str) -> Markup:
    height = max(height, 2.0)
    return Markup(
        '<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"><title>{}</title></rect>'
    ).format(x + step * 0.13, _HIGH - height, step * 0.74, height, told)
