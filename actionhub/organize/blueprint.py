"""The workspace's blueprint, alone, so that every module of views can import it."""

from __future__ import annotations

from flask import Blueprint

from actionhub.organize.sessions import PREFIX

bp = Blueprint("organize", __name__, url_prefix=PREFIX)
