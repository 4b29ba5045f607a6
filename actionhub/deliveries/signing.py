"""Signing a manifest, so that whoever holds it can check that it is ours and unchanged.

Ed25519 (RFC 8032), its key derived from the installation's secret key by HKDF (RFC 5869).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from actionhub.config import settings

_PURPOSE = b"actionhub.deliveries.manifest"


def canonical(manifest: Mapping[str, Any]) -> str:
    """A manifest as the text that is signed: sorted keys, no blanks, every letter as itself."""
    return json.dumps(manifest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def sign(text: str) -> str:
    """The signature of a manifest's text by the newest key, in base64."""
    return base64.b64encode(_key(settings().secret_keys[0]).sign(text.encode())).decode()


def is_ours(text: str, signature: str) -> bool:
    """Whether a manifest's text was signed here, by a key that is still known."""
    try:
        raw = base64.b64decode(signature, validate=True)
    except ValueError:
        return False
    return any(_signed_by(secret, text, raw) for secret in settings().secret_keys)


def public_keys() -> list[str]:
    """The keys that check our signatures, the newest first, as PEM."""
    return [
        _key(secret)
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
        for secret in settings().secret_keys
    ]


def _signed_by(secret: str, text: str, signature: bytes) -> bool:
    try:
        _key(secret).public_key().verify(signature, text.encode())
    except InvalidSignature:
        return False
    return True


@lru_cache(maxsize=16)
def _key(secret: str) -> Ed25519PrivateKey:
    seed = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE).derive(secret.encode())
    return Ed25519PrivateKey.from_private_bytes(seed)
