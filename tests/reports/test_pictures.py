"""The pictures of README and handbook: of made-up reports alone, small, and taken again by `make pictures`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from early_help import pictures
from early_help.app_pictures import PREFIX, SHOTS
from early_help.pictures import FOLDER, MOST_BYTES, PICTURES, take
from review.permissions import OPEN_VIEWS, PAGES
from store.errors import UsageError
from store.run_folder import RunFolder

PROJECT = Path(__file__).resolve().parents[2]
NAMES = {picture.name for picture in PICTURES} | {f"{PREFIX}{shot.name}" for shot in SHOTS}
WITHOUT_A_PICTURE = {
    "home": "leads on to another page",
    "past_audit": "a report as it was once; the demo has no second audit",
    "meeting_close": "leads on to the meeting",
    "case_agreed": "leads on to the case",
    "case_outcome": "leads on to the offers",
    "access_log_csv": "a file",
    "logout": "leads on to logging in",
    "oidc_authentication_init": "leads on to the council's identity provider",
    "oidc_authentication_callback": "comes back from there",
}
PNG = b"\x89PNG\r\n\x1a\n"


def test_those_that_are_kept_are_those_that_are_taken_and_each_is_small() -> None:
    kept = {path.stem: path.read_bytes() for path in FOLDER.iterdir()}
    assert set(kept) == NAMES
    assert all(content.startswith(PNG) and len(content) <= MOST_BYTES for content in kept.values())


def test_every_picture_is_shown_with_words_for_those_who_do_not_see_it() -> None:
    pages = [PROJECT / "README.md", *(PROJECT / "docs").glob("*.md")]
    shown = [found for page in pages for found in re.findall(r"!\[(.*?)\]\((.*?)\)", page.read_text(encoding="utf-8"))]
    assert {Path(address).stem for _, address in shown} == NAMES
    assert all(len(words) > 15 for words, _ in shown)


def test_every_page_of_the_app_has_a_picture() -> None:
    pictured = {shot.page for shot in SHOTS}
    assert pictured.isdisjoint(WITHOUT_A_PICTURE)
    assert pictured | set(WITHOUT_A_PICTURE) == {page.name for page in PAGES} | set(OPEN_VIEWS)


def test_no_picture_is_taken_of_a_real_council(reported: RunFolder, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="made-up"):
        take(reported, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_run_without_a_released_target_is_refused(
    audited_run: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "is_made_up", lambda run: True)
    with pytest.raises(UsageError, match="No target of this run is released"):
        take(audited_run, tmp_path)


@pytest.mark.browser
def test_every_picture_is_taken(reported: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "is_made_up", lambda run: True)
    taken = take(reported, tmp_path)
    assert [path.stem for path in taken] == [picture.name for picture in PICTURES]
    assert all(path.read_bytes().startswith(PNG) for path in taken)
