"""The accent colour in mail: an ink that can be read on it, and a shade for dark mode."""

from __future__ import annotations

from functools import lru_cache

#: The page behind a mail in dark mode.
NIGHT = "#17181a"
#: A box on that page: the lighter of the two, so what reads on it reads on both.
NIGHT_BOX = "#24262a"
READABLE = 4.5  # WCAG 2.2, 1.4.3

Colour = tuple[float, float, float]


@lru_cache(maxsize=8)
def ink_on(background: str) -> str:
    """White or near black, whichever reads better on `background` (#rrggbb)."""
    white, black = "#ffffff", "#111111"
    return white if contrast(white, background) >= contrast(black, background) else black


@lru_cache(maxsize=8)
def by_night(accent: str) -> str:
    """The accent, lightened until it can be read in dark mode."""
    colour = _read(accent)
    while contrast(_write(colour), NIGHT_BOX) < READABLE and colour != (1.0, 1.0, 1.0):
        red, green, blue = (min(1.0, part + (1.0 - part) * 0.1 + 0.005) for part in colour)
        colour = (red, green, blue)
    return _write(colour)


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    high, low = sorted((_luminance(_read(one)), _luminance(_read(other))), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _read(text: str) -> Colour:
    digits = text.lstrip("#")
    red, green, blue = (int(digits[n : n + 2], 16) / 255 for n in (0, 2, 4))
    return red, green, blue


def _write(colour: Colour) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in colour)


def _luminance(colour: Colour) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
