"""Posting the form: load, validate, sign, commit, answer. The hot path."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from flask import redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import ImmutableMultiDict

from actionhub import links
from actionhub.actions.models import ActionKind, ActionState
from actionhub.actions.showing import SigningTarget, signing_target
from actionhub.actions.states import ActionClosed
from actionhub.config import settings
from actionhub.errors import NotFound
from actionhub.extensions import db
from actionhub.letters.showing import sketch
from actionhub.networks import network_hash
from actionhub.newsroom.reading import find_release
from actionhub.public import posts
from actionhub.public.countries import HOME
from actionhub.public.forms import SigningForm
from actionhub.public.languages import current_locale
from actionhub.public.letter_forms import LetterForm
from actionhub.signatures.models import NameDisplay
from actionhub.signatures.signing import Posting, sign


@dataclass(frozen=True)
class Refused:
    """A form to show again as it was typed; `outdated` when the words changed meanwhile."""

    form: SigningForm
    outdated: bool = False


def consent_wording() -> str:
    """The sentence beside the box, stored with each consent as it was read."""
    wording: str = _(
        "Yes, %(organization)s may email me what comes of this and how else I can help. "
        "I can leave with one click.",
        organization=settings().organization,
    )
    return wording


def post_signature(slug: str, release_slug: str | None) -> ResponseReturnValue | Refused:
    """Sign the action at `slug` with the posted form.

    The redirect to its thank-you page, after the commit; or what to show again.
    Raises NotFound, ActionClosed, posts.ForeignPost.
    """
    posts.refuse_foreign()
    target = signing_target(slug, current_locale())
    form = form_for(target.kind, request.form)  # and no JSON, no file where a text belongs
    valid = form.validate()
    if target.state is not ActionState.OPEN:
        raise ActionClosed()
    if isinstance(form, LetterForm):
        if valid:
            valid = form.find_addressees(target.action_id)
        else:
            form.ask_again()
    if not valid:
        return Refused(form)
    read = request.form.get("text", "")
    if read and read != str(target.text_id):
        return Refused(form, outdated=True)
    sign(_posting(form, target, release_slug))
    db.session.commit()
    return redirect(f"{links.action_path(slug, current_locale())}/thanks", 303)


def form_for(kind: ActionKind, posted: ImmutableMultiDict[str, str] | None = None) -> SigningForm:
    """The form of an action of this kind: empty, or as it was posted."""
    return (LetterForm if kind is ActionKind.LETTER else SigningForm)(formdata=posted)


def _posting(form: SigningForm, target: SigningTarget, release_slug: str | None) -> Posting:
    posting = Posting(
        action_id=target.action_id,
        text_id=target.text_id,
        name=form.name.data or "",
        address=form.address,
        zip=form.zip_code,
        country=form.country.data or HOME,
        comment=form.comment.data or None,
        display=NameDisplay(form.display.data),
        wants_followups=bool(form.wants_followups.data),
        wording=consent_wording(),
        locale=current_locale(),
        source=posts.source(),
        release_id=release_id(release_slug) if release_slug else None,
        network_hash=network_hash(request.remote_addr),
        trapped=form.trapped,
    )
    if not isinstance(form, LetterForm):
        return posting
    own = form.own_opening(sketch(target.text_id))
    return replace(
        posting,
        comment=own,
        town=form.town.data,
        district=form.told,
        district_found=form.told_by,
    )


#: Seconds for which a process remembers a release's number.
_RELEASE_SECONDS = 30.0
_releases: dict[tuple[int, str], tuple[float, int | None]] = {}


def release_id(slug: str) -> int | None:
    """The release a signer came from, if there is one of that name."""
    key = (id(db.engine), slug)
    known = _releases.get(key)
    if known is not None and known[0] > time.monotonic():
        return known[1]
    try:
        found: int | None = find_release(posts.clean(slug)).id
    except NotFound:
        return None
    if len(_releases) > 1000:
        _releases.clear()
    _releases[key] = (time.monotonic() + _RELEASE_SECONDS, found)
    return found
