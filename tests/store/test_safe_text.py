"""What is shown of a council's text can neither be run nor obeyed, and is otherwise as it was."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.safe_text import plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Zoë O'Neill-Łącka", "Zoë O'Neill-Łącka"),
        ("محمد", "محمد"),
        ("a\x1b[2Jb", "a\ufffd[2Jb"),
        ("a\nb\tc\r\u2028d", "a b c  d"),
        ("a\u202eb\u200bc", "abc"),
        ("a\x9bb\x00", "a\ufffdb\ufffd"),
        ("[bold]<script>", "[bold]<script>"),
        ("", ""),
    ],
)
def test_only_what_a_terminal_would_obey_is_changed(text: str, shown: str) -> None:
    assert plain(text) == shown


@settings(deadline=None)
@given(st.text())
def test_no_control_is_left_and_doing_it_again_changes_nothing(text: str) -> None:
    shown = plain(text)
    assert not {unicodedata.category(character) for character in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert plain(shown) == shown
