"""`actionhub outbox dkim`: what to publish so that others can check what we sign."""

from __future__ import annotations

import click

from actionhub.config import settings
from actionhub.outbox.messages import dkim_signer


def record() -> None:
    """The DNS record that proves our DKIM signatures."""
    found = dkim_signer(settings())
    if found is None:
        raise click.ClickException(
            "mail is not signed here: let the mail server sign it, or set ACTIONHUB_DKIM_SELECTOR"
            " and ACTIONHUB_DKIM_KEY_FILE. Make a key with: openssl genpkey -algorithm RSA"
            " -pkeyopt rsa_keygen_bits:2048 -out dkim.pem"
        )
    strings = " ".join(f'"{text}"' for text in found.record_strings)
    click.echo(f"; {found.kind}, for mail from {found.domain}")
    click.echo(f"{found.record_name}. IN TXT ( {strings} )")
