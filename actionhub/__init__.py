"""ActionHub: from a press release to a call to action, and to everything that follows."""

__version__ = "0.1.0"
