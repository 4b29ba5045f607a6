"""Signing mail with DKIM (RFC 6376): the domain vouches for what we wrote, and for how to leave.

The same message always gets the same signature: its time is the row's, and neither RSA with
PKCS #1 v1.5 nor Ed25519 (RFC 8463) draws lots.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from actionhub.errors import ConfigurationError

#: What is signed where it is there. RFC 8058, 4 wants the two that let a reader leave.
SIGNED = (
    *(b"from", b"to", b"subject", b"date", b"message-id", b"mime-version", b"content-type"),
    *(b"list-unsubscribe", b"list-unsubscribe-post"),
)
#: Bits of an RSA key: verifiers need not take fewer or more (RFC 8301, 3.2).
RSA_BITS = range(2048, 4097)

_SELECTOR = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*", re.I)
_FIELD_ENDS = re.compile(rb"\r\n(?![ \t])")
_SPACE = re.compile(rb"[ \t\r\n]+")
#: Characters of base64 a line, in the signature and in each string of the record.
_LINE, _STRING = 72, 250


@dataclass(frozen=True)
class Signer:
    """A domain's key, with the selector by which its DNS names it."""

    domain: str
    selector: str
    _key: RSAPrivateKey | Ed25519PrivateKey = field(repr=False)

    @property
    def kind(self) -> str:
        """For people: `rsa-2048`."""
        key = self._key
        return f"rsa-{key.key_size}" if isinstance(key, RSAPrivateKey) else "ed25519"

    @property
    def record_name(self) -> str:
        return f"{self.selector}._domainkey.{self.domain}"

    @property
    def record(self) -> str:
        """The TXT record to publish (RFC 6376, 3.6.1; RFC 8463, 4 for Ed25519)."""
        public = self._key.public_key()
        if isinstance(self._key, RSAPrivateKey):
            raw = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        else:
            raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        kind = "rsa" if isinstance(self._key, RSAPrivateKey) else "ed25519"
        return f"v=DKIM1; k={kind}; p={base64.b64encode(raw).decode()}"

    @property
    def record_strings(self) -> list[str]:
        """The record in pieces that a TXT record can hold: at most 255 octets each."""
        text = self.record
        return [text[at : at + _STRING] for at in range(0, len(text), _STRING)]

    def header(self, message: bytes, signed_at: datetime) -> bytes:
        """The DKIM-Signature line, with its CRLF, to stand before a message with CRLF throughout.

        Relaxed both ways: it stands when a relay folds lines anew. From is signed once more than
        it is there, so that nobody can add a second one (RFC 6376, 8.15).
        """
        head, _, body = message.partition(b"\r\n\r\n")
        found = {}
        for line in _FIELD_ENDS.split(head):
            name, _, value = line.partition(b":")
            found[name.strip().lower()] = value
        names = [name for name in SIGNED if name in found]
        digest = base64.b64encode(hashlib.sha256(_relaxed_body(body)).digest())
        unsigned = (
            f"v=1; a={self._algorithm}; c=relaxed/relaxed;\r\n"
            f" d={self.domain}; s={self.selector}; t={int(signed_at.timestamp())};\r\n h=from:"
        ).encode()
        unsigned += b":".join(names).replace(b":message-id", b":\r\n message-id")
        unsigned += b";\r\n bh=" + digest + b";\r\n b="
        signed = b"".join(_relaxed_field(name, found[name]) + b"\r\n" for name in names)
        signature = self._sign(signed + _relaxed_field(b"dkim-signature", unsigned))
        text = base64.b64encode(signature)
        lines = [text[at : at + _LINE] for at in range(0, len(text), _LINE)]
        return b"DKIM-Signature: " + unsigned + b"\r\n ".join(lines) + b"\r\n"

    @property
    def _algorithm(self) -> str:
        return "rsa-sha256" if isinstance(self._key, RSAPrivateKey) else "ed25519-sha256"

    def _sign(self, data: bytes) -> bytes:
        if isinstance(self._key, RSAPrivateKey):
            return self._key.sign(data, PKCS1v15(), SHA256())
        return self._key.sign(hashlib.sha256(data).digest())  # RFC 8463, 3


@lru_cache(maxsize=8)
def signer(selector: str, key_file: str, domain: str) -> Signer | None:
    """The domain's signer; None where neither selector nor key file is set: mail goes unsigned.

    Reads the file once a process. Raises ConfigurationError for a setting that cannot be used.
    """
    if not selector and not key_file:
        return None
    if not selector or not key_file:
        raise ConfigurationError(
            "ACTIONHUB_DKIM_KEY_FILE" if selector else "ACTIONHUB_DKIM_SELECTOR",
            "it is not set, though the other of the two that sign mail is",
            "Set both ACTIONHUB_DKIM_SELECTOR and ACTIONHUB_DKIM_KEY_FILE, or neither",
        )
    if not _SELECTOR.fullmatch(selector) or len(selector) > 63:
        raise ConfigurationError(
            "ACTIONHUB_DKIM_SELECTOR",
            f"{selector!r} cannot stand in a domain name",
            "Use letters, digits and hyphens, such as mail2026",
        )
    return Signer(domain, selector, _read_key(Path(key_file)))


def _read_key(path: Path) -> RSAPrivateKey | Ed25519PrivateKey:
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except OSError as problem:
        raise _bad_key(f"{path} cannot be read ({type(problem).__name__})") from None
    except Exception:  # several, and their words may quote the file
        raise _bad_key(f"{path} holds no private key as PEM without a password") from None
    if isinstance(key, RSAPrivateKey) and key.key_size not in RSA_BITS:
        raise _bad_key(f"{path} holds an RSA key of {key.key_size} bits")
    if not isinstance(key, (RSAPrivateKey, Ed25519PrivateKey)):
        raise _bad_key(f"{path} holds a key that is neither RSA nor Ed25519")
    return key


def _bad_key(problem: str) -> ConfigurationError:
    return ConfigurationError(
        "ACTIONHUB_DKIM_KEY_FILE",
        problem,
        f"Use RSA of {RSA_BITS[0]} to {RSA_BITS[-1]} bits or Ed25519, readable by whoever runs"
        " this. Make one with: openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048"
        " -out dkim.pem",
    )


def _relaxed_field(name: bytes, value: bytes) -> bytes:
    """A header field in its relaxed form, without CRLF (RFC 6376, 3.4.2). `name` in lower case."""
    return name + b":" + _SPACE.sub(b" ", value).strip(b" ")


def _relaxed_body(body: bytes) -> bytes:
    """A body in its relaxed form (RFC 6376, 3.4.4), by whole-body replacements: they are fast."""
    body = body.replace(b"\t", b" ")
    while b"  " in body:
        body = body.replace(b"  ", b" ")
    body = body.replace(b" \r\n", b"\r\n").rstrip(b" \r\n")
    return body + b"\r\n" if body else b""
