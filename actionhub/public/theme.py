"""The one accent, as the pages use it: shades whose contrast is checked, light and dark.

Contrast is that of WCAG 2.2, success criterion 1.4.3: 4.5 for text.
"""

from __future__ import annotations

import re

from actionhub.errors import ConfigurationError

Colour = tuple[int, int, int]

PAPER: Colour = (255, 255, 255)
INK: Colour = (17, 17, 17)
NIGHT: Colour = (20, 20, 22)
NIGHT_RAISED: Colour = (33, 33, 37)  # the card of a call to action, by night
ENOUGH = 4.5


def stylesheet(accent: str) -> str:
    """Custom properties for `accent` (`#rrggbb`). Raises ConfigurationError for anything else."""
    colour = read_colour(accent)
    day = until_readable(colour, on=PAPER, towards=(0, 0, 0))
    night = until_readable(colour, on=NIGHT_RAISED, towards=PAPER)
    by_day = _properties(day, PAPER, mix(day, (0, 0, 0), 0.25))
    by_night = _properties(night, readable_on(night), mix(night, PAPER, 0.25))
    return f"{by_day}\n@media (prefers-color-scheme:dark){{{by_night}}}"


def _properties(accent: Colour, on_accent: Colour, deep: Colour) -> str:
    return (
        f":root{{--accent:{write(accent)};--on-accent:{write(on_accent)};"
        f"--accent-deep:{write(deep)}}}"
    )


def read_colour(text: str) -> Colour:
    """Read `#b3261e`. Raises ConfigurationError."""
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", text):
        raise ConfigurationError(
            "ACTIONHUB_ACCENT", f"{text!r} is not a colour", "Write one like #b3261e"
        )
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def write(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """`one` with a `share` (0 to 1) of `other`."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def luminance(colour: Colour) -> float:
    """Relative luminance, 0 to 1 (WCAG 2.2)."""
    parts = [value / 255 for value in colour]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Colour, other: Colour) -> float:
    """The contrast ratio, 1 to 21 (WCAG 2.2)."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def until_readable(colour: Colour, *, on: Colour, towards: Colour) -> Colour:
    """`colour`, moved towards `towards` as little as makes it readable on `on`."""
    moved = (mix(colour, towards, step / 40) for step in range(41))
    return next(shade for shade in moved if contrast(shade, on) >= ENOUGH)


def readable_on(colour: Colour) -> Colour:
    """Ink or paper, whichever is better read on `colour`."""
    return max(INK, PAPER, key=lambda text: contrast(text, colour))
