"""Organizers: people with a login, their roles, and what they did."""
