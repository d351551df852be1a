"""What every test may use."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from store.key_file import KEY_FILE_VARIABLE
from store.keys import Keys

if TYPE_CHECKING:
    from tests.residents.rooms import Index

_SHARED = Path(__file__).resolve().parents[2] / "shared"
EXTRACTS = _SHARED / "council_extracts"
REFERENCE = _SHARED / "reference"


@pytest.fixture(autouse=True, scope="session")
def _own_master_key(tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test touches the user's own key file."""
    os.environ[KEY_FILE_VARIABLE] = str(tmp_path_factory.mktemp("keys") / "master.key")


@pytest.fixture
def keys() -> Keys:
    """A fixed master key."""
    return Keys(bytes(range(32)))


@pytest.fixture(scope="session")
def council_extracts() -> Path:
    """The folder of real-shaped council extracts, where the project has it beside it."""
    if not EXTRACTS.is_dir():
        pytest.skip("the council extracts are not beside the project on this machine")
    return EXTRACTS


@pytest.fixture(scope="session")
def reference_folder() -> Path:
    """The folder of published facts and fictional returns, where the project has it beside it."""
    if not REFERENCE.is_dir():
        pytest.skip("the reference folder is not beside the project on this machine")
    return REFERENCE


@pytest.fixture(scope="session")
def looked_up(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """The indexed borough that the tests of looking up read; they copy what they would change."""
    from tests.residents.lookup_borough import make_borough  # noqa: PLC0415 - few tests need the whole room

    return make_borough(tmp_path_factory.mktemp("looked_up") / "run")
