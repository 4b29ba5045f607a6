"""Public pages, rendered once and served many times: a small cache in front of Flask.

Each process keeps its own, for a second or two; a commit that changes content here empties it at
once. What a page says never depends on who asks, so nothing but the address is in its key.
"""

from __future__ import annotations

import gzip
import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec
from urllib.parse import parse_qsl, urlencode

from flask import Flask, Response, current_app, has_app_context, make_response, request
from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

P = ParamSpec("P")
Headers = list[tuple[str, str]]

#: Seconds for which a page is served without looking again, here and by caches in between.
FRESH_SECONDS = 2.0
#: Seconds for which an older page is still better than an error page.
GRACE_SECONDS = 600.0
#: Pages kept at a time; the least lately asked for goes first.
MOST_PAGES = 500
#: The only parameters of a query that change a page. The rest (`utm_*`) is for the posted form.
MEANINGFUL = frozenset({"before"})
#: A query of more fields than this is nobody's: its page is not kept.
MOST_FIELDS = 100

_MARK = "actionhub.kept"
_CHANGED = "actionhub.public.changed"
_CONTENT = frozenset(
    {"press_releases", "actions", "action_texts", "targets", "action_releases", "outcomes"}
)


@dataclass
class Page:
    """One answer, ready in both encodings, and when it was made (monotonic seconds)."""

    made: float
    plain: bytes
    packed: bytes
    headers: Headers  # without Content-Length, Content-Encoding, ETag
    digest: str
    renewing: bool = False


def kept(view: Callable[P, Any]) -> Callable[P, Response]:
    """Let the view's GET answers be kept and served to everybody."""

    @wraps(view)
    def answer(*args: P.args, **kwargs: P.kwargs) -> Response:
        response: Response = make_response(view(*args, **kwargs))
        if request.method in {"GET", "HEAD"} and response.status_code == 200:
            request.environ[_MARK] = True
            response.headers["Cache-Control"] = f"public, max-age={FRESH_SECONDS:.0f}"
            response.vary.add("Accept-Encoding")
        return response

    return answer


class Pages:
    """The WSGI layer that keeps them. `seconds` 0 keeps none."""

    def __init__(self, inner: WSGIApplication, seconds: float) -> None:
        self.inner, self.seconds = inner, seconds
        self._pages: OrderedDict[tuple[str, str, str], Page] = OrderedDict()
        self._lock = threading.Lock()
        self._generation = 0

    def clear(self) -> None:
        """Forget every page, those being rendered right now included."""
        with self._lock:
            self._pages.clear()
            self._generation += 1

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        if self.seconds <= 0 or environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
            return self.inner(environ, start)
        key = _key(environ)
        if key is None:
            return self.inner(environ, start)
        page = self._pages.get(key)
        if page is not None:
            age = time.monotonic() - page.made
            # one thread renews; until it is done the others go on with the page there is
            if age < self.seconds or (page.renewing and age < self.seconds + 1):
                return _answer(page, environ, start)
            page.renewing = True
        return self._render(key, page, environ, start)

    def _render(
        self,
        key: tuple[str, str, str],
        old: Page | None,
        environ: WSGIEnvironment,
        start: StartResponse,
    ) -> Iterable[bytes]:
        generation, made = self._generation, time.monotonic()
        begun: list[Any] = []

        def hold(status: str, headers: Headers, *rest: Any) -> Callable[[bytes], object]:
            begun[:] = [status, headers, *rest]
            return _no_writing

        asked = environ if environ["REQUEST_METHOD"] == "GET" else _as_get(environ)
        body = self.inner(asked, hold)
        status, headers, *rest = begun
        if asked.get(_MARK) and not any(name == "Set-Cookie" for name, _ in headers):
            page = _page(made, _whole(body), headers)
            self._store(key, page, generation)
            return _answer(page, environ, start)
        if status[0] == "5" and old is not None and made - old.made < GRACE_SECONDS:
            _close(body)
            old.renewing = False
            return _answer(old, environ, start)
        if status[0] != "5":
            with self._lock:
                self._pages.pop(key, None)  # it is gone: no later failure may bring it back
        if asked is not environ:  # a HEAD of a page that is not kept
            _close(body)
            body = ()
        start(status, headers, *rest)
        return body

    def _store(self, key: tuple[str, str, str], page: Page, generation: int) -> None:
        with self._lock:
            if generation != self._generation:
                return  # content changed while this was rendered
            self._pages[key] = page
            self._pages.move_to_end(key)
            while len(self._pages) > MOST_PAGES:
                self._pages.popitem(last=False)


