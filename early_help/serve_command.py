"""`early-help serve`: the web app for panels and family support staff, on this machine."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from early_help.lock import run_lock
from early_help.run_config import is_made_up
from early_help.status import require_run
from review.databases import DATABASE_VARIABLE
from store.errors import UsageError
from store.run_folder import RunFolder

if TYPE_CHECKING:
    from review.settings import ReviewContext

_NEEDED = ("django", "axes", "csp", "django_otp", "mozilla_django_oidc", "segno", "whitenoise")
console = Console(highlight=False)

RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="A folder that `early-help run` wrote.")]


def serve(
    run_folder: RunArgument,
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Where to listen.")] = 8000,
    host: Annotated[
        str, typer.Option("--host", help="Which address of this machine; others need https (docs/web-app.md).")
    ] = "127.0.0.1",
    workers: Annotated[int, typer.Option("--workers", min=1, max=32, help="Processes that serve.")] = 2,
    demo: Annotated[
        bool, typer.Option("--demo", help="Make an account of each role, and print passwords; made-up borough only.")
    ] = False,
) -> None:
    """Serve the web app for panels and family support staff; first bring its database up to date with the run."""
    if demo:
        keep_demo_apart("--demo")
    context = opened(run_folder)
    from review.serving import Place, check_place, start  # noqa: PLC0415 - the extra `web` may not be installed

    place = Place(host, port, workers)
    check_place(place, context.config)
    if demo and not is_made_up(context.run):
        raise UsageError(
            "Printed passwords are for the synthetic borough alone, and this run is a council's.",
            where="--demo",
            fix="Make accounts with early-help review person add.",
        )
    bring_up_to_date(context)
    if demo:
        _tell_demo(context, place.address)
    console.print(f"{context.council.name}: {place.address} (Ctrl+C stops it)", markup=False, soft_wrap=True)
    start(context.run, place)


def keep_demo_apart(where: str) -> None:
    """Raise UsageError where a database is named: a council's, maybe, for which no password and no code is printed."""
    if os.environ.get(DATABASE_VARIABLE):
        raise UsageError(
            "The demo's accounts are kept beside its run alone, and a database is named that may be a council's.",
            where=f"{where}, {DATABASE_VARIABLE}",
            fix=f"Take {DATABASE_VARIABLE} out of the environment for the demo.",
        )


def opened(run_folder: str) -> ReviewContext:
    """What the web app serves of a run, with Django settled for it and the database's tables as they need to be.

    Raises UsageError where the extra `web` is not installed, and as `review.serving.context_of` and
    `review.databases.database` do.
    """
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise UsageError(
            "The web app's packages are not installed.",
            where=", ".join(missing),
            fix="In the toolkit's folder: .venv/bin/python -m pip install '.[web]', or make install.",
        )
    from review.refreshing import prepare  # noqa: PLC0415 - the extra `web` may not be installed
    from review.serving import context_of  # noqa: PLC0415
    from review.settings import configure  # noqa: PLC0415

    context = context_of(RunFolder(require_run(run_folder).root))
    configure(context)
    prepare()
    return context


def bring_up_to_date(context: ReviewContext) -> None:
    """Load the run into the web app's database, unless it, or a run of later extracts, is there already.

    Its audits are kept in any case: lists are audited anew though nobody's family changed.
    """
    from review.fairness.audits import keep  # noqa: PLC0415 - as above
    from review.refreshing import refresh, up_to_date  # noqa: PLC0415

    if up_to_date(context):
        keep(context.run)
        return
    console.print("Loading families and allocations into the web app.")
    with run_lock(context.run.root):
        refresh(context)


def _tell_demo(context: ReviewContext, address: str) -> None:
    from review.demo import make_accounts  # noqa: PLC0415 - as above

    made = make_accounts()
    console.print("\nAccounts of the demo, with passwords for this time only:\n")
    for one in made:
        console.print(f"  {one.username:<18} {one.password}   {one.what}", markup=False, soft_wrap=True)
    console.print(
        "\nThe second step asks each for a code. In another terminal: "
        f"{_this_command()} review code {context.run.root} USERNAME\n"
        f"Pages take {context.today().day} {context.today():%B %Y}, the day of the extracts, for today.\n",
        markup=False,
        soft_wrap=True,
    )


def _this_command() -> str:
    """How the toolkit was called, so that what is printed can be typed where `early-help` is not on the path."""
    return sys.argv[0] if Path(sys.argv[0]).stem == "early-help" else "early-help"
