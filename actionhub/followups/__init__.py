"""Follow-ups: an organizer's email to the people who took an action."""

from actionhub.followups import filling as filling  # how the outbox learns of their links
