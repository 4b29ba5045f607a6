"""The thanks mail shares as the thanks page does: the same plain links, the words as written."""

from __future__ import annotations

from urllib.parse import unquote

from flask import Flask
from flask.testing import FlaskClient

from actionhub.links import share_links
from actionhub.outbox.sending import drain
from tests.mail import Sink
from tests.public_links.people import ANA, post, some_action


def test_it_carries_the_share_links_with_the_title_as_written(
    app: Flask, client: FlaskClient, smtp_sink: Sink
) -> None:
    action = some_action(title="Bread & <Roses>")
    client.post(post(action))
    drain()
    thanks = smtp_sink.to(ANA)[-1].get_body(("html",))
    assert thanks is not None
    mailed = thanks.get_content().replace("&amp;", "&")
    url = f"http://localhost/actions/{action.slug}"
    for link in share_links(url, "I signed “Bread & <Roses>”. Will you?"):
        assert f'href="{link.href}"' in mailed, unquote(link.href)
