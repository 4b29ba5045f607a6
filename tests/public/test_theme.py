"""The accent of any organisation stays readable, by day and by night."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actionhub.errors import ConfigurationError
from actionhub.public.theme import (
    ENOUGH,
    NIGHT_RAISED,
    PAPER,
    contrast,
    read_colour,
    stylesheet,
    write,
)


def test_contrast_is_that_of_the_guidelines() -> None:
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert contrast((119, 119, 119), PAPER) == pytest.approx(4.48, abs=0.01)  # #777 just fails


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_whatever_the_accent_its_texts_can_be_read(colour: tuple[int, int, int]) -> None:
    day, night = stylesheet(write(colour)).split("@media")
    shades = dict(re.findall(r"--([\w-]+):(#\w{6})", day))
    fill, on = read_colour(shades["accent"]), read_colour(shades["on-accent"])
    assert contrast(fill, on) >= ENOUGH
    assert contrast(read_colour(shades["accent-deep"]), on) >= ENOUGH
    assert contrast(read_colour(shades["accent-text"]), PAPER) >= ENOUGH
    by_night = dict(re.findall(r"--([\w-]+):(#\w{6})", night))
    assert contrast(read_colour(by_night["accent-text"]), NIGHT_RAISED) >= ENOUGH


def test_a_readable_accent_stays_as_it_was_wished() -> None:
    assert "--accent:#b3261e" in stylesheet("#b3261e")


@pytest.mark.parametrize("text", ["red", "#fff", "#12345g", "", "url(x)"])
def test_what_is_no_colour_is_named_with_its_mend(text: str) -> None:
    with pytest.raises(ConfigurationError, match="ACTIONHUB_ACCENT"):
        stylesheet(text)
