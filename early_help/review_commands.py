"""`early-help review`: what the web app needs of the command line: accounts, and the nightly refresh."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from early_help.lock import run_lock
from early_help.panel_command import export_decisions, export_not_so
from early_help.review_log_command import verify_log
from early_help.review_staff_command import add_all, staff
from early_help.run_config import config_of, is_made_up
from early_help.serve_command import keep_demo_apart, opened
from early_help.status import require_run
from store.errors import UsageError
from store.safe_text import plain

if TYPE_CHECKING:
    from review.people.models import Person

console = Console(highlight=False)
review = typer.Typer(
    help="The web app: accounts, the nightly refresh, its access log, and what panels decided.", no_args_is_help=True
)
person = typer.Typer(help="Who may log in, as what.", no_args_is_help=True)
review.add_typer(person, name="person")
review.command()(export_decisions)
review.command()(export_not_so)
review.command()(verify_log)
person.command()(staff)
person.command()(add_all)

RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="A folder that `early-help run` wrote.")]
UserName = Annotated[str, typer.Option("--username", help="What the person types to log in.")]
Worker = Annotated[
    str | None,
    typer.Option("--worker", metavar="SYSTEM|ID", help="Of a support worker or team manager: key on the staff list."),
]
Panel = Annotated[str | None, typer.Option("--panel", help="Of a panel member: the panel.")]
RoleName = Annotated[str, typer.Option("--role", help="Such as support_worker; docs/permissions.md has all.")]


@review.command()
def refresh(
    run_folder: RunArgument,
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="RUN",
            help="A run of later extracts, made --until residents with --previous the one that is served.",
        ),
    ] = None,
) -> None:
    """Load families, staff and allocations into the web app; nightly."""
    context = opened(run_folder)
    from review import refreshing  # noqa: PLC0415 - the extra `web` may not be installed

    folder = require_run(source) if source else context.run
    council = config_of(folder).council
    if council.name != context.council.name:
        raise UsageError(
            "The run is of another council than the one that is served: its families would be shown in their place.",
            where="--from",
            fix="Give a run of this council; the name is [council] name in its TOML.",
        )
    feed = refreshing.Feed(folder, council.extract_date)
    with run_lock(folder.root):
        refreshing.refresh(context, feed)
    console.print(f"Up to date with extracts of {feed.extract_date.day} {feed.extract_date:%B %Y}.", markup=False)
    from review.families.corrections import lost  # noqa: PLC0415 - as above

    if number := lost().count():
        _tell(f"Corrections of families that the extracts have no more: {number}. They stay on the list.")


@review.command()
def code(
    run_folder: RunArgument,
    username: Annotated[str, typer.Argument(metavar="USERNAME", help="One that `serve --demo` printed.")],
) -> None:
    """Show the second step's code of one of the demo's accounts; refused for a council's run."""
    keep_demo_apart("code")
    context = opened(run_folder)
    if not is_made_up(context.run):
        raise UsageError(
            "Codes are shown for the synthetic borough alone, and this run is a council's.",
            where=run_folder,
            fix="Whoever has a new phone gets a new start: early-help review person reset.",
        )
    from review.demo import code_of  # noqa: PLC0415 - the extra `web` may not be installed

    console.print(code_of(username))


@person.command()
def add(
    run_folder: RunArgument,
    username: UserName,
    name: Annotated[str, typer.Option("--name", help="As pages and the log show it.")],
    role: RoleName,
    worker: Worker = None,
    panel: Panel = None,
) -> None:
    """Make an account, and show its one-time password."""
    opened(run_folder)
    from review.people import accounts  # noqa: PLC0415 - the extra `web` may not be installed

    made, password = accounts.add(username, name, accounts.role_named(role), worker or "", panel or "")
    _tell(f"Account made: {made.username} ({made.name}), {made.role}.")
    _tell_password(password)
    _tell_worker(made)


@person.command()
def change(
    run_folder: RunArgument,
    username: UserName,
    role: Annotated[str | None, typer.Option("--role", help="The new role.")] = None,
    worker: Worker = None,
    panel: Panel = None,
) -> None:
    """Give an account another role, worker or panel."""
    opened(run_folder)
    from review.people import accounts  # noqa: PLC0415 - as above

    if role is None and worker is None and panel is None:
        raise UsageError(
            "Nothing was given to change.", where="--role, --worker, --panel", fix="Give what is to be another."
        )
    changed = accounts.change(username, accounts.role_named(role) if role else None, worker, panel)
    _tell(f"Account changed: {changed.username} ({changed.name}), {changed.role}.")
    if role is not None or worker is not None:
        _tell_worker(changed)


@person.command()
def lock(run_folder: RunArgument, username: UserName) -> None:
    """Shut an account at once, wherever it is logged in."""
    opened(run_folder)
    from review.people import accounts  # noqa: PLC0415 - as above

    _tell(f"Account locked: {accounts.lock(username).username}.")


@person.command()
def reset(run_folder: RunArgument, username: UserName) -> None:
    """Give a new one-time password, and have the second step set up again."""
    opened(run_folder)
    from review.people import accounts  # noqa: PLC0415 - as above

    again, password = accounts.reset(username)
    _tell(f"Account reset: {again.username}.")
    _tell_password(password)


@person.command("list")
def list_people(run_folder: RunArgument) -> None:
    """Show every account."""
    opened(run_folder)
    from review.people import accounts  # noqa: PLC0415 - as above

    for one in accounts.everyone():
        state = "" if one.is_active else ", locked"
        place = one.worker_key or one.panel
        _tell(f"{one.username}: {plain(one.name)}, {one.role}{f' ({plain(place)})' if place else ''}{state}")


def _tell_worker(person: Person) -> None:
    """Whose families the account opens: one letter of the key mistyped, and they are somebody else's."""
    from review.people import accounts  # noqa: PLC0415 - as above

    if not person.worker_key:
        return
    name = accounts.on_staff_list(person)
    if name is None:
        _tell(f"The staff list knows no {plain(person.worker_key)} now: the account sees no family until it does.")
    else:
        whose = plain(name) or "somebody without a name"
        _tell(f"On the staff list {plain(person.worker_key)} is {whose}: see that this is who the account is for.")


def _tell_password(password: str) -> None:
    _tell(f"One-time password: {password}")
    _tell(
        "Hand it over in person or by telephone, once it is plain who asks. It serves once; then the person chooses "
        "another, and sets up the second step."
    )


def _tell(text: str) -> None:
    console.print(text, markup=False, soft_wrap=True)
