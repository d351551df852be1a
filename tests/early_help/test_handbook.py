"""The handbook is built whole, and every link in it leads somewhere."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
BUILD = [sys.executable, "-m", "mkdocs", "build", "--strict"]


def build(config: Path, site: Path) -> subprocess.CompletedProcess[str]:
    arguments = [*BUILD, "--config-file", str(config), "--site-dir", str(site)]
    return subprocess.run(arguments, capture_output=True, text=True, check=False)


def test_every_page_is_built_and_every_link_holds(tmp_path: Path) -> None:
    done = build(PROJECT / "mkdocs.yml", tmp_path / "site")
    assert done.returncode == 0, done.stderr
    pages = {path.relative_to(PROJECT / "docs").with_suffix("") for path in (PROJECT / "docs").rglob("*.md")}
    built = {path.relative_to(tmp_path / "site").with_suffix("") for path in (tmp_path / "site").rglob("*.html")}
    assert {page.parent / "index" if page.name == "README" else page for page in pages} <= built


def test_a_dead_link_is_found(tmp_path: Path) -> None:
    """Canary."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text("# One\n\n[gone](two.md)\n")
    settings = (PROJECT / "mkdocs.yml").read_text("utf-8")
    (tmp_path / "mkdocs.yml").write_text(settings[: settings.index("nav:\n  - index.md")])
    done = build(tmp_path / "mkdocs.yml", tmp_path / "site")
    assert done.returncode != 0
    assert "two.md" in done.stderr
