"""Follow-ups: an organizer's email to the people who took an action."""
