"""Pictures of a run's reports and of the web app for the README and the handbook, taken in a real Chromium.

python -m early_help.pictures RUN

The reports are self-contained pages, so that a picture is what a reader sees; `early_help.app_pictures` walks through
the app. It needs the extras ``web`` and ``dev``, and Chromium.
"""

from __future__ import annotations

import argparse
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from early_help import app_pictures
from early_help.reference import DOCS
from early_help.run_config import is_made_up
from early_help.status import require_run
from store.errors import UsageError
from store.files import write_bytes
from store.run_folder import RunFolder

FOLDER = DOCS / "images"
MOST_BYTES = 200_000
"""A picture is on the first page that anybody sees of the project, and must not keep them waiting."""
_WIDTH, _HEIGHT = 1080, 900
_PACK = "explanation.html"


@dataclass(frozen=True)
class Picture:
    """One picture: from ``at`` (a CSS selector; the top of the page without it) as far down as all have."""

    name: str
    page: str
    """Its path among the reports; ``{target}`` is the one that is released."""
    at: str = ""


PICTURES = (
    Picture("index", "index.html"),
    Picture("data-quality", "data_quality.html", "#time"),
    Picture("fairness", "{target}/fairness.html"),
    Picture("chain", "chain.html"),
    Picture("pack-case", "{target}/explanation.html", "#case-1"),
)


def take(run: RunFolder, folder: Path) -> list[Path]:
    """Take every picture of a run's reports into ``folder``, as PNG; returns their paths.

    Raises UsageError for a run of a real council, one without a released target, and where there is no Chromium; and
    for a picture of more than `MOST_BYTES`.
    """
    if not is_made_up(run):
        raise UsageError(
            "Pictures are taken of a made-up borough alone.", where=str(run.root), fix="Make one: early-help demo."
        )
    target = _released(run)
    # From the extra dev: nobody who runs the job needs it.
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": _WIDTH, "height": _HEIGHT}, locale="en-GB")
        taken = [_one(page, picture, run.root / "reports", target, folder) for picture in PICTURES]
        browser.close()
    return taken


def _one(page: Any, picture: Picture, reports: Path, target: str, folder: Path) -> Path:
    page.goto((reports / picture.page.format(target=target)).as_uri())
    top = page.locator(picture.at).first.bounding_box()["y"] if picture.at else 0
    clip = {"x": 0, "y": top, "width": _WIDTH, "height": _HEIGHT}
    content: bytes = page.screenshot(full_page=True, clip=clip, animations="disabled")
    if len(content) > MOST_BYTES:
        raise UsageError(
            f"The picture {picture.name} has {len(content):,} bytes.", where=picture.page, fix="Take less of the page."
        )
    path = folder / f"{picture.name}.png"
    write_bytes(path, content)
    return path


def _released(run: RunFolder) -> str:
    """A target with an explanation pack."""
    found = sorted(path.parent.name for path in (run.root / "reports").glob(f"*/{_PACK}"))
    if not found:
        raise UsageError(
            "No target of this run is released, so there is no explanation pack to show.",
            where=str(run.root),
            fix="Make a run in which one is: early-help demo.",
        )
    return found[0]


def chromium() -> str:
    """Where Chromium is. Raises UsageError where there is none."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    raise UsageError("There is no Chromium on this machine.", fix="Install the package chromium.")


def main() -> None:
    """Take the pictures of the run that is named."""
    parser = argparse.ArgumentParser(
        prog="python -m early_help.pictures", description="Take pictures of reports and web app."
    )
    parser.add_argument("run", help="A run of a made-up borough in which a target is released.")
    run = require_run(parser.parse_args().run)
    for path in (*take(run, FOLDER), *app_pictures.take(run, FOLDER, chromium(), MOST_BYTES)):
        Console().print(f"{path}  {path.stat().st_size:,} bytes", markup=False, soft_wrap=True)


if __name__ == "__main__":
    main()
