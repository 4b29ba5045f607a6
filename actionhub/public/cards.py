"""A call to action as pages show it: the words, the count, and how far it is to the goal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from actionhub.actions.showing import ActionView
from actionhub.signatures.counts import Counts, counts_for


@dataclass(frozen=True)
class Card:
    """An action with its counts."""

    action: ActionView
    counts: Counts

    @property
    def percent(self) -> int:
        """How much of the goal is reached, 0 to 100."""
        if self.counts.goal <= 0:
            return 0
        return min(100, self.counts.confirmed * 100 // self.counts.goal)


def cards(actions: Iterable[ActionView]) -> list[Card]:
    """The cards of these actions, in their order; one query for all counts."""
    views = list(actions)
    counts = counts_for([view.id for view in views]) if views else {}
    return [Card(view, counts[view.id]) for view in views]
