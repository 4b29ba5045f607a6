"""Things to choose from: a list to tick, whom in Congress, and the choices of other fields."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _
from wtforms import SelectField, SelectMultipleField
from wtforms.fields.choices import SelectChoice as Choice  # type: ignore[attr-defined]
from wtforms.widgets import CheckboxInput, ListWidget

from actionhub.actions.targets import NAMED, parties
from actionhub.congress.committees import all_committees

__all__ = ["Choice", "RuleList", "TickList"]


class TickList(SelectMultipleField):
    """Checkboxes; `choices` are (id, thing shown) and no id besides them is taken."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(self, label: Any, **kwargs: Any) -> None:
        super().__init__(label, coerce=int, choices=[], **kwargs)

    def offer(self, things: Iterable[tuple[int, Any]]) -> None:
        """Set what may be ticked: (id, the thing that a template shows)."""
        self.choices = [Choice(value, thing) for value, thing in things]


class RuleList(SelectField):
    """Whom an action reaches: somebody named, or a rule for Congress (actions/targets)."""

    def __init__(self, label: Any, **kwargs: Any) -> None:
        super().__init__(label, choices=[Choice(str(NAMED))], default=str(NAMED), **kwargs)

    def offer(self, stored: str | None = None) -> None:
        """Set what may be chosen, by the data that are loaded; `stored` stays, come what may."""
        found = [Choice(str(NAMED), _("The person or body named here"), optgroup=_("By name"))]
        represent = _("Who represents the supporter")
        found += [
            Choice("senators", _("Both senators"), optgroup=represent),
            Choice("house", _("The member of the House"), optgroup=represent),
            Choice("delegation", _("Senators and the member of the House"), optgroup=represent),
        ]
        of_a_party, on_a_committee = _("Of a party"), _("On a committee")
        found += [Choice(f"party:{party}", party, optgroup=of_a_party) for party in parties()]
        found += [
            Choice(
                f"committee:{code}",
                f"{'– ' if len(code) > 4 else ''}{name}",
                optgroup=on_a_committee,
            )
            for code, name, _members in all_committees()
        ]
        if stored and stored not in {choice.value for choice in found}:
            found.append(Choice(stored, stored, optgroup=_("As it was saved")))
        self.choices = found
        self._labels = {choice.value: str(choice.label) for choice in found}

    def label_of(self, value: str) -> str:
        """What a choice is called, for people."""
        return self._labels.get(value, value)
