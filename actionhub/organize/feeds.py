"""The feeds that beat refreshes, and how their last reading went."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from wtforms import URLField
from wtforms.validators import InputRequired, Length

from actionhub.database import db
from actionhub.newsroom.items import UnreadableSource
from actionhub.newsroom.models import Feed
from actionhub.newsroom.refreshing import follow
from actionhub.organize.access import audit, needs
from actionhub.organize.blueprint import bp
from actionhub.organize.forms import Form
from actionhub.organize.once import locked
from actionhub.organizers.models import Role


class FeedForm(Form):
    address = URLField(_l("Address of the feed or page"), [InputRequired(), Length(max=2000)])


@bp.get("/feeds")
@needs(Role.VIEWER)
def feeds() -> ResponseReturnValue:
    return render_template("organize/feeds.html", form=FeedForm(formdata=None), feeds=_all())


@bp.post("/feeds/add")
@needs(Role.ORGANIZER)
def add_feed() -> ResponseReturnValue:
    form = FeedForm()
    if not form.validate_on_submit():
        return render_template("organize/feeds.html", form=form, feeds=_all()), 422
    try:
        feed_id = follow((form.address.data or "").strip())
    except UnreadableSource:
        form.address.errors = [_("Write a whole address, such as https://example.org/feed.")]
        return render_template("organize/feeds.html", form=form, feeds=_all()), 422
    audit("follow", "feed", feed_id)
    db.session.commit()
    flash(_("The feed is in the list. It is read within a quarter of an hour."))
    return redirect(url_for("organize.feeds"))


@bp.post("/feeds/<int:feed_id>/turn")
@needs(Role.ORGANIZER)
def turn_feed(feed_id: int) -> ResponseReturnValue:
    """Stop a feed, or go on with it."""
    feed = locked(Feed, feed_id)
    feed.active = not feed.active
    audit("resume" if feed.active else "pause", "feed", feed_id)
    db.session.commit()
    return redirect(url_for("organize.feeds"))


def _all() -> list[Feed]:
    return list(db.session.scalars(select(Feed).order_by(Feed.active.desc(), Feed.address)))
