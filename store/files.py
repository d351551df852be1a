"""Writing files so that a reader never meets half of one: temporary name, fsync, replace."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_CHUNK_BYTES = 1 << 20


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; on success flush it to disk and put it in ``path``'s place.

    If the body raises, the temporary file goes and ``path`` is as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")
    try:
        yield temporary
        with temporary.open("rb") as handle:
            os.fsync(handle.fileno())
        os.replace(temporary, path)
        flush_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Write ``content`` to ``path`` all at once or not at all."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def add_line(path: Path, line: bytes) -> None:
    """Add a line to the end of a file, on disk when this returns; what cannot be written whole is taken back."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = not path.exists()
    with path.open("ab", buffering=0) as handle:
        before, rest = os.fstat(handle.fileno()).st_size, line + b"\n"
        try:
            while rest:
                rest = rest[handle.write(rest) :]
            os.fsync(handle.fileno())
        except BaseException:
            handle.truncate(before)
            raise
    if new:
        flush_folder(path.parent)


def write_text(path: Path, content: str) -> None:
    """Write UTF-8 text with ``\\n`` line ends, all at once or not at all."""
    write_bytes(path, content.encode("utf-8"))


def write_json(path: Path, content: Any) -> None:
    """Write JSON with sorted keys, so that equal content gives equal bytes."""
    write_text(path, json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n")


def canonical(content: Any) -> bytes:
    """The one way of writing a record that is hashed or authenticated, as one line of JSON."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def file_hash(path: Path) -> str:
    """The SHA-256 of a file's bytes, as hex."""
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while chunk := handle.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def text_hash(content: str) -> str:
    """The SHA-256 of UTF-8 text, as hex."""
    return hashlib.sha256(content.encode("utf-8")).hexdigest()


def flush_folder(folder: Path) -> None:
    """Make a new name in the folder durable; Windows has no handle on a folder, and needs none."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
