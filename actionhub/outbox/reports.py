"""Reading reports that come by mail: delivery reports (RFC 3464, 6533), complaints (RFC 5965).

Whoever mails us writes these, so nothing of them is trusted but a genuine mark. Only the outermost
parts are taken apart, and of each its header fields: a full MIME parse of a hostile message
recurses, and takes far longer than its size.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from email import policy
from email.message import Message
from email.parser import BytesParser
from enum import StrEnum
from itertools import islice, pairwise

from actionhub.outbox import verp
from actionhub.outbox.reported import Kind, Reported

#: As much of a message as is looked at: the report stands before the returned message.
MOST_BYTES = 1 << 20
#: A report has three parts; some gateways add one or two.
_MOST_PARTS = 12
#: One email has one recipient; a mailing list's server may tell of each member.
_MOST_RECIPIENTS = 100
_MOST_ADDRESSES = 50

#: Where the address stands that a message came to, as different servers write it.
_CAME_TO = ("Delivered-To", "X-Original-To", "Envelope-To", "To")
MARK_HEADER = "X-ActionHub-Mark"
_REPORTS = frozenset({"delivery-status", "feedback-report"})
_STATUS_PARTS = frozenset({"message/delivery-status", "message/global-delivery-status"})
_RETURNED_PARTS = frozenset(
    {
        *("message/rfc822", "message/global", "message/global-headers"),
        *("text/rfc822-headers", "message/rfc822-headers"),
    }
)
#: Feedback that is nobody's complaint: RFC 6430, RFC 6591, and a scanner's find.
_NO_COMPLAINT = frozenset({"not-spam", "auth-failure", "virus"})

_BETWEEN_ADDRESSES = re.compile(r"[\s<>,;:\"()]+")
_STATUS = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})(?!\d)")
#: `smtp; 550-5.1.1 The account ...`, `smtp; 550 #5.1.0 Address rejected`
_DIAGNOSED = re.compile(
    r"\s*smtp\s*;\s*[245]\d\d[ -]\s*#?([245]\.\d{1,3}\.\d{1,3})(?!\d)", re.IGNORECASE
)

_ACTIONS = {
    "failed": Kind.BOUNCED,
    "delayed": Kind.DELAYED,
    "delivered": Kind.DELIVERED,
    "relayed": Kind.DELIVERED,
    "expanded": Kind.DELIVERED,
}


class Ignored(StrEnum):
    """Why a message counts as nothing."""

    ORDINARY = "ordinary"  # neither a report nor sent to a mark: people's mail, not ours to touch
    AUTOMATIC = "automatic"  # an automatic reply to an email (RFC 3834)
    NO_REPORT = "no report"  # came to an email's own bounce address, in no form that we read
    NOT_OURS = "not ours"  # a report without a mark of ours, or with a forged one
    UNREADABLE = "unreadable"  # a report that says nothing


def glance(head: bytes) -> Ignored | None:
    """Why a message is no report of interest, by its header alone; None if it is one."""
    return _glance(_header_of(head))


def read(raw: bytes) -> Reported | Ignored:
    """What a message reports, or why it counts as nothing.

    Give at most MOST_BYTES of it. May raise what the standard library does on hostile input.
    """
    message = _header_of(raw[:MOST_BYTES])
    nothing = _glance(message)
    if nothing is not None:
        return nothing
    parts = list(_parts(message))
    email_id = _email_of(message, parts)
    if email_id is None:
        return Ignored.NOT_OURS
    told = _complaint(parts) if _report_type(message) == "feedback-report" else _fate(parts)
    if told is None:
        return Ignored.UNREADABLE
    kind, enhanced = told
    return Reported(hashlib.sha256(raw).hexdigest(), "mailbox", email_id, kind, enhanced)


def _glance(message: Message) -> Ignored | None:
    if message.get_content_type() == "multipart/report" and _report_type(message) in _REPORTS:
        return None  # though it says Auto-Submitted: auto-replied, as most of them do
    if next(_marks(_values(message, *_CAME_TO)), None) is None:
        return Ignored.ORDINARY
    return Ignored.AUTOMATIC if _is_automatic(message) else Ignored.NO_REPORT


def _report_type(message: Message) -> str:
    return str(message.get_param("report-type", "")).strip().lower()


def _is_automatic(message: Message) -> bool:
    """RFC 3834, section 5, and what older programs write."""
    submitted = str(message.get("Auto-Submitted", "no")).partition(";")[0].strip().lower()
    precedence = str(message.get("Precedence", "")).strip().lower()
    old = "X-Autoreply" in message or "X-Autorespond" in message
    return submitted != "no" or precedence in {"auto_reply", "bulk", "junk"} or old


def _email_of(message: Message, parts: list[Message]) -> int | None:
    """Which email a report is about, by the first genuine mark; None if there is none.

    In the address the report came to, in the returned message's own sender, in what the
    complaint names as sender, in the returned message's header.
    """
    returned = [_header_of(_content(part)) for part in parts if _is(part, _RETURNED_PARTS)]
    named = [_header_of(_content(part)) for part in parts if _is(part, {"message/feedback-report"})]
    places = (
        _values(message, *_CAME_TO),
        *(_values(one, "Return-Path") for one in returned),
        *(_values(one, "Original-Mail-From") for one in named),
    )
    for values in places:
        for email_id in _marks(values):
            return email_id
    written = (verp.read_mark(value) for one in returned for value in _values(one, MARK_HEADER))
    return next((email_id for email_id in written if email_id is not None), None)


def _marks(values: list[str]) -> Iterator[int]:
    for value in values:
        for word in _BETWEEN_ADDRESSES.split(value, _MOST_ADDRESSES):
            email_id = verp.email_of(word)
            if email_id is not None:
                yield email_id


def _fate(parts: list[Message]) -> tuple[Kind, str | None] | None:
    """What became of the email (RFC 3464, 2.3).

    Of several recipients, as those behind an alias, one that got it makes it delivered.
    """
    told: dict[Kind, str | None] = {}
    for part in parts:
        if _is(part, _STATUS_PARTS):
            for block in _blocks(_content(part)):
                action = str(block.get("Action", "")).split("(")[0].strip().lower()
                if action in _ACTIONS:
                    told.setdefault(_ACTIONS[action], _status_of(block))
    for kind in (Kind.DELIVERED, Kind.BOUNCED, Kind.DELAYED):
        if kind in told:
            return kind, told[kind]
    return None


def _blocks(content: bytes) -> Iterator[Message]:
    """The groups of fields of a delivery-status part, between empty lines."""
    for block in islice(re.split(rb"\r?\n[ \t]*\r?\n", content), _MOST_RECIPIENTS):
        yield _header_of(block.strip(b"\r\n"))


def _status_of(block: Message) -> str | None:
    """The status of one recipient (RFC 3464, 2.3.4).

    `5.0.0` says nothing, and some programs (Exim) write it whatever the other server told them.
    """
    own = _STATUS.match(str(block.get("Status", "")))
    diagnosed = _DIAGNOSED.match(str(block.get("Diagnostic-Code", "")))
    if own and not (diagnosed and own[1].endswith(".0.0") and own[1][0] == diagnosed[1][0]):
        return own[1]
    return diagnosed[1] if diagnosed else None


def _complaint(parts: list[Message]) -> tuple[Kind, str | None] | None:
    """A complaint, by its one required field (RFC 5965, 3.1); unknown types count as `other`."""
    for part in parts:
        if _is(part, {"message/feedback-report"}):
            kind = str(_header_of(_content(part)).get("Feedback-Type", "")).strip().lower()
            if kind and kind not in _NO_COMPLAINT:
                return Kind.COMPLAINED, None
    return None


def _header_of(raw: bytes) -> Message:
    """A message whose header is parsed and whose body is left as it is: one pass, no recursion."""
    return BytesParser(policy=policy.compat32).parsebytes(raw, headersonly=True)


def _parts(message: Message) -> Iterator[Message]:
    """The outermost parts of a multipart message (RFC 2046, 5.1.1); the last may be cut short."""
    boundary = message.get_boundary()
    if not boundary:
        return
    body = _content(message)
    line = rb"(?:\A|\n)--" + re.escape(boundary.encode("utf-8", "surrogateescape"))
    found = islice(re.finditer(line + rb"(--)?[ \t]*(?=\r?\n|\Z)", body), _MOST_PARTS + 1)
    lines = [(one.start(), one.end(), one[1]) for one in found]
    for (_start, begin, last), (end, _end, _last) in pairwise([*lines, (len(body), 0, b"")]):
        if last:
            return
        yield _header_of(body[begin:end].removeprefix(b"\r").removeprefix(b"\n"))


def _content(message: Message) -> bytes:
    """What stands below the header, its transfer encoding undone."""
    found = message.get_payload(decode=True)
    return found if isinstance(found, bytes) else b""


def _is(part: Message, types: frozenset[str] | set[str]) -> bool:
    return part.get_content_type() in types


def _values(message: Message, *names: str) -> list[str]:
    return [str(value) for name in names for value in message.get_all(name, [])]
