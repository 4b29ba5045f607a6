"""The organizers' door: the workspace."""
