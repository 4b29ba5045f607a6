"""Insights: the figures behind the pictures."""
