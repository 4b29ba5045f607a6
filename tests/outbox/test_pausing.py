"""A mailing refused by policy pauses by itself; refusals of single people do not add up."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import func, select

from actionhub.extensions import db
from actionhub.outbox import pausing
from actionhub.outbox.models import Email, EmailState, Mailing, MailingState, Suppression
from actionhub.outbox.sending import drain
from tests.mail import Sink
from tests.outbox.people import write_to


def mailing() -> Mailing:
    db.session.rollback()
    return db.session.execute(
        select(Mailing).where(Mailing.template == "followup"),
        execution_options={"populate_existing": True},
    ).scalar_one()


def test_refusals_by_policy_in_a_row_pause_the_mailing_and_suppress_nobody(
    app: Flask, smtp_sink: Sink
) -> None:
    for n in range(60):
        write_to(f"p{n}@example.org", "followup")
        smtp_sink.rcpt_replies[f"p{n}@example.org"] = ["550 5.7.1 not from you"]
    other = write_to("ada@example.org", "confirm")
    done = drain()
    assert (done.sent, done.failed) == (1, pausing.REFUSALS)
    assert (mailing().state, mailing().paused_because) == (MailingState.PAUSED, "550 5.7.1")
    assert db.session.execute(select(func.count()).select_from(Suppression)).scalar_one() == 0
    states = dict(
        db.session.execute(
            select(Email.state, func.count()).where(Email.id != other).group_by(Email.state)
        ).all()
    )
    assert states == {EmailState.FAILED: pausing.REFUSALS, EmailState.READY: 40}


def test_an_acceptance_between_them_forgets_the_refusals(app: Flask, smtp_sink: Sink) -> None:
    for n in range(60):
        write_to(f"p{n}@example.org", "followup")
        if n % 10:
            smtp_sink.rcpt_replies[f"p{n}@example.org"] = ["550 5.7.1 he blocked you"]
    done = drain()
    assert (done.sent, done.failed) == (6, 54)
    assert mailing().state is MailingState.ACTIVE


def test_other_refusals_pause_nothing(app: Flask, smtp_sink: Sink) -> None:
    for n in range(30):
        write_to(f"p{n}@example.org", "followup")
        smtp_sink.rcpt_replies[f"p{n}@example.org"] = ["550 5.1.1 nobody here"]
    assert drain().failed == 30
    assert mailing().state is MailingState.ACTIVE


def test_an_acceptance_in_a_later_run_forgets_them_too(app: Flask, smtp_sink: Sink) -> None:
    """Each of these mailings' emails goes out in a run of its own, as confirmations do."""
    for n in range(pausing.REFUSALS + 5):
        write_to(f"bad{n}@example.org", "followup")
        smtp_sink.rcpt_replies[f"bad{n}@example.org"] = ["550 5.7.1 she blocked you"]
        assert drain().failed == 1
        write_to(f"good{n}@example.org", "followup")
        assert drain().sent == 1
        assert mailing().refusals == 0
    assert mailing().state is MailingState.ACTIVE
