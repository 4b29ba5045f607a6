"""The one accent, as the pages use it: shades whose contrast is checked, light and dark.

Contrast is that of WCAG 2.2, success criterion 1.4.3: 4.5 for text.
"""

from __future__ import annotations

import colorsys
import re

from actionhub.errors import ConfigurationError

Colour = tuple[int, int, int]

PAPER: Colour = (255, 255, 255)
NIGHT_RAISED: Colour = (33, 33, 37)  # the card of a call to action, by night
ENOUGH = 4.5


def stylesheet(accent: str) -> str:
    """Custom properties for `accent` (`#rrggbb`). Raises ConfigurationError for anything else.

    `--accent` fills, with `--on-accent` written on it, by day and by night alike; `--accent-text`
    is written on the page itself.
    """
    colour = read_colour(accent)
    fill = until_readable(colour, on=PAPER, lighter=False)
    night = until_readable(colour, on=NIGHT_RAISED, lighter=True)
    return (
        f":root{{--accent:{write(fill)};--on-accent:{write(PAPER)};"
        f"--accent-deep:{write(darker(fill, 0.8))};--accent-text:{write(fill)}}}\n"
        f"@media (prefers-color-scheme:dark){{:root{{--accent-text:{write(night)}}}}}"
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


def darker(colour: Colour, share: float) -> Colour:
    """`colour` with that `share` (0 to 1) of its light."""
    red, green, blue = (round(value * share) for value in colour)
    return red, green, blue


def lighter_by(colour: Colour, share: float) -> Colour:
    """`colour` moved by `share` of the way to white (lightness of HLS), as vivid as it was."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*(value / 255 for value in colour))
    parts = colorsys.hls_to_rgb(hue, lightness + (1 - lightness) * share, saturation)
    red, green, blue = (round(part * 255) for part in parts)
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


def until_readable(colour: Colour, *, on: Colour, lighter: bool) -> Colour:
    """`colour`, moved as little towards white or black as makes it readable on `on`."""
    steps = [step / 40 for step in range(41)]
    moved = (lighter_by(colour, step) if lighter else darker(colour, 1 - step) for step in steps)
    return next(shade for shade in moved if contrast(shade, on) >= ENOUGH)
