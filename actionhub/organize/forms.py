"""What every form of the workspace is: Flask-WTF's, with its token against forged requests."""

from __future__ import annotations

from flask_wtf import FlaskForm


class Form(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """A form whose every sending proves that it came from a page of ours."""
