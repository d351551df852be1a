"""Sealing: authenticated encryption of whole files that no one may read before a release.

AES-SIV (RFC 5297) is used because it is deterministic: equal content under one key gives equal bytes, so that
a repeated run can be compared byte for byte, and no nonce can be reused by mistake. The name of the file is
authenticated with it, so that one sealed file cannot be put in another's place.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from store.errors import InputRejected
from store.keys import Keys, Purpose

_SIV_KEY_BYTES = 64


def file_key(keys: Keys, name: str) -> bytes:
    """The key of one sealed file, by its path within the run; it opens no other."""
    return keys.derive(Purpose.SEAL, _SIV_KEY_BYTES, name)


def seal(keys: Keys, name: str, content: bytes) -> bytes:
    """Encrypt ``content`` under the file's key, bound to ``name`` (its path within the run)."""
    return AESSIV(file_key(keys, name)).encrypt(content, [name.encode("utf-8")])


def unseal(keys: Keys, name: str, sealed: bytes) -> bytes:
    """Decrypt what `seal` made; raises InputRejected when a byte, the name or the key differs."""
    return unseal_with(file_key(keys, name), name, sealed)


def unseal_with(key: bytes, name: str, sealed: bytes) -> bytes:
    """Decrypt by the file's own key, as a release hands it out; raises InputRejected as `unseal` does."""
    try:
        return AESSIV(key).decrypt(sealed, [name.encode("utf-8")])
    except (InvalidTag, ValueError) as error:
        raise InputRejected(
            "A sealed file does not open: it was changed, moved, or sealed with another master key.",
            where=name,
            fix="Run the models stage again with the council's own master key.",
        ) from error


def wrap(keys: Keys, key: bytes, statement: bytes) -> bytes:
    """A file's key, encrypted so that `unwrap` gives it for this very statement and no other. Deterministic."""
    return AESSIV(keys.derive(Purpose.WRAPPING, _SIV_KEY_BYTES)).encrypt(key, [statement])


def unwrap(keys: Keys, wrapped: bytes, statement: bytes) -> bytes | None:
    """The key that `wrap` wrapped; None when a byte of it or of the statement differs, or the master key does."""
    try:
        return AESSIV(keys.derive(Purpose.WRAPPING, _SIV_KEY_BYTES)).decrypt(wrapped, [statement])
    except (InvalidTag, ValueError):
        return None