def _key(environ: WSGIEnvironment) -> tuple[str, str, str] | None:
    """What tells one page from another; None where the query is too long to be told.

    It must hold all that a view may read: a page kept under less would be served to others.
    """
    query = environ.get("QUERY_STRING", "")
    if query:
        if query.count("&") >= MOST_FIELDS:
            return None
        pairs = parse_qsl(query, keep_blank_values=True)
        query = urlencode([(name, value) for name, value in pairs if name in MEANINGFUL])
    return environ.get("HTTP_HOST", ""), environ["PATH_INFO"], query


def _as_get(environ: WSGIEnvironment) -> WSGIEnvironment:
    return {**environ, "REQUEST_METHOD": "GET"}


def _page(made: float, body: bytes, headers: Headers) -> Page:
    own = {"content-length", "content-encoding", "etag"}
    lasting = [(name, value) for name, value in headers if name.lower() not in own]
    digest = hashlib.sha256(body).hexdigest()[:20]
    return Page(made, body, gzip.compress(body, 6, mtime=0), lasting, digest)


def _answer(page: Page, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
    accepted = environ.get("HTTP_ACCEPT_ENCODING", "")
    packed = "gzip" in accepted and "gzip;q=0" not in accepted
    etag = f'"{page.digest}-gz"' if packed else f'"{page.digest}"'
    wanted = environ.get("HTTP_IF_NONE_MATCH")
    if wanted is not None and etag in wanted:
        start("304 Not Modified", [*page.headers, ("ETag", etag)])
        return ()
    body = page.packed if packed else page.plain
    headers = [*page.headers, ("ETag", etag), ("Content-Length", str(len(body)))]
    if packed:
        headers.append(("Content-Encoding", "gzip"))
    start("200 OK", headers)
    return () if environ["REQUEST_METHOD"] == "HEAD" else (body,)


def _no_writing(_data: bytes) -> object:
    raise RuntimeError("answers are returned, not written")


def _whole(body: Iterable[bytes]) -> bytes:
    try:
        return b"".join(body)
    finally:
        _close(body)


def _close(body: Iterable[bytes]) -> None:
    close = getattr(body, "close", None)
    if close is not None:
        close()


def init_app(app: Flask) -> None:
    """Put the cache in front of `app`; tests, which share one app, keep nothing."""
    testing = app.extensions["actionhub.settings"].testing
    pages = Pages(app.wsgi_app, 0 if testing else FRESH_SECONDS)
    app.extensions["actionhub.pages"] = pages
    app.wsgi_app = pages  # type: ignore[assignment, method-assign]


@event.listens_for(Session, "after_flush")
def _note_flushed(session: Session, _context: Any) -> None:
    touched = (*session.new, *session.dirty, *session.deleted)
    if any(getattr(thing, "__tablename__", "") in _CONTENT for thing in touched):
        session.info[_CHANGED] = True


@event.listens_for(Session, "do_orm_execute")
def _note_executed(state: ORMExecuteState) -> None:
    if state.is_select:
        return
    table = getattr(state.statement, "table", None)
    if getattr(table, "name", "") in _CONTENT:
        state.session.info[_CHANGED] = True


@event.listens_for(Session, "after_commit")
def _clear_committed(session: Session) -> None:
    if session.info.pop(_CHANGED, False) and has_app_context():
        pages: Pages | None = current_app.extensions.get("actionhub.pages")
        if pages is not None:
            pages.clear()


@event.listens_for(Session, "after_soft_rollback")
def _forget_rolled_back(session: Session, previous: Any) -> None:
    if previous.parent is None:
        session.info.pop(_CHANGED, None)
