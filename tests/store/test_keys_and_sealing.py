"""Keys stay private, purposes stay apart, and a sealed file opens only whole and in its own place."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from store.errors import InputRejected, UsageError
from store.key_file import KEY_FILE_VARIABLE, load_keys, load_or_create_keys
from store.keys import Keys, Purpose
from store.sealing import file_key, seal, unseal, unseal_with, unwrap, wrap


def test_the_key_file_is_made_once_and_for_its_owner_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "deep" / "master.key"
    monkeypatch.setenv(KEY_FILE_VARIABLE, str(path))
    first = load_or_create_keys()
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_or_create_keys().derive(Purpose.SEAL) == first.derive(Purpose.SEAL)
    assert [p.name for p in path.parent.iterdir()] == ["master.key"]


def test_reading_the_key_makes_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "deep" / "master.key"
    monkeypatch.setenv(KEY_FILE_VARIABLE, str(path))
    with pytest.raises(UsageError, match="no master key"):
        load_keys()
    assert not path.parent.exists()
    path.mkdir(parents=True)
    with pytest.raises(UsageError):
        load_or_create_keys()


def test_keys_are_told_apart_without_being_shown(keys: Keys) -> None:
    assert keys.identity == Keys(bytes(range(32))).identity != Keys(bytes(32)).identity
    assert bytes(range(32)).hex() not in keys.identity


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps permissions elsewhere")
def test_a_key_others_can_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "master.key"
    path.write_text("ab" * 32)
    path.chmod(0o644)
    monkeypatch.setenv(KEY_FILE_VARIABLE, str(path))
    with pytest.raises(UsageError, match="read by others"):
        load_or_create_keys()


@pytest.mark.parametrize("content", ["", "xyz", "ab" * 31, "é" * 32])
def test_a_file_that_is_no_key_is_refused(content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "master.key"
    path.write_text(content, encoding="utf-8")
    path.chmod(0o600)
    monkeypatch.setenv(KEY_FILE_VARIABLE, str(path))
    with pytest.raises(UsageError, match="32-byte key"):
        load_or_create_keys()


def test_purposes_give_different_keys_and_pseudonyms(keys: Keys) -> None:
    assert len({keys.derive(purpose) for purpose in Purpose}) == len(Purpose)
    assert len({keys.pseudonyms(purpose, ["a"])[0] for purpose in Purpose}) == len(Purpose)
    assert keys.pseudonyms(Purpose.ANALYSIS, ["a", "b"]) == keys.pseudonyms(Purpose.ANALYSIS, ["a", "b"])


def test_the_master_key_is_in_no_repr() -> None:
    assert "00" not in repr(Keys(bytes(32)))


def test_what_is_sealed_opens_whole(keys: Keys) -> None:
    content = bytes(range(256)) * 7
    assert unseal(keys, "models/a/scores", seal(keys, "models/a/scores", content)) == content


def test_sealing_is_reproducible_and_hides_the_content(keys: Keys) -> None:
    sealed = seal(keys, "n", b"a family's score" * 10)
    assert sealed == seal(keys, "n", b"a family's score" * 10)
    assert b"family" not in sealed


def test_one_changed_byte_anywhere_is_caught(keys: Keys) -> None:
    sealed = seal(keys, "n", b"scores and reasons")
    for place in range(len(sealed)):
        broken = bytearray(sealed)
        broken[place] ^= 1
        with pytest.raises(InputRejected):
            unseal(keys, "n", bytes(broken))


def test_another_name_another_key_or_a_stump_does_not_open(keys: Keys) -> None:
    sealed = seal(keys, "models/a/scores", b"x" * 40)
    for name, with_keys, content in (
        ("models/b/scores", keys, sealed),
        ("models/a/scores", Keys(bytes(32)), sealed),
        ("models/a/scores", keys, sealed[:9]),
        ("models/a/scores", keys, b""),
    ):
        with pytest.raises(InputRejected):
            unseal(with_keys, name, content)


def test_one_files_key_opens_that_file_and_no_other(keys: Keys) -> None:
    assert (
        unseal_with(file_key(keys, "models/a/scores"), "models/a/scores", seal(keys, "models/a/scores", b"x")) == b"x"
    )
    for name in ("models/a/reasons", "models/b/scores", ""):
        with pytest.raises(InputRejected):
            unseal_with(file_key(keys, name), "models/a/scores", seal(keys, "models/a/scores", b"x"))


def test_a_wrapped_key_comes_out_for_its_own_statement_alone(keys: Keys) -> None:
    key, statement = file_key(keys, "models/a/scores"), b"two people signed"
    wrapped = wrap(keys, key, statement)
    assert wrapped == wrap(keys, key, statement) and key not in wrapped
    assert unwrap(keys, wrapped, statement) == key
    for other in (b"", b"two people signeD", statement + b" "):
        assert unwrap(keys, wrapped, other) is None
    for place in range(len(wrapped)):
        assert unwrap(keys, wrapped[:place] + bytes([wrapped[place] ^ 1]) + wrapped[place + 1 :], statement) is None
    assert unwrap(Keys(bytes(32)), wrapped, statement) is None and unwrap(keys, b"", statement) is None
