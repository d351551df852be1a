"""The master key's file: made once, for its owner alone, in a place of its own, and exchanged without a gap."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from store import key_file as module
from store.errors import UsageError
from store.key_file import KEY_FILE_VARIABLE, load_keys, load_or_create_keys, make_key, rotate_key
from store.keys import Keys

posix = pytest.mark.skipif(os.name == "nt", reason="Windows keeps permissions elsewhere, and has no fork")


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """A key in a folder of its own."""
    path = tmp_path / "vault" / "master.key"
    make_key(path)
    return path


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@posix
def test_a_key_and_its_folder_are_made_for_the_owner_alone(key: Path) -> None:
    assert key.stat().st_mode & 0o7777 == 0o600
    assert key.parent.stat().st_mode & 0o7777 == 0o700
    assert names(key.parent) == {"master.key"}
    assert len(bytes.fromhex(key.read_text())) == 32


def test_two_keys_are_two(tmp_path: Path) -> None:
    assert make_key(tmp_path / "a" / "k").identity != make_key(tmp_path / "b" / "k").identity


@pytest.mark.parametrize("kind", ["key", "empty", "folder", "link to nothing", "link to a key"])
def test_nothing_is_overwritten(kind: str, key: Path, tmp_path: Path) -> None:
    path = tmp_path / "vault" / "other.key"
    before = key.read_bytes()
    make: dict[str, Callable[[], object]] = {
        "key": lambda: make_key(path),
        "empty": path.touch,
        "folder": path.mkdir,
        "link to nothing": lambda: path.symlink_to(tmp_path / "nowhere"),
        "link to a key": lambda: path.symlink_to(key),
    }
    make[kind]()
    with pytest.raises(UsageError, match="never overwritten"):
        make_key(path)
    assert key.read_bytes() == before
    assert not (tmp_path / "nowhere").exists()


@posix
@pytest.mark.parametrize("mode", [0o750, 0o701, 0o770, 0o777])
def test_no_key_is_made_in_a_folder_open_to_others(mode: int, tmp_path: Path) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(mode)
    with pytest.raises(UsageError, match="folder is open"):
        make_key(folder / "master.key")
    assert names(folder) == set()


@posix
@pytest.mark.parametrize(("mode", "served"), [(0o755, True), (0o775, False), (0o757, False), (0o1777, True)])
def test_a_key_is_read_unless_others_could_exchange_it(mode: int, served: bool, key: Path) -> None:
    key.parent.chmod(mode)
    if served:
        assert load_keys(key)
        return
    with pytest.raises(UsageError, match="another key in the master key's place"):
        load_keys(key)


@posix
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o611, 0o777])
def test_a_key_with_any_right_for_others_is_refused(mode: int, key: Path) -> None:
    key.chmod(mode)
    for use in (load_keys, rotate_key):
        with pytest.raises(UsageError, match="read by others"):
            use(key)
    assert names(key.parent) == {"master.key"}


@posix
def test_a_key_of_another_user_is_refused(key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: mine + 1)
    with pytest.raises(UsageError, match="another user"):
        load_keys(key)


@pytest.mark.parametrize("marker", [".git/HEAD", "state/council.json", "council.toml"])
def test_a_key_with_code_configuration_data_or_a_run_is_refused(
    marker: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign = tmp_path / "place" / marker
    path = tmp_path / "place" / "deep" / "er" / "master.key"
    made = make_key(path)
    sign.parent.mkdir(parents=True, exist_ok=True)
    sign.touch()
    for use in (load_keys, rotate_key):
        with pytest.raises(UsageError, match="would lie in"):
            use(path)
    with pytest.raises(UsageError, match="would lie in"):
        make_key(path.with_name("other.key"))
    assert not path.with_name("other.key").exists()
    monkeypatch.setenv("HOME", str(tmp_path / "place"))
    assert load_keys(path).identity == made.identity, "what lies in the user's own home says nothing of a key in it"


def test_a_key_in_the_project_is_refused() -> None:
    project = Path(module.__file__).resolve().parents[1]
    with pytest.raises(UsageError, match="would lie in"):
        make_key(project / "store" / "master.key")
    assert not (project / "store" / "master.key").exists()


def test_a_refused_first_run_makes_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "council.toml").touch()
    monkeypatch.setenv(KEY_FILE_VARIABLE, str(tmp_path / "key" / "master.key"))
    with pytest.raises(UsageError, match="would lie in"):
        load_or_create_keys()
    assert not (tmp_path / "key" / "master.key").exists()


@posix
def test_rotation_puts_a_new_key_in_place_and_keeps_the_old(key: Path) -> None:
    old = load_keys(key)
    done = rotate_key(key)
    assert done.old.identity == old.identity != done.new.identity == load_keys(key).identity
    assert done.kept.name == f"master.key.{old.mark}"
    assert load_keys(done.kept).identity == old.identity
    assert key.stat().st_mode & 0o7777 == done.kept.stat().st_mode & 0o7777 == 0o600
    again = rotate_key(key)
    assert len({done.old.identity, done.new.identity, again.new.identity}) == 3
    visible = {name for name in names(key.parent) if not name.startswith(".")}
    assert visible == {"master.key", done.kept.name, again.kept.name}


def test_a_link_is_not_rotated(key: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.key"
    link.symlink_to(key)
    before = load_keys(link).identity
    with pytest.raises(UsageError, match="by a link"):
        rotate_key(link)
    assert load_keys(key).identity == before
    assert names(key.parent) == {"master.key"}


def test_another_file_where_the_old_key_would_be_kept_stops_the_rotation(key: Path) -> None:
    held = load_keys(key)
    other = make_key(key.with_name(f"master.key.{held.mark}"))
    with pytest.raises(UsageError, match="another file"):
        rotate_key(key)
    assert load_keys(key).identity == held.identity
    assert load_keys(key.with_name(f"master.key.{held.mark}")).identity == other.identity


def test_two_rotations_at_once_lose_no_key(key: Path) -> None:
    first = load_keys(key).identity
    done: list[module.Rotation] = []
    workers = [threading.Thread(target=lambda: done.append(rotate_key(key))) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    made = {first, *(rotation.new.identity for rotation in done)}
    held = {load_keys(path).identity for path in key.parent.glob("master.key*")}
    assert len(made) == 5
    assert held == made


def _die_at(step: int, work: Callable[[], object]) -> bool:
    """Do the work in a process that dies at its ``step``-th file operation, as under kill -9; whether it finished."""
    child = os.fork()
    if child == 0:
        left = [step]

        def hook(event: str, arguments: tuple[object, ...]) -> None:
            if event in ("open", "os.link", "os.rename", "os.remove", "os.mkdir", "os.chmod"):
                left[0] -= 1
                if left[0] < 0:
                    os._exit(9)

        sys.addaudithook(hook)
        try:
            work()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@posix
def test_killed_at_any_moment_a_rotation_leaves_a_whole_key_and_the_old_one(tmp_path: Path) -> None:
    outcomes = []
    for step in range(100):
        path = tmp_path / str(step) / "master.key"
        old = make_key(path)
        finished = _die_at(step, partial(rotate_key, path))
        found = load_keys(path)
        kept = path.with_name(f"master.key.{old.mark}")
        assert old.identity in {found.identity, kept.exists() and load_keys(kept).identity}
        outcomes.append(found.identity == old.identity)
        assert rotate_key(path).old.identity == found.identity, "the next rotation goes on from there"
        assert not list(path.parent.glob(".*.tmp")), "no key is left lying about under a name nobody looks at"
        if finished:
            break
    assert finished
    assert len(outcomes) > 6
    assert outcomes == sorted(outcomes, reverse=True), "first the old key, and from one moment on the new one"
    assert not outcomes[-1]


@posix
def test_killed_at_any_moment_making_a_key_leaves_a_whole_one_or_none(tmp_path: Path) -> None:
    for step in range(100):
        path = tmp_path / str(step) / "master.key"
        finished = _die_at(step, partial(make_key, path))
        assert isinstance(load_keys(path) if path.exists() else make_key(path), Keys)
        if finished:
            break
    assert finished
