"""Stylesheets and fonts: kept for ever under a name that changes with what is in them."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

from flask.testing import FlaskClient

from actionhub.public.assets import Assets


def test_a_page_names_its_stylesheet_by_what_is_in_it(client: FlaskClient) -> None:
    found = re.search(r'href="(/static/app\.[0-9a-f]{12}\.css)"', client.get("/actions").text)
    assert found
    answer = client.get(found[1], headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.mimetype == "text/css"
    assert b"--accent:#b3261e" in gzip.decompress(answer.data)


def test_the_stylesheet_names_its_faces_by_their_hashes_and_they_are_there(
    client: FlaskClient,
) -> None:
    faces = re.findall(r'url\("([^"]+woff2)"\)', client.get("/static/app.css").text)
    assert len(faces) == 4
    for face in faces:
        font = client.get(face)
        assert font.mimetype == "font/woff2"
        assert font.data[:4] == b"wOF2"
        assert "immutable" in font.headers["Cache-Control"]


def test_an_asset_not_changed_is_not_sent_again(client: FlaskClient) -> None:
    etag = client.get("/static/app.css").headers["ETag"]
    assert client.get("/static/app.css", headers={"If-None-Match": etag}).status_code == 304


def test_only_what_lies_in_the_folder_is_served(client: FlaskClient) -> None:
    for name in ("../app.py", "%2e%2e/app.py", "app.000000000000.css", "fonts"):
        assert client.get(f"/static/{name}").status_code == 404


def test_other_words_in_a_file_make_another_name(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("a{}")
    before = Assets(tmp_path, "#b3261e").path("a.css")
    (tmp_path / "a.css").write_text("b{}")
    assert Assets(tmp_path, "#b3261e").path("a.css") != before
