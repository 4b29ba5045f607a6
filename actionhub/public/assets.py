"""Stylesheets, fonts and the favicon, under names that hold a hash of what is in them.

Everything is read once at the start: a few small files, served from memory, plain or gzipped.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, Response, abort, current_app, request, url_for

from actionhub.public import theme

FOREVER = "public, max-age=31536000, immutable"
A_WHILE = "public, max-age=300"

#: Types that are compressed already.
_PACKED = frozenset({"font/woff2", "image/png"})


@dataclass(frozen=True)
class Asset:
    """One file: its plain name, its name with the hash, and its bytes."""

    name: str
    hashed: str
    mimetype: str
    body: bytes
    gzipped: bytes | None
    digest: str


class Assets:
    """Every file under the static folder, by plain and by hashed name."""

    def __init__(self, folder: Path, accent: str) -> None:
        self._by_name: dict[str, Asset] = {}
        self._by_hashed: dict[str, Asset] = {}
        paths = [path for path in folder.rglob("*") if path.is_file()]
        # stylesheets last: they name the others by their hashes
        for path in sorted(paths, key=lambda path: (path.suffix == ".css", str(path))):
            body = path.read_bytes()
            if path.suffix == ".css":
                body = self._stylesheet(body.decode(), accent)
            self._add(path.relative_to(folder).as_posix(), body)

    def path(self, name: str) -> str:
        """The hashed name of a file. Raises KeyError for one that is not there."""
        return self._by_name[name].hashed

    def find(self, name: str) -> tuple[Asset, bool] | None:
        """The asset of a plain or hashed name, and whether the name was the hashed one."""
        if found := self._by_hashed.get(name):
            return found, True
        if found := self._by_name.get(name):
            return found, False
        return None

    def _add(self, name: str, body: bytes) -> None:
        digest = hashlib.sha256(body).hexdigest()[:12]
        stem, dot, ending = name.rpartition(".")
        hashed = f"{stem}.{digest}{dot}{ending}"
        mimetype = mimetypes.guess_type(name)[0] or "application/octet-stream"
        mimetype = {"woff2": "font/woff2", "svg": "image/svg+xml"}.get(ending, mimetype)
        packed = None if mimetype in _PACKED else gzip.compress(body, 9, mtime=0)
        asset = Asset(name, hashed, mimetype, body, packed, digest)
        self._by_name[name] = self._by_hashed[hashed] = asset

    def _stylesheet(self, text: str, accent: str) -> bytes:
        text = text.replace("/* theme */", theme.stylesheet(accent))
        text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
        text = re.sub(r"\s*\n\s*", "\n", text).strip()

        def hashed(match: re.Match[str]) -> str:
            return f'url("/static/{self.path(match[1])}")'

        return re.sub(r'url\("([\w./-]+)"\)', hashed, text).encode()


def init_app(app: Flask) -> None:
    """Serve the static folder from memory; templates say `asset("app.css")`."""
    settings = app.extensions["actionhub.settings"]
    assets = Assets(Path(app.static_folder or ""), settings.accent)
    app.extensions["actionhub.assets"] = assets
    app.view_functions["static"] = serve
    app.jinja_env.globals["asset"] = asset_url


def asset_url(name: str) -> str:
    """The address of a file of the static folder, with its hash."""
    assets: Assets = current_app.extensions["actionhub.assets"]
    return url_for("static", filename=assets.path(name))


def serve(filename: str) -> Response:
    """One file; for ever under its hashed name, for minutes under its plain one."""
    found = current_app.extensions["actionhub.assets"].find(filename)
    if found is None:
        abort(404)
    asset, for_ever = found
    response = Response(asset.body, mimetype=asset.mimetype)
    if asset.gzipped is not None:
        response.vary.add("Accept-Encoding")
        if request.accept_encodings.quality("gzip") > 0:
            response.set_data(asset.gzipped)
            response.content_encoding = "gzip"
    response.set_etag(asset.digest + ("-gz" if response.content_encoding else ""))
    response.headers["Cache-Control"] = FOREVER if for_ever else A_WHILE
    response.make_conditional(request)
    return response
