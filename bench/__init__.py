"""Measures ActionHub beside its floors, both in the same run: `make bench`."""
