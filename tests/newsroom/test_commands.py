"""`actionhub newsroom`, as an operator types it."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result
from flask import Flask

from actionhub.cli import main
from actionhub.database import db
from actionhub.newsroom.editing import edit_release, release_at
from actionhub.newsroom.reading import latest_releases
from tests.newsroom.sources import BOMB, rss, rss_item


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(main, ["newsroom", *arguments])
    db.session.rollback()
    return result


def test_an_import_is_summed_up(app: Flask, shared_data: Path) -> None:
    page = str(shared_data / "newsroom-page.txt")
    first = run("import", page)
    assert first.exit_code == 0
    assert first.output == (
        "10 added, 0 updated, 0 unchanged.\nThe page's introduction (4 lines) is no release.\n"
    )
    assert run("import", page).output.startswith("0 added, 0 updated, 10 unchanged.\n")
    assert len(latest_releases()) == 10


def test_updates_kept_edits_and_doubts_are_told(app: Flask, tmp_path: Path) -> None:
    source = tmp_path / "feed.xml"
    source.write_text(rss(rss_item()))
    run("import", str(source))
    edit_release(release_at("cranes-stand-still"), title="The cranes stood still")
    db.session.commit()
    source.write_text(rss(rss_item(body="<p>New.</p>"), rss_item("Undated", "2", date=None)))
    assert run("import", str(source)).output == (
        "0 added, 1 updated, 0 unchanged, 1 edit kept, 1 line not understood.\n"
        "Updated:\n"
        "  - The cranes stood still (body, summary)\n"
        "Edited here, so kept; the source tells otherwise:\n"
        "  - The cranes stood still (title)\n"
        "Not understood:\n"
        "  - item 2 “Undated”: no date\n"
    )


def test_a_failure_is_one_clear_line_and_changes_nothing(app: Flask, tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.xml"
    bomb.write_text(BOMB)
    result = run("import", str(bomb))
    assert result.exit_code == 1
    assert result.output == (
        f"Error: {bomb} declares XML entities of its own, as no feed needs to; it was not read\n"
    )
    assert latest_releases() == []


def test_feeds_are_followed_listed_and_left(app: Flask) -> None:
    address = "https://harbor.example.org/feed"
    assert run("feeds").output.startswith("No feeds yet.")
    assert run("follow", address).exit_code == 0
    assert run("feeds").output == f"{address}\n  not read\n"
    assert run("unfollow", address).exit_code == 0
    assert run("feeds").output == f"{address} (not followed)\n  not read\n"
    again = run("unfollow", address)
    assert (again.exit_code, again.output) == (1, f"Error: {address} is not followed.\n")
