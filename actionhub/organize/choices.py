"""A list to tick: several checkboxes of one name, the values whole numbers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from wtforms import SelectMultipleField
from wtforms.widgets import CheckboxInput, ListWidget


class TickList(SelectMultipleField):
    """Checkboxes; `choices` are (id, thing shown) and no id besides them is taken."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(self, label: Any, **kwargs: Any) -> None:
        super().__init__(label, coerce=int, choices=[], **kwargs)

    def offer(self, things: Iterable[tuple[int, Any]]) -> None:
        """Set what may be ticked: (id, the thing that a template shows)."""
        self.choices = list(things)
