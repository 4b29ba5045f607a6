"""Supporters: one canonical address each, what they agreed to, and whether they stay subscribed."""
