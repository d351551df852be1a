"""The reports' stylesheet as a static file of the web app, so that there is one look and one place where it is kept."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.finders import BaseFinder
from django.core.checks import CheckMessage
from django.core.files.storage import FileSystemStorage, Storage

import reports.style

NAME = "style.css"
_FOLDER = Path(reports.style.__file__).parent


class StyleFinder(BaseFinder):
    """Finds ``style.css`` in the reports' room, and nothing else of it."""

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        """Nothing to check: the file is the project's own."""
        return []

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        """The file's place, or a list of it, by Django's convention."""
        found = [str(_FOLDER / NAME)] if path == NAME else []
        return found if find_all else next(iter(found), None)

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterable[tuple[str, Storage]]:
        """The one file and the storage that it is read from."""
        yield NAME, FileSystemStorage(location=str(_FOLDER))
