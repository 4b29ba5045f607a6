"""Keyed links open one thing each, survive a change of keys, and grow old."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from itsdangerous import TimestampSigner, URLSafeTimedSerializer

from actionhub import clock, tokens
from actionhub.tokens import BadToken, Purpose, StaleToken


def test_a_token_gives_back_what_was_signed_and_when(app: Flask) -> None:
    signed_at = clock.now().replace(microsecond=0)
    with clock.set_to(signed_at):
        token = tokens.sign(Purpose.CONFIRM, 12, 3)
    found = tokens.read(Purpose.CONFIRM, token)
    assert (found.values, found.signed_at) == ((12, 3), signed_at)


def test_a_token_for_one_purpose_opens_no_other(app: Flask) -> None:
    with pytest.raises(BadToken):
        tokens.read(Purpose.ME, tokens.sign(Purpose.UNSUBSCRIBE, 12))


@pytest.mark.parametrize("mangle", [lambda t: t[:-2], lambda t: "x" + t, lambda _: "", str.upper])
def test_a_mangled_token_is_refused(app: Flask, mangle: object) -> None:
    assert callable(mangle)
    with pytest.raises(BadToken):
        tokens.read(Purpose.ME, mangle(tokens.sign(Purpose.ME, 7)))


def test_an_old_token_still_says_whom_it_was_for(app: Flask) -> None:
    token = tokens.sign(Purpose.ME, 7)
    with clock.moved_by(days=2), pytest.raises(StaleToken) as stale:
        tokens.read(Purpose.ME, token, max_age=timedelta(days=1))
    assert stale.value.values == (7,)


def test_links_mailed_under_an_old_key_still_open(app: Flask) -> None:
    before = app.extensions["actionhub.settings"]
    token = tokens.sign(Purpose.ME, 7)
    try:
        app.extensions["actionhub.settings"] = replace(
            before, secret_keys=("new-" + "n" * 32, *before.secret_keys)
        )
        assert tokens.read(Purpose.ME, token).values == (7,)
        app.extensions["actionhub.settings"] = replace(before, secret_keys=("new-" + "n" * 32,))
        with pytest.raises(BadToken):
            tokens.read(Purpose.ME, token)
    finally:
        app.extensions["actionhub.settings"] = before


def test_the_same_moment_and_key_make_the_same_token(app: Flask) -> None:
    before = app.extensions["actionhub.settings"]
    moment = clock.now() - timedelta(days=3)
    key = tokens.fingerprint()
    token = tokens.sign(Purpose.ME, 7, at=moment, key=key)
    newer = ("new-" + "n" * 32, *before.secret_keys)
    try:
        app.extensions["actionhub.settings"] = replace(before, secret_keys=newer)
        assert tokens.sign(Purpose.ME, 7, at=moment, key=key) == token
        assert tokens.sign(Purpose.ME, 7, at=moment) != token
        assert tokens.fingerprint() != key
        found = tokens.read(Purpose.ME, token)
        assert (found.values, found.signed_at) == ((7,), moment.replace(microsecond=0))
        app.extensions["actionhub.settings"] = replace(before, secret_keys=newer[:1])
        signed_anew = tokens.sign(Purpose.ME, 7, at=moment, key=key)
        assert tokens.read(Purpose.ME, signed_anew).values == (7,)
    finally:
        app.extensions["actionhub.settings"] = before


@pytest.mark.parametrize("values", [(1,), (2**53, "followups"), ("x" * 500,), ("ñ & <>", 0)])
def test_tokens_are_what_the_library_itself_writes(
    app: Flask, values: tuple[tokens.Value, ...]
) -> None:
    moment = clock.now()
    key = app.extensions["actionhub.settings"].secret_keys[0]

    class AtThatMoment(TimestampSigner):
        def get_timestamp(self) -> int:
            return int(moment.timestamp())

    library = URLSafeTimedSerializer(key, salt="actionhub.typed", signer=AtThatMoment)
    assert tokens.sign(Purpose.TYPED, *values, at=moment) == library.dumps(list(values))
