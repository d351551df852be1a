"""The data goes one way: a room imports only from rooms above it, and the notebooks' friends stay out of the way."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
ORDER = ("store", "sources", "residents", "features", "models", "fairness_audits", "reports", "review", "early_help")
ROOMS = [room for room in ORDER if (PROJECT / room).is_dir()]


def imported_rooms(path: Path) -> set[str]:
    """Rooms imported anywhere in a module, at the top or inside a function."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names = [node.module]
        found.update(name.split(".")[0] for name in names)
    return found & set(ORDER)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_from_rooms_above_it(room: str) -> None:
    allowed = set(ORDER[: ORDER.index(room) + 1])
    if room == "review":
        allowed = set(ORDER)
    for path in sorted((PROJECT / room).rglob("*.py")):
        assert imported_rooms(path) <= allowed, f"{path.relative_to(PROJECT)} imports from a room below"


def test_the_rule_has_power(tmp_path: Path) -> None:
    """The check sees an import hidden in a function."""
    module = tmp_path / "sly.py"
    module.write_text("def f():\n    from early_help.cli import main\n    return main\n", encoding="utf-8")
    assert imported_rooms(module) == {"early_help"}


def test_only_the_command_line_imports_the_synthetic_borough() -> None:
    for room in ROOMS:
        for path in sorted((PROJECT / room).rglob("*.py")):
            if "synthetic" in path.parts or room == "early_help":
                continue
            assert "sources.synthetic" not in path.read_text(encoding="utf-8"), path


def test_no_pickle_anywhere() -> None:
    banned = {"pickle", "joblib", "cloudpickle", "dill"}
    for room in ROOMS:
        for path in sorted((PROJECT / room).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    assert not {alias.name.split(".")[0] for alias in node.names} & banned, path
                if isinstance(node, ast.ImportFrom):
                    assert (node.module or "").split(".")[0] not in banned, path


def test_every_package_is_installed_by_the_project() -> None:
    listed = (PROJECT / "pyproject.toml").read_text(encoding="utf-8")
    for room in ROOMS:
        for init in (PROJECT / room).rglob("__init__.py"):
            package = ".".join(init.parent.relative_to(PROJECT).parts)
            assert f'"{package}"' in listed, f"{package} is missing from [tool.setuptools] packages"
