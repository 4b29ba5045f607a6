"""The one transition table: what an email may turn into, and from where."""

from __future__ import annotations

from actionhub.outbox.models import EmailState

S = EmailState

#: From each state to those that may follow. A late 250 turns anything but `sent` into `sent`:
#: what the server accepted is sent, whatever we thought meanwhile.
TRANSITIONS: dict[EmailState, frozenset[EmailState]] = {
    S.READY: frozenset({S.CLAIMED, S.CANCELLED, S.SENT}),
    S.CLAIMED: frozenset(
        {S.SENDING, S.READY, S.DEFERRED, S.SUPPRESSED, S.CANCELLED, S.FAILED, S.SENT}
    ),
    S.SENDING: frozenset({S.SENT, S.READY, S.DEFERRED, S.FAILED, S.EXPIRED, S.UNKNOWN, S.HELD}),
    S.DEFERRED: frozenset({S.CLAIMED, S.CANCELLED, S.SENT}),
    S.UNKNOWN: frozenset(
        {S.CLAIMED, S.READY, S.DEFERRED, S.FAILED, S.EXPIRED, S.CANCELLED, S.SENT}
    ),
    S.HELD: frozenset({S.READY, S.CANCELLED, S.SENT}),
    S.FAILED: frozenset({S.READY, S.SENT}),
    S.SUPPRESSED: frozenset({S.READY, S.SENT}),
    S.EXPIRED: frozenset({S.READY, S.SENT}),
    S.CANCELLED: frozenset({S.SENT}),
    S.SENT: frozenset(),
}

#: Those that a worker may claim once they are due.
CLAIMABLE = (S.READY, S.DEFERRED, S.UNKNOWN)
#: Those that have not gone out and would: what cancelling ends.
CANCELLABLE = frozenset(s for s, after in TRANSITIONS.items() if S.CANCELLED in after)
#: Those that an operator may send again by `outbox retry`.
RETRYABLE = frozenset({S.HELD, S.FAILED, S.EXPIRED})
#: Those that are over.
FINISHED = frozenset({S.SENT, S.FAILED, S.SUPPRESSED, S.CANCELLED, S.EXPIRED})


def may_turn(before: EmailState, after: EmailState) -> bool:
    """Whether `before` may turn into `after`."""
    return after in TRANSITIONS[before]


def sources_of(after: EmailState) -> frozenset[EmailState]:
    """The states that may turn into `after`."""
    return frozenset(state for state, nexts in TRANSITIONS.items() if after in nexts)
