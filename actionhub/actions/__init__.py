"""Actions: calls to action tied to press releases, from draft to closed."""
