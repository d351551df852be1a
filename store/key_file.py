"""The file of the master key: where it may lie, who may read it, how it is made and exchanged for a new one.

The file holds 32 random bytes in hex, is its owner's alone (mode 0600), and lies outside the project, the data
and every run, so that whoever copies one of these does not copy the key with it.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path

from store.errors import UsageError
from store.files import flush_folder, replacing
from store.keys import Keys
from store.locking import exclusive

KEY_FILE_VARIABLE = "EARLY_HELP_KEY_FILE"
_KEY_BYTES = 32
_OTHERS = 0o077
_OTHERS_WRITE = 0o022
_PROJECT = Path(__file__).resolve().parent.parent
_NO_PLACE = (
    (".git", "a folder under version control"),
    ("state/council.json", "a run folder"),
    ("council.toml", "a council's folder of configuration and extracts"),
)
"""What shows that a folder is no place for a key, and what such a folder is."""


@dataclass(frozen=True)
class Rotation:
    """A master key exchanged for a new one. ``kept`` is the file in which the old one still lies."""

    old: Keys
    new: Keys
    kept: Path


def key_file() -> Path:
    """Where the master key is kept: the environment variable, or a folder in the user's home."""
    named = os.environ.get(KEY_FILE_VARIABLE)
    return Path(named) if named else Path.home() / ".early-help" / "master.key"


def load_or_create_keys() -> Keys:
    """Read the master key, or make one on a machine that has none.

    Raises UsageError as `load_keys` and `make_key` do.
    """
    if not os.path.lexists(key_file()):
        _create(key_file())
    return load_keys()


def load_keys(path: Path | None = None) -> Keys:
    """Read the master key, from ``path`` or else from where `key_file` says.

    Raises UsageError when there is none, when others can read it or put another in its place, when it lies with the
    project, the data or a run, and when it is not a key.
    """
    path = path or key_file()
    if not path.is_file():
        raise UsageError(
            "There is no master key on this machine, and without the one a run was made with its release cannot be "
            "checked nor its sealed files opened.",
            where=str(path),
            fix=f"Put the key there from its backup, or name another file in {KEY_FILE_VARIABLE}.",
        )
    _check_place(path)
    _check_folder(path.resolve().parent, _OTHERS_WRITE)
    try:
        master = bytes.fromhex(_read_private(path).decode("ascii").strip())
    except ValueError:
        master = b""
    if len(master) != _KEY_BYTES:
        raise UsageError(
            "The master key file does not hold a 32-byte key in hex.",
            where=str(path),
            fix=f"Restore it from its backup, or name another file in {KEY_FILE_VARIABLE}.",
        )
    return Keys(master)


def make_key(path: Path) -> Keys:
    """Make a master key at ``path`` (mode 0600, a new folder 0700).

    Raises UsageError when anything is there already, when the folder is open to others, and when it is a place that is
    copied or shared: the project, a council's folder, a run.
    """
    if os.path.lexists(path):
        raise UsageError(
            "There is something of that name already, and a master key is never overwritten.",
            where=str(path),
            fix="To exchange the key for a new one say early-help keys rotate; else name another --file.",
        )
    _create(path)
    return load_keys(path)


def rotate_key(path: Path) -> Rotation:
    """Put a new master key at ``path`` and keep the old one beside it, in a file named by its mark.

    At every moment the file at ``path`` is the whole old key or the whole new one; the old one has its second name
    before the new one takes its place. Raises UsageError as `load_keys` does, and when ``path`` is a link.
    """
    if path.is_symlink():
        raise UsageError(
            "The master key is named by a link, and a new key would take the link's place, not the key's.",
            where=str(path),
            fix="Name the file itself in --file.",
        )
    load_keys(path)
    _check_folder(path.resolve().parent, _OTHERS)
    with exclusive(path.with_name(f".{path.name}.lock")):
        for left in path.parent.glob(f".{path.name}.*.tmp"):
            left.unlink()
        old = load_keys(path)
        kept = path.with_name(f"{path.name}.{old.mark}")
        _keep(path, old, kept)
        with replacing(path) as temporary:
            _write_new_key(temporary)
        return Rotation(old, load_keys(path), kept)


def _keep(path: Path, old: Keys, kept: Path) -> None:
    """Give the key a second name; one left by a rotation that was stopped serves."""
    try:
        # A second name for the same file is there whole or not at all.
        os.link(path, kept)
    except FileExistsError:
        if load_keys(kept).identity != old.identity:
            raise UsageError(
                "There is another file where the old key would be kept.", where=str(kept), fix="Move that file away."
            ) from None
    flush_folder(path.parent)


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _check_place(path)
    _check_folder(path.resolve().parent, _OTHERS)
    # Written under another name and linked into place, so that two first runs at once agree on one key.
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")
    try:
        _write_new_key(temporary)
        # A rotation, which needs a key that is there, sweeps up what lies about: then the key is there too.
        with contextlib.suppress(FileExistsError, FileNotFoundError):
            os.link(temporary, path)
        flush_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def _write_new_key(path: Path) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(_KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())


def _read_private(path: Path) -> bytes:
    """The file's content, if its owner is this user and nobody else may read it.

    The opened file is asked, not the name: what the name stands for may be exchanged in between.
    """
    with path.open("rb") as file:
        found = os.fstat(file.fileno())
        if os.name != "nt" and stat.S_IMODE(found.st_mode) & _OTHERS:
            raise UsageError("The master key can be read by others.", where=str(path), fix="chmod 600 the file.")
        if os.name != "nt" and found.st_uid != os.geteuid():
            raise UsageError(
                "The master key belongs to another user of this machine, who may change it.",
                where=str(path),
                fix="Work as the user who holds the key.",
            )
        return file.read(4 * _KEY_BYTES)


def _check_folder(folder: Path, forbidden: int) -> None:
    """Raise UsageError where others have a right on the folder that they must not have."""
    if os.name == "nt":
        return
    mode = folder.stat().st_mode
    if mode & forbidden and not (forbidden == _OTHERS_WRITE and mode & stat.S_ISVTX):
        what = "may put another key in the master key's place" if forbidden == _OTHERS_WRITE else "may look into it"
        raise UsageError(
            f"The master key's folder is open to others, who {what}.",
            where=str(folder),
            fix="chmod 700 the folder, or keep the key in a folder of its own.",
        )


def _check_place(path: Path) -> None:
    """Raise UsageError where a copy of the folder would be a copy of the key. A user's own home is not looked at."""
    for folder in path.resolve().parents:
        if folder == Path.home():
            return
        found = [what for marker, what in _NO_PLACE if (folder / marker).exists()]
        if folder == _PROJECT or found:
            raise UsageError(
                f"The master key would lie in {found[0] if found else 'the project'}, and go wherever that is copied.",
                where=str(path),
                fix=f"Keep it outside the project, the data and every run, and name it in {KEY_FILE_VARIABLE}.",
            )
