"""What is kept, why and how long: the same rules that `/privacy` shows and the clean-up obeys."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from flask_babel import gettext as _

from actionhub.config import settings


class Kept(StrEnum):
    """The kinds of what is kept; the clean-up has one step for each that ends by itself."""

    PENDING_SIGNATURES = "pending_signatures"
    KEPT_ASIDE = "kept_aside"
    SIGNATURES = "signatures"
    DELIVERY_LISTS = "delivery_lists"
    LETTER_STREETS = "letter_streets"
    MEMBERSHIPS = "memberships"
    NETWORK_HASHES = "network_hashes"
    RATE_BUCKETS = "rate_buckets"
    EMAIL_FIELDS = "email_fields"
    EMAIL_EVENTS = "email_events"
    SUPPRESSIONS = "suppressions"
    LOGIN_LINKS = "login_links"
    AUDIT_EVENTS = "audit_events"


#: Counters of postings fill up again within a day or two and are dropped then.
RATE_BUCKET_DAYS = 2


@dataclass(frozen=True)
class Rule:
    """One thing that is kept. `days` is None for what stays until its owner ends it."""

    kept: Kept
    what: str
    why: str
    days: int | None


def rules() -> list[Rule]:
    """Every rule, in the reader's language, with this installation's numbers of days."""
    return [*_signature_rules(), *_signer_rules(), *_mail_rules(), *_staff_rules()]


def days_of(kept: Kept) -> int:
    """How long something that ends by itself is kept. Raises KeyError for what does not."""
    limits = settings().retention
    return {
        Kept.PENDING_SIGNATURES: limits.pending_signature_days,
        Kept.DELIVERY_LISTS: limits.delivery_list_days,
        Kept.LETTER_STREETS: limits.letter_street_days,
        Kept.NETWORK_HASHES: limits.network_key_days,
        Kept.RATE_BUCKETS: RATE_BUCKET_DAYS,
        Kept.EMAIL_FIELDS: limits.finished_email_fields_days,
        Kept.EMAIL_EVENTS: limits.email_event_days,
        Kept.LOGIN_LINKS: limits.login_link_days,
        Kept.AUDIT_EVENTS: limits.audit_event_days,
    }[kept]


def _ending(kept: Kept, what: str, why: str) -> Rule:
    return Rule(kept, what, why, days_of(kept))


def _signature_rules() -> list[Rule]:
    return [
        _ending(
            Kept.PENDING_SIGNATURES,
            _("A signature that was never confirmed: the whole form, and the address on it"),
            _("So that you can confirm it. It counts for nothing until then."),
        ),
        Rule(
            Kept.KEPT_ASIDE,
            _("A form kept aside because very many came from one network at once"),
            _("So that no real signature is lost: one of us looks, and lets it go on or ends it."),
            None,
        ),
        Rule(
            Kept.SIGNATURES,
            _(
                "A confirmed signature: your name, email address, ZIP code or country, comment, "
                "of a letter your town and to whom it went and when, "
                "the exact words you signed, how your name is shown, the link you came by, when"
            ),
            _(
                "It is what you asked us to deliver. You can withdraw or erase it at any time; "
                "once delivered it stays counted without your name."
            ),
            None,
        ),
        _ending(
            Kept.DELIVERY_LISTS,
            _("The list of names that was handed over with a petition, as it stood"),
            _("So that its office can get it once more. It goes at once if you erase yourself."),
        ),
        _ending(
            Kept.LETTER_STREETS,
            _("The street and the form of address of a letter that we hand to Congress itself"),
            _("Its system takes no letter without. They go as soon as it has accepted the letter."),
        ),
    ]


def _signer_rules() -> list[Rule]:
    return [
        Rule(
            Kept.MEMBERSHIPS,
            _("That you agreed to hear more: the sentence you agreed to, and when"),
            _("To write to you as you asked, and to show that you asked. One click ends it."),
            None,
        ),
        _ending(
            Kept.NETWORK_HASHES,
            _("A scrambled mark of the network a form came from; never your IP address"),
            _("To notice one network signing hundreds of times. Then its key is thrown away."),
        ),
        _ending(
            Kept.RATE_BUCKETS,
            _("How many forms and links were asked for by one network or address, as a number"),
            _("So that nobody can flood a mailbox, an action or a login."),
        ),
    ]


def _mail_rules() -> list[Rule]:
    return [
        _ending(
            Kept.EMAIL_FIELDS,
            _("What an email to you said, and the address it went to, once it was sent"),
            _("To send it again if it failed, and to answer your questions about it."),
        ),
        _ending(
            Kept.EMAIL_EVENTS,
            _("When an email was sent and what the receiving server answered; not what it said"),
            _("To find out why mail does not arrive."),
        ),
        Rule(
            Kept.SUPPRESSIONS,
            _("A scrambled mark of an address that left, bounced or was erased"),
            _("So that we never write to it again by mistake. It cannot be turned back."),
            None,
        ),
    ]


def _staff_rules() -> list[Rule]:
    return [
        _ending(
            Kept.LOGIN_LINKS,
            _("Used or expired links by which organizers log in"),
            _("To see whether a link was used twice."),
        ),
        _ending(
            Kept.AUDIT_EVENTS,
            _("Which organizer changed what and when; no personal data"),
            _("So that everybody with a key answers for what they do."),
        ),
    ]
