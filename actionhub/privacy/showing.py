"""What a person may see of themselves: what I signed, what came of it, what I agreed to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import Row, select

from actionhub.actions.models import ActionText
from actionhub.actions.outcome_views import AddresseeRecord, outcomes_for
from actionhub.actions.showing import ActionView, ReleaseLink, actions_by_id
from actionhub.database import db
from actionhub.errors import NotFound
from actionhub.signatures import counts
from actionhub.signatures.confirming import SUPERSEDED, number_of
from actionhub.signatures.counts import Counts
from actionhub.signatures.models import NameDisplay, Signature, SignatureState
from actionhub.supporters.models import (
    ConsentWording,
    Subscription,
    SubscriptionState,
    Supporter,
)

_STANDING = (SignatureState.PENDING, SignatureState.CONFIRMED)


@dataclass(frozen=True)
class Agreement:
    """The sentence somebody agreed to, in its language, when, and when they left, if they did.

    `wording` is None for a membership that was imported without one.
    """

    wording: str | None
    locale: str
    agreed_at: datetime
    left_at: datetime | None


@dataclass(frozen=True)
class Signed:
    """One signature, the exact words it was given under, and what came of it.

    `title`, `ask` and `body_html` are those words, in `locale`; `action` is the action as it
    stands now, None where it can no longer be seen. `number` is 0 unless confirmed.
    `action.releases` tell the news. `superseded`: a later signature under newer words has taken
    its place. `theirs` is what those did who hear its owner, `others` counts who else did
    something; both are empty unless it stands.
    """

    signature_id: int
    action_id: int
    action: ActionView | None
    locale: str
    title: str
    ask: str
    body_html: str
    state: SignatureState
    superseded: bool
    name: str
    display: NameDisplay
    comment: str | None
    zip: str | None
    country: str
    posted_at: datetime
    confirmed_at: datetime | None
    ended_at: datetime | None
    delivered_at: datetime | None
    number: int
    counts: Counts
    theirs: tuple[AddresseeRecord, ...] = ()
    others: int = 0

    @property
    def can_withdraw(self) -> bool:
        return self.state in _STANDING

    @property
    def releases(self) -> tuple[ReleaseLink, ...]:
        return self.action.releases if self.action is not None else ()


@dataclass(frozen=True)
class MyPage:
    """A person's own page. `agreement` is None if they never agreed to hear more."""

    supporter_id: int
    address: str
    locale: str
    member: bool
    agreement: Agreement | None
    signatures: tuple[Signed, ...]


def what_i_signed(supporter_id: int, locale: str | None = None) -> MyPage:
    """All that stands on a person's page, the latest signature first; in `locale`, else theirs.

    Raises NotFound if there is no such supporter or they were erased.
    """
    supporter = find_supporter(supporter_id)
    agreement, member = agreement_of(supporter_id)
    found = signatures_of(supporter_id)
    action_ids = {signature.action_id for signature, _text in found}
    actions = actions_by_id(action_ids, locale or supporter.locale)
    tallies = counts.counts_for(action_ids)
    outcomes = outcomes_for(action_ids)
    return MyPage(
        supporter_id=supporter_id,
        address=supporter.address or "",
        locale=supporter.locale,
        member=member,
        agreement=agreement,
        signatures=tuple(
            _with_outcomes(
                _signed(signature, text, actions.get(signature.action_id), tallies),
                signature,
                outcomes.get(signature.action_id, ()),
            )
            for signature, text in found
        ),
    )


def find_supporter(supporter_id: int) -> Supporter:
    """The supporter, who is there and not erased. Raises NotFound."""
    supporter = db.session.get(Supporter, supporter_id)
    if supporter is None or supporter.erased_at is not None:
        raise NotFound(_("There is nothing here any more."))
    return supporter


def agreement_of(supporter_id: int) -> tuple[Agreement | None, bool]:
    """What they agreed to hear, and whether they still do."""
    row = db.session.execute(
        select(Subscription, ConsentWording)
        .outerjoin(ConsentWording, ConsentWording.id == Subscription.wording_id)
        .where(Subscription.supporter_id == supporter_id)
    ).one_or_none()
    if row is None:
        return None, False
    subscription: Subscription = row[0]
    wording: ConsentWording | None = row[1]
    agreement = Agreement(
        wording=wording.text if wording else None,
        locale=wording.locale if wording else "",
        agreed_at=subscription.agreed_at,
        left_at=subscription.left_at,
    )
    return agreement, subscription.state is SubscriptionState.LIVE


def signatures_of(supporter_id: int) -> Sequence[Row[Signature, ActionText]]:
    """(signature, the words it was given under), the latest first."""
    return db.session.execute(
        select(Signature, ActionText)
        .join(ActionText, ActionText.id == Signature.text_id)
        .where(Signature.supporter_id == supporter_id)
        .order_by(Signature.posted_at.desc(), Signature.id.desc())
    ).all()


def _signed(
    signature: Signature, text: ActionText, action: ActionView | None, tallies: dict[int, Counts]
) -> Signed:
    confirmed = signature.state is SignatureState.CONFIRMED
    return Signed(
        signature_id=signature.id,
        action_id=signature.action_id,
        action=action,
        locale=text.locale,
        title=text.title,
        ask=text.ask,
        body_html=text.body_html,
        state=signature.state,
        superseded=signature.state_reason == SUPERSEDED,
        name=signature.name or "",
        display=signature.display,
        comment=signature.comment,
        zip=signature.zip,
        country=signature.country,
        posted_at=signature.posted_at,
        confirmed_at=signature.confirmed_at,
        ended_at=signature.ended_at,
        delivered_at=signature.delivered_at,
        number=number_of(signature.id) if confirmed else 0,
        counts=tallies[signature.action_id],
    )


def _with_outcomes(
    signed: Signed, signature: Signature, records: tuple[AddresseeRecord, ...]
) -> Signed:
    """Those who represent its owner first: a signature knows its state and district."""
    if signed.state is not SignatureState.CONFIRMED or signed.action is None:
        return signed
    place = signature.us_state, signature.us_district
    theirs = tuple(record for record in records if record.newest.concerns(*place))
    return replace(signed, theirs=theirs, others=len(records) - len(theirs))
