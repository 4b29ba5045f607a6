"""Signatures: signing, confirming, withdrawing, and counts that can be believed."""
