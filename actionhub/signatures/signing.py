"""Signing: one form, one transaction, the same answer for every signer."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import bindparam

from actionhub import clock, limits
from actionhub.actions.models import Action, ActionState, ActionText
from actionhub.actions.states import ActionClosed, effective_state
from actionhub.addresses import Address
from actionhub.config import settings
from actionhub.congress.sitting import District
from actionhub.database import db
from actionhub.errors import ActionHubError, NotFound
from actionhub.signatures import counts, districts, emails, names, rows, versions
from actionhub.signatures.models import DistrictFound, NameDisplay, SignatureState
from actionhub.supporters import consent, joining

#: What is kept of where a signer came from, and how much of each.
SOURCE_KEYS = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
LONGEST_SOURCE = 100
#: Names that one address may sign an action with before an organizer looks at more.
NAMES_AN_ADDRESS = 6
#: The same form again within this time is the same press of the button.
SAME_PRESS = timedelta(seconds=60)

LIMIT, HONEYPOT, CROWD = "limit", "honeypot", "address"

_GROUND = emails.ground().where(
    Action.id == bindparam("action_id"), ActionText.id == bindparam("text_id")
)


class NameMissing(ActionHubError):
    """Nothing that could be a name was written."""

    status = 422

    def __init__(self) -> None:
        super().__init__(_("Please write your name."))


@dataclass(frozen=True)
class Posting:
    """One filled-in form, its fields checked: `text_id` names the exact words that were shown.

    `wording` is the sentence beside the box, kept if `wants_followups`. `zip` is for the US,
    `country` two letters (ISO 3166-1). `town` and `district`, which its signer chose or told by an
    address (`district_found`), are of those who write a letter. `network_hash` is
    `networks.network_hash(...)`. `trapped`: the field that people cannot see was filled in.
    """

    action_id: int
    text_id: int
    name: str
    address: Address
    zip: str | None
    country: str
    comment: str | None
    display: NameDisplay
    wants_followups: bool
    wording: str
    locale: str
    source: dict[str, Any] = field(default_factory=dict)
    release_id: int | None = None
    network_hash: str | None = None
    trapped: bool = False
    town: str | None = None
    district: District | None = None
    district_found: DistrictFound = DistrictFound.CHOICE


def sign(posting: Posting) -> None:
    """Take in a form: the supporter if new, the signature, its count and its mail.

    All in the caller's transaction. Says nothing about which case it was: a first signature, a
    repeated one, another's address and a quarantined one look alike to whoever posts.
    Raises ActionClosed, NameMissing, NotFound (no such words).

    1. Read the action: it must be open as of now. (One that is closed in this very moment may
       still get this signature, as if it had come a moment earlier.)
    2. Add the supporter or find them; from here their row is held until the commit, so that two
       forms for one address pass one after the other.
    3. Write the signature, unless that name has signed already.
    4. Take from the bucket of the network: late, because every signer of a network waits for it.
    5. Note the count, queue the mail. Who is over a limit is kept aside, uncounted and unmailed.
    """
    at = clock.now()
    words = _read_ground(posting, at)
    name = names.tidy_name(posting.name)
    if not name:
        raise NameMissing
    supporter_id = joining.find_or_add(posting.address, posting.locale, at)
    key = names.name_key(name) if words.allows_shared_addresses else ""
    form = _form(posting, name, at)
    if not _write_new(posting, form, words, supporter_id, key):
        _write_again(posting, form, words, supporter_id, key)


def _read_ground(posting: Posting, at: datetime) -> Any:
    words = db.session.connection().execute(
        _GROUND, {"action_id": posting.action_id, "text_id": posting.text_id}
    )
    found = words.one_or_none()
    if found is None or not found.number:
        raise NotFound(_("These words are not published."))
    state = effective_state(found.action_state, found.opens_at, found.closes_at, at)
    if state is not ActionState.OPEN:
        raise ActionClosed
    return found


def _form(posting: Posting, name: str, at: datetime) -> dict[str, Any]:
    """The columns that this form fills."""
    source = posting.source
    kept = {key: str(source[key])[:LONGEST_SOURCE] for key in SOURCE_KEYS if source.get(key)}
    return {
        "text_id": posting.text_id,
        "name": name,
        "zip": (posting.zip or "")[:10] or None,
        "country": posting.country[:2].upper(),
        "comment": names.tidy_comment(posting.comment),
        "display": posting.display,
        "wants_followups": posting.wants_followups,
        "consented_at": at if posting.wants_followups else None,
        "locale": posting.locale,
        "release_id": posting.release_id,
        "source": kept,
        "network_hash": posting.network_hash,
        "posted_at": at,
    }


def _write_new(
    posting: Posting, form: dict[str, Any], words: Any, supporter_id: int, key: str
) -> bool:
    """Write the first signature under this key; False if there is one."""
    at, mailed_to = form["posted_at"], posting.address
    state = SignatureState.QUARANTINED if posting.trapped else SignatureState.PENDING
    connection = db.session.connection()
    written = connection.execute(
        rows.INSERT[connection.dialect.name],
        form
        | {
            "action_id": posting.action_id,
            "supporter_id": supporter_id,
            "name_key": key,
            "state": state,
            "state_reason": HONEYPOT if posting.trapped else None,
            "created_at": at,
            "digest": _digest(posting),
            "address_hash": mailed_to.hash,
            "since": at - emails.DAY,
        },
    ).one_or_none()
    if written is None:
        return False
    if where := _where(posting):
        connection.execute(rows.change(written.id, **where))
    if posting.wants_followups and posting.wording and written.wording_id is None:
        wording_id = consent.wording_id(posting.locale, posting.wording)
        connection.execute(rows.change(written.id, wording_id=wording_id))
    if posting.trapped:
        return True
    reason = CROWD if written.others >= NAMES_AN_ADDRESS else _over_limit(posting)
    if reason:
        kept_aside = {"state": SignatureState.QUARANTINED, "state_reason": reason}
        connection.execute(rows.change(written.id, **kept_aside))
        return True
    counts.note(posting.action_id, None, SignatureState.PENDING)
    if written.asked < emails.MAILS_A_DAY:
        signature = SimpleNamespace(**form, id=written.id, posting=1)
        _ask(signature, words, mailed_to, f"confirm:{written.id}:1")
    return True


def _write_again(
    posting: Posting, form: dict[str, Any], words: Any, supporter_id: int, key: str
) -> None:
    """A name that has signed before: see what its signature has come to."""
    at = form["posted_at"]
    earlier = (
        db.session.connection()
        .execute(
            rows.FIND,
            {
                "action_id": posting.action_id,
                "supporter_id": supporter_id,
                "name_key": key,
                "address_hash": posting.address.hash,
                "since": at - emails.DAY,
            },
        )
        .one()
    )
    if posting.trapped or _over_limit(posting):
        return  # what stands is not touched: its link still works
    if earlier.state is SignatureState.CONFIRMED:
        number = versions.material_since(posting.action_id, earlier.text_id, words.number)
        if number is None:
            supporter = SimpleNamespace(
                id=supporter_id, address=earlier.address, address_hash=earlier.address_hash
            )
            emails.say_already(earlier, words, supporter)
        else:
            _write_new(posting, form, words, supporter_id, f"{key}{rows.AGAIN}{number}")
        return
    if earlier.state is SignatureState.REMOVED and earlier.confirmed_at is not None:
        return  # an organizer took out a signature whose owner had confirmed it: that stands
    _replace(posting, form, words, earlier)


def _replace(posting: Posting, form: dict[str, Any], words: Any, earlier: Any) -> None:
    """Put the new form in the place of one that is not confirmed (or no more), and mail its link.

    The third mail's link of the day is not broken: a form that cannot be mailed changes nothing
    of a pending signature. The same form again keeps the posting, so that all its links work.
    """
    at, pending = form["posted_at"], earlier.state is SignatureState.PENDING
    if pending and earlier.asked >= emails.MAILS_A_DAY:
        return
    where = _where(posting)
    same = pending and _says_the_same(earlier, form, where)
    if same and at - earlier.posted_at < SAME_PRESS:
        return
    change: dict[str, Any] = {"posted_at": at}
    number, key = earlier.posting, f"confirm:{earlier.id}:{earlier.posting}.{at:%Y%m%d%H%M}"
    if not same:
        number, key = earlier.posting + 1, f"confirm:{earlier.id}:{earlier.posting + 1}"
        change = form | districts.NOWHERE | {"town": None} | where
        change |= {
            "posting": number,
            "state": SignatureState.PENDING,
            "state_reason": None,
            "wording_id": _wording_id(posting),
            "confirmed_at": None,
            "delivered_at": None,
            "ended_at": None,
            "reminded_at": earlier.reminded_at if pending else None,
        }
    db.session.connection().execute(rows.change(earlier.id, **change))
    counts.note(posting.action_id, earlier.state, SignatureState.PENDING)
    if earlier.asked < emails.MAILS_A_DAY:
        signature = SimpleNamespace(**form, id=earlier.id, posting=number)
        _ask(signature, words, posting.address, key)


def _says_the_same(earlier: Any, form: dict[str, Any], where: dict[str, Any]) -> bool:
    told = ("text_id", "name", "zip", "country", "comment", "display", "wants_followups", "locale")
    return all(getattr(earlier, name) == form[name] for name in told) and all(
        getattr(earlier, name) == value for name, value in where.items()
    )


def _where(posting: Posting) -> dict[str, Any]:
    """The columns that tell where a letter's writer lives; none for most forms."""
    told, how = posting.district, posting.district_found
    where: dict[str, Any] = districts.as_told(told, how) if told else {}
    return where | {"town": posting.town} if posting.town else where


def _ask(signature: Any, words: Any, address: Address, key: str) -> None:
    emails.ask_to_confirm(signature, words, address.mailbox, address.hash, key)


def _over_limit(posting: Posting) -> str | None:
    """Whether this network has signed this action too often: the reason, or None."""
    rates = _rates(settings().signing_limit)
    if not rates or posting.network_hash is None:
        return None
    key = f"sign:{posting.network_hash}:{posting.action_id}"
    return None if limits.take(key, *rates) else LIMIT


def _wording_id(posting: Posting) -> int | None:
    if not (posting.wants_followups and posting.wording):
        return None
    return consent.wording_id(posting.locale, posting.wording)


def _digest(posting: Posting) -> str:
    if not (posting.wants_followups and posting.wording):
        return ""
    return consent.digest_of(posting.locale, posting.wording)


_rates = lru_cache(limits.read_rates)
