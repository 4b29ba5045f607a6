"""Things to choose from: a list to tick, and the choices of other fields."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from wtforms import SelectMultipleField
from wtforms.fields.choices import SelectChoice as Choice  # type: ignore[attr-defined]
from wtforms.widgets import CheckboxInput, ListWidget

__all__ = ["Choice", "TickList"]


class TickList(SelectMultipleField):
    """Checkboxes; `choices` are (id, thing shown) and no id besides them is taken."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(self, label: Any, **kwargs: Any) -> None:
        super().__init__(label, coerce=int, choices=[], **kwargs)

    def offer(self, things: Iterable[tuple[int, Any]]) -> None:
        """Set what may be ticked: (id, the thing that a template shows)."""
        self.choices = [Choice(value, thing) for value, thing in things]
