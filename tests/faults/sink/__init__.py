"""A mail server for proofs: what it accepts is on the disk before its 250, and it can misbehave."""
