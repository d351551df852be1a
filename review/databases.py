"""Where the web app keeps what it knows: a SQLite file beside the run's identifiable tables, or PostgreSQL."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from store.errors import UsageError

DATABASE_VARIABLE = "DATABASE_URL"
FILE = "review.sqlite3"
_WAIT_SECONDS = 20
_KEEP_SECONDS = 600
_SQLITE = "sqlite:///"
_POSTGRESQL = ("postgresql", "postgres")
_OPTIONS = ("host", "port", "sslmode", "sslrootcert", "sslcert", "sslkey", "connect_timeout")
"""What may stand behind the question mark of a URL, by libpq's names."""


def database(url: str, folder: Path) -> dict[str, Any]:
    """Django's description of the database: what ``url`` names, or where it is empty a SQLite file in ``folder``.

    Raises UsageError for a URL that cannot be used; no message holds the URL, which has a password.
    """
    if url.startswith(_SQLITE):
        return _sqlite(Path(url.removeprefix(_SQLITE)))
    return _postgresql(url) if url else _sqlite(folder / FILE)


def _sqlite(path: Path) -> dict[str, Any]:
    """A file in which readers do not wait for a writer, and writers wait for each other from their beginning.

    A process that dies loses nothing. A power cut may lose the last half minute, whole transactions at a time: the
    disk is not waited for at each line of the log, which writers behind one another could not bear.
    """
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "CONN_MAX_AGE": _KEEP_SECONDS,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": _WAIT_SECONDS,
            "init_command": "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON",
        },
    }


def prepare_file(path: Path) -> None:
    """Make the folder (0700) and the empty SQLite file where they are not: what is in it is personal data.

    The file is its owner's alone (0600) from then on, also one that was put back from a backup.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_CREAT | os.O_WRONLY, 0o600)
    try:
        if stat.S_IMODE(os.fstat(handle).st_mode) & 0o077 and os.name != "nt":
            os.fchmod(handle, 0o600)
    finally:
        os.close(handle)


def _postgresql(url: str) -> dict[str, Any]:
    try:
        parts = urlsplit(url)
        port = parts.port
        asked = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
    except ValueError:
        raise _no_url("It is not a URL.") from None
    if parts.scheme not in _POSTGRESQL:
        raise _no_url("It does not begin with postgresql://.")
    name = unquote(parts.path.lstrip("/"))
    if not name or "/" in name:
        raise _no_url("It does not name a database after the host.")
    unknown = sorted(set(asked) - set(_OPTIONS))
    if unknown:
        raise _no_url("It has options other than " + ", ".join(_OPTIONS) + ".")
    host = asked.pop("host", "") or unquote(parts.hostname or "")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": asked.pop("port", "") or str(port or ""),
        "CONN_MAX_AGE": _KEEP_SECONDS,
        "CONN_HEALTH_CHECKS": True,
        # A server may write dates in its own country's order, which could be read as another day or not at all.
        "OPTIONS": {"options": "-c datestyle=ISO", **asked},
    }


def _no_url(message: str) -> UsageError:
    return UsageError(
        f"The database is not one that the web app can use. {message}",
        where=DATABASE_VARIABLE,
        fix="Write postgresql://NAME:PASSWORD@HOST/DATABASE?sslmode=verify-full or sqlite:////FOLDER/FILE, or nothing.",
    )
