"""Asking for one's own link: mailed to the address, the same answer whether we know it or not."""

from __future__ import annotations

from flask_babel import gettext as _

from actionhub import clock, limits, links, tokens
from actionhub.addresses import Address
from actionhub.database import db
from actionhub.errors import NotFound
from actionhub.limits import Rate
from actionhub.outbox import queue
from actionhub.outbox.models import Priority, Scope
from actionhub.supporters import joining
from actionhub.supporters.models import Supporter

#: Links mailed to one address: enough for somebody who lost one, too few to pester with.
PER_ADDRESS = (Rate(3, 24 * 3600),)
#: Askings from one network: a household or an office, not a list being tried.
PER_NETWORK = (Rate(10, 3600), Rate(40, 24 * 3600))


def ask_for_link(address: Address, network_hash: str, locale: str) -> None:
    """Mail the owner of `address` a fresh link, if we know the address and no limit is reached.

    Says nothing about which of these it was. Both limits count every asking, known or not.
    """
    within = limits.take(f"me:{network_hash}", *PER_NETWORK)
    known = joining.find_by_canonical(address.canonical)
    if known is None:
        limits.take(f"me:{address.hash}", *PER_ADDRESS)
    elif within:
        mail_fresh_link(known, locale)


def mail_fresh_link(supporter_id: int, locale: str) -> bool:
    """Queue a link that opens the supporter's page for a day; False at the limit or once erased.

    At most one a minute by the email's key, at most three a day by the limit.
    """
    supporter = db.session.get(Supporter, supporter_id)
    if supporter is None or supporter.address is None or supporter.address_hash is None:
        return False
    if not limits.take(f"me:{supporter.address_hash}", *PER_ADDRESS):
        return False
    token = tokens.sign(tokens.Purpose.ME, supporter_id)
    mailing_id = queue.ensure_mailing(
        f"me:{locale}",
        template="me",
        locale=locale,
        priority=Priority.URGENT,
        scope=Scope.SIGNING,
        content={},
    )
    return queue.enqueue(
        mailing_id,
        key=f"me:{supporter_id}:{clock.now():%Y%m%d%H%M}",
        address=supporter.address,
        address_hash=supporter.address_hash,
        fields={"me_url": links.absolute(links.me_path(token, locale))},
        priority=Priority.URGENT,
    )


def known_supporter(supporter_id: int) -> int:
    """The id itself, if anything of theirs is here. Raises NotFound once they are erased."""
    supporter = db.session.get(Supporter, supporter_id)
    if supporter is None or supporter.erased_at is not None:
        raise NotFound(_("There is nothing here."))
    return supporter_id
