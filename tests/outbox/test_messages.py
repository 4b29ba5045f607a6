from __future__ import annotations

import email
import re
from dataclasses import replace
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast

import pytest
from flask import Flask

from actionhub.config import Settings, settings
from actionhub.outbox import rendering, verp
from actionhub.outbox.messages import BadMessage, Kind, read_mailbox, skeleton
from actionhub.outbox.models import Scope
from actionhub.outbox.slots import SlotMisused
from tests.outbox.people import SCOPES
from tests.outbox.samples import LEAVE, SAMPLES

SNAPSHOTS = Path(__file__).parent / "snapshots"
SENT_AT = datetime(2026, 11, 23, 14, 30, tzinfo=UTC)


def a_public(given_settings: Settings) -> Settings:
    return replace(given_settings, base_url="https://act.example.org")


def write(
    template: str,
    *,
    address: str = "ada@example.org",
    given_settings: Settings | None = None,
    locale: str = "en",
    **fields: Any,
) -> bytes:
    content, own = SAMPLES[template]
    scope, _, automatic = SCOPES.get(template, (Scope.SIGNING, 0, True))
    kind = Kind(
        f"{template}:{locale}", template, locale, scope, automatic, rendering.canonical(content)
    )
    fields = own | fields
    frame = skeleton(kind, rendering.variant_of(fields), given_settings or a_public(settings()))
    return frame.fill(
        email_id=500, address=address, message_id="<1@example.org>", date=SENT_AT, fields=fields
    ).as_bytes()


def read(raw: bytes) -> EmailMessage:
    return cast(EmailMessage, email.message_from_bytes(raw, policy=policy.default))


def bodies(message: EmailMessage) -> tuple[str, str]:
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    both = text.get_content(), html.get_content()
    return both[0].replace("\r\n", "\n"), both[1].replace("\r\n", "\n")


@pytest.mark.parametrize("template", sorted(SAMPLES))
def test_an_email_reads_as_its_stored_snapshot(app: Flask, template: str) -> None:
    message = read(write(template))
    text, html = bodies(message)
    headers = "".join(f"{name}: {value}\n" for name, value in message.items())
    stored = SNAPSHOTS / f"{template}.eml"
    written = f"{headers}\n{text}\n{'=' * 72}\n{html}"
    written = "\n".join(line.rstrip() for line in written.splitlines()) + "\n"
    if not stored.exists():
        stored.parent.mkdir(exist_ok=True)
        stored.write_text(written, encoding="utf-8")
        pytest.fail(f"there was no snapshot of {template}: written now, look at it and commit it")
    assert written == stored.read_text(encoding="utf-8")


@pytest.mark.parametrize("template", sorted(SAMPLES))
def test_every_email_is_whole(app: Flask, template: str) -> None:
    raw = write(template)
    message = read(raw)
    text, html = bodies(message)
    assert message["Date"].datetime == SENT_AT
    assert message["Message-ID"] == "<1@example.org>"
    assert str(message["From"]) == "Workers & Neighbors <actions@example.org>"
    for body in (text, html.replace("&amp;", "&")):
        assert "1 Main Street, Springfield, IL 62701" in body
    assert re.search(r"<img(?![^>]*src=\"cid:)", html) is None, "a picture from elsewhere"
    assert "<script>" not in html
    assert "prefers-color-scheme: dark" in html
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", raw), "a bare line end"
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert max(map(len, text.splitlines())) <= 998
    assert message.defects == []
    assert [defect for part in message.walk() for defect in part.defects] == []


def test_an_email_carries_the_mark_of_its_envelope(app: Flask) -> None:
    message = read(write("followup"))
    assert verp.read_mark(message["X-ActionHub-Mark"]) == 500


def test_the_same_row_makes_the_same_bytes(app: Flask) -> None:
    first = write("thanks")
    skeleton.cache_clear()
    rendering.render.cache_clear()
    assert write("thanks") == first


