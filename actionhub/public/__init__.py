"""The public door: the newsroom, actions, signing, a person's own links."""
