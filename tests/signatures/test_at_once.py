"""Many at the same moment: threads, each with a connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from flask import Flask

from actionhub.addresses import read_address
from actionhub.errors import ActionHubError
from actionhub.extensions import db
from actionhub.privacy import erasing
from actionhub.signatures import confirming, counts, withdrawing
from actionhub.signatures.models import SignatureState
from actionhub.signatures.signing import sign
from actionhub.supporters import joining
from tests.signatures.people import a_form, an_action, emails, link, signatures, signed

S = SignatureState


def at_once(app: Flask, *deeds: Callable[[], Any]) -> list[Any]:
    """Do all deeds together, each committed; their results, or the refusal each met."""
    gate = threading.Barrier(len(deeds))
    results: list[Any] = [None] * len(deeds)

    def do(number: int, deed: Callable[[], Any]) -> None:
        with app.app_context():
            try:
                gate.wait()
                results[number] = deed()
                db.session.commit()
            except Exception as problem:
                db.session.rollback()
                results[number] = problem
            finally:
                db.session.remove()

    db.session.rollback()
    threads = [threading.Thread(target=do, args=item) for item in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def unexpected(results: list[Any]) -> list[Exception]:
    return [r for r in results if isinstance(r, Exception) and not isinstance(r, ActionHubError)]


def is_right() -> bool:
    while counts.fold():
        db.session.commit()
    return counts.check() == []


def test_the_same_form_eight_times_at_once_is_one_signature_and_one_mail(app: Flask) -> None:
    action = an_action()
    form = a_form(action)
    for _ in range(5):
        assert unexpected(at_once(app, *[lambda: sign(form)] * 8)) == []
    [one] = signatures()
    assert (one.state, one.posting) == (S.PENDING, 1)
    assert [mail.key for mail in emails()] == [f"confirm:{one.id}:1"]
    assert is_right()


def test_different_names_of_one_new_address_at_once_are_mailed_thrice(app: Flask) -> None:
    action = an_action()
    forms = [a_form(action, name=f"Sister {letter}") for letter in "abcdefgh"]
    assert unexpected(at_once(app, *[lambda form=form: sign(form) for form in forms])) == []
    assert len(signatures()) == 8
    assert len({s.supporter_id for s in signatures()}) == 1
    assert len(emails("confirm")) == 3
    assert [s.state for s in signatures()].count(S.QUARANTINED) == 2
    assert is_right()


def test_a_new_address_added_by_many_at_once_is_one_supporter(app: Flask) -> None:
    # two unique columns: a conflict met on the one that was not named would raise, now and then
    for turn in range(40):
        address = read_address(f"new{turn}@example.org")
        added = at_once(app, *[lambda: joining.find_or_add(address, "en")] * 6)  # noqa: B023
        assert unexpected(added) == []
        assert len(set(added)) == 1


def test_confirming_eight_times_at_once_counts_and_thanks_once(app: Flask) -> None:
    action = an_action()
    token = link(signed(action))
    results = at_once(app, *[lambda: confirming.confirm(token)] * 8)
    assert unexpected(results) == []
    assert [r.first_time for r in results].count(True) == 1
    assert {r.number for r in results} == {1}
    assert len(emails("thanks")) == 1
    assert is_right()
    assert counts.counts_of(action).confirmed == 1


def test_signing_confirming_withdrawing_and_erasing_at_once_never_lock(app: Flask) -> None:
    action = an_action()
    for turn in range(6):
        mine = signed(action, f"t{turn}@example.org")
        token, number, supporter = link(mine), mine.id, mine.supporter_id
        assert supporter is not None
        form = a_form(action, f"t{turn}@example.org", comment="again")
        results = at_once(
            app,
            lambda form=form: sign(form),
            lambda token=token: confirming.confirm(token),
            lambda number=number: withdrawing.withdraw(number),
            lambda supporter=supporter: erasing.erase(supporter),
            counts.fold,
        )
        assert unexpected(results) == []
    assert is_right()


def test_folding_twice_at_once_counts_each_signature_once(app: Flask) -> None:
    actions = [an_action(slug=f"a{n}") for n in range(3)]
    for n in range(60):
        sign(a_form(actions[n % 3], f"s{n}@example.org"))
    db.session.commit()
    results = at_once(app, *[lambda: counts.fold(7)] * 6)
    assert unexpected(results) == []
    assert is_right()
    assert [counts.counts_of(action).pending for action in actions] == [20, 20, 20]
