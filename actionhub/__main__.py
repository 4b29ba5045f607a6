"""`python -m actionhub`: the same as the command `actionhub`."""

from __future__ import annotations

from actionhub.cli import main

if __name__ == "__main__":
    main(prog_name="actionhub")