def test_a_follow_up_can_be_left_with_one_click(app: Flask) -> None:
    message = read(write("followup"))
    assert message["List-Unsubscribe"] == f"<{LEAVE}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Auto-Submitted"] is None
    assert read(write("confirm"))["List-Unsubscribe"] is None
    assert read(write("confirm"))["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize("address", ["", "javascript:x", "https://x.org/\r\nBcc: a@b.org", "x"])
def test_a_follow_up_without_a_way_to_leave_is_not_written(app: Flask, address: str) -> None:
    with pytest.raises(BadMessage):
        write("followup", unsubscribe_url=address)


def test_thanks_carries_its_qr_code_inside(app: Flask) -> None:
    message = read(write("thanks"))
    [picture] = [part for part in message.walk() if part.get_content_type() == "image/png"]
    assert picture["Content-ID"] == "<qr>"
    assert picture.get_content_disposition() == "inline"  # else mail programs show a paper clip
    assert picture.get_content().startswith(b"\x89PNG")
    assert 'src="cid:qr"' in bodies(message)[1]


@pytest.mark.parametrize(
    "name",
    [
        "Ada\r\nBcc: everyone@example.org",
        "Ada\nBcc: everyone@example.org",
        "Ada\r\n\r\n<b>body</b>",
        "Ada\x0bX\x85Y\u2028Z",
        '"; DROP TABLE--',
        "<img src=x onerror=alert(1)>",
        "{{ 7 * 7 }} %(name)s %s",
        "王小明",
        "Владимир Ⅲ",
        "אבגדה",
        "zoë o\u0308",
        "👩‍👩‍👧",
        "=_" + "0" * 24,
        "." * 3,
        "x" * 2000,
    ],
)
def test_a_name_can_neither_inject_nor_break_anything(app: Flask, name: str) -> None:
    plain, message = read(write("confirm", name="Ada")), read(write("confirm", name=name))
    assert message.keys() == plain.keys()
    assert message["To"] == "ada@example.org"
    assert len(list(message.walk())) == len(list(plain.walk()))
    text, html = bodies(message)
    shown = re.sub(r"[\s\x85\u2028\u2029]+", " ", name)
    assert f"Hello {shown}," in text
    assert "<img src=x" not in html
    assert "{{ 7 * 7 }}" in html if "{{" in name else "49" not in text


@pytest.mark.parametrize(
    "address",
    [
        "ada@example.org\r\nBcc: x@example.org",
        "ada@example.org\nRCPT TO:<x@example.org>",
        "ada@example.org> SIZE=1",
        "ada@@example.org",
        "a b@example.org",
        "ada",
        "",
        "ada@example.org,bo@example.org",
        "ada@" + "é" * 80 + ".org",
    ],
)
def test_an_address_that_could_break_out_is_refused(app: Flask, address: str) -> None:
    with pytest.raises(BadMessage):
        read_mailbox(address)


def test_the_organization_may_have_any_name(app: Flask) -> None:
    for name in ("Überparteilich, e.V.", 'The "Real" <Deal>', "A\r\nBcc: x@example.org", "工会"):
        message = read(write("me", given_settings=replace(a_public(settings()), organization=name)))
        [sender] = message["From"].addresses
        assert sender.display_name == " ".join(name.split())
        assert sender.addr_spec == "actions@example.org"
        assert message["Bcc"] is None


def test_a_subject_in_any_script_arrives_whole(app: Flask) -> None:
    content = SAMPLES["already"][0] | {"action_title": "Löhne rauf! " * 15 + "工会"}
    kind = Kind("k", "already", "en", Scope.SIGNING, True, rendering.canonical(content))
    fields = SAMPLES["already"][1]
    frame = skeleton(kind, rendering.variant_of(fields), settings())
    raw = frame.fill(
        email_id=1, address="ada@example.org", message_id="<1@x>", date=SENT_AT, fields=fields
    ).as_bytes()
    assert read(raw)["Subject"].endswith(content["action_title"])
    assert raw.isascii()


def test_the_variants_of_a_signature_each_say_their_own(app: Flask) -> None:
    shown = bodies(read(write("confirm", shows_public=False, shows_protected=True)))[0]
    assert "withheld from everyone" in shown
    target_only = bodies(read(write("confirm", shows_public=False)))[0]
    assert "goes to The United States Senate only" in target_only
    bare = bodies(read(write("confirm", has_comment=False, has_place=False)))[0]
    assert "comment" not in bare
    assert "Place" not in bare


def test_an_asker_of_no_news_is_promised_none(app: Flask) -> None:
    text = bodies(read(write("thanks", member=False)))[0]
    assert "nsubscribe" not in text
    assert "no further mail" in text


def test_a_comment_keeps_its_lines_and_is_quoted_on_each(app: Flask) -> None:
    text, html = bodies(read(write("confirm", comment="one\r\ntwo\n\nfour <b>")))
    assert "> one\n> two\n> \n> four <b>\n" in text
    assert "one\ntwo\n\nfour &lt;b&gt;" in html


def test_markdown_of_a_follow_up_reads_well_both_ways(app: Flask) -> None:
    text, html = bodies(read(write("followup")))
    assert "1. Call the switchboard: 202-224-3121.\n2. Say your name" in text
    assert re.search(r"4,112 signatures\s\(https://act\.example\.org/actions/[a-z-]+\)", text)
    assert "> We read every one of the comments." in text
    assert re.search(r'<a href="https://act\.example\.org/[^"]+"[^>]*>your 4,112', html)
    assert "&lt;script&gt;" in html


def test_a_template_may_only_print_what_differs_by_recipient(app: Flask) -> None:
    with pytest.raises(SlotMisused):
        rendering.preview("confirm", "en", SAMPLES["confirm"][0], {**POSTING_WITH_TEXT_FLAG})


POSTING_WITH_TEXT_FLAG = SAMPLES["confirm"][1] | {"has_comment": "yes"}


def test_a_mail_in_spanish_says_so(app: Flask) -> None:
    message = read(write("me", locale="es"))
    assert message["Content-Language"] == "es"
    assert '<html lang="es">' in bodies(message)[1]


def test_mail_is_rendered_without_a_request_and_in_its_own_language(app: Flask) -> None:
    one = rendering.preview("me", "en", {}, SAMPLES["me"][1])
    other = rendering.preview("me", "es", {}, SAMPLES["me"][1])
    with app.test_request_context("/es/"):
        assert rendering.preview("me", "en", {}, SAMPLES["me"][1]) == one
    assert other.html != one.html
