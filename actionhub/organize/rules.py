"""The field that tells whom in Congress an action reaches."""

from __future__ import annotations

from typing import Any, cast

from flask_babel import gettext as _
from wtforms import SelectField

from actionhub.actions.lists import all_lists
from actionhub.actions.targets import NAMED, parties
from actionhub.congress.committees import all_committees
from actionhub.organize.choices import Choice


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
                f"committee:{one.code}",
                f"{'– ' if one.is_below else ''}{one.name}",
                optgroup=on_a_committee,
            )
            for one in all_committees()
            if one.members
        ]
        lists_ = _("On a list of people")
        found += [Choice(f"list:{one.id}", one.name, optgroup=lists_) for one in all_lists()]
        if stored and stored not in {choice.value for choice in found}:
            found.append(Choice(stored, stored, optgroup=_("As it was saved")))
        self.choices = found

    def label_of(self, value: str) -> str:
        """What a choice is called, for people."""
        offered = cast("list[Choice]", self.choices)
        return next((str(one.label) for one in offered if one.value == value), value)
