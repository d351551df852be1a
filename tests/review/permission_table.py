"""Who may open which page of the web app, written by hand. Tests hold the app to it; docs/permissions.md is made of it.

``yes``: it opens. ``403``: it says that the page is for others. ``404``: it says that there is nothing there, in the
same bytes whether there is or not. ``login``: it leads to where one logs in. Whoever has not logged in gets ``login``
everywhere but on the pages of logging in.

In a path, ``{own}`` is a family of the support worker's own open allocations; ``{team}`` a colleague's of the same
team; ``{outside}`` another team's; ``{none}`` one that does not exist. ``{meeting}`` and ``{case}`` are of the panel
member's own panel, ``{closed}`` a meeting of it that was closed and ``{offer}`` a case decided on there, ``{others}``
another panel's meeting.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from review.permissions import PAGES
from review.roles import Role

ROLES = (
    *(Role.support_worker, Role.team_manager, Role.panel_member, Role.equalities_lead, Role.data_scientist),
    *(Role.governance, Role.administrator),
)
"""The table's columns."""


@dataclass(frozen=True)
class Line:
    """One page at one address: what each role gets, in the order of `ROLES`."""

    page: str
    path: str
    answers: tuple[str, ...]
    method: str

    def answer(self, role: Role | None) -> str:
        """What somebody of a role gets; None is whoever has not logged in."""
        return "login" if role is None else self.answers[ROLES.index(role)]


#                                                          worker manager panel equal scient govern admin
_TABLE = """
GET  home                /                                 yes    yes     yes   yes   yes    yes    yes
GET  account             /account/                         yes    yes     yes   yes   yes    yes    yes
POST account             /account/                         yes    yes     yes   yes   yes    yes    yes
GET  fairness            /fairness/                        yes    yes     yes   yes   yes    yes    yes
GET  report              /reports/index.html               yes    yes     yes   yes   yes    yes    yes
GET  report              /reports/{pack}                   404    404     404   404   404    404    404
GET  past_audit          /fairness/past/{audit}/           yes    yes     yes   yes   yes    yes    yes
GET  past_audit          /fairness/past/0/                 404    404     404   404   404    404    404
GET  families            /families/                        yes    yes     403   403   403    403    403
GET  search              /families/search/                 yes    yes     403   403   403    403    403
GET  team                /families/team/                   403    yes     403   403   403    403    403
GET  family              /families/{own}/                  yes    yes     404   404   404    404    404
GET  family              /families/{team}/                 404    yes     404   404   404    404    404
GET  family              /families/{outside}/              404    404     404   404   404    404    404
GET  family              /families/{none}/                 404    404     404   404   404    404    404
GET  correction          /families/{own}/correction/       yes    yes     404   404   404    404    404
POST correction          /families/{own}/correction/       yes    yes     404   404   404    404    404
GET  correction          /families/{team}/correction/      404    yes     404   404   404    404    404
POST correction          /families/{outside}/correction/   404    404     404   404   404    404    404
GET  correction          /families/{none}/correction/      404    404     404   404   404    404    404
GET  corrections         /families/corrections/            403    403     403   403   403    yes    yes
POST corrections         /families/corrections/            403    403     403   403   403    yes    yes
GET  outside             /outside/                         403    yes     403   403   403    403    403
POST override            /outside/{outside}/               404    yes     404   404   404    404    404
POST override            /outside/{none}/                  404    404     404   404   404    404    404
GET  meetings            /panel/                           403    403     yes   403   403    403    403
GET  meeting             /panel/{meeting}/                 404    404     yes   404   404    404    404
GET  meeting             /panel/{others}/                  404    404     404   404   404    404    404
GET  meeting             /panel/999/                       404    404     404   404   404    404    404
POST meeting_close       /panel/{meeting}/close/           404    404     yes   404   404    404    404
POST meeting_close       /panel/{others}/close/            404    404     404   404   404    404    404
GET  offers              /panel/{closed}/offers/           404    404     yes   404   404    404    404
GET  offers              /panel/{meeting}/offers/          404    404     404   404   404    404    404
GET  case                /panel/{meeting}/{case}/          404    404     yes   404   404    404    404
POST case                /panel/{meeting}/{case}/          404    404     yes   404   404    404    404
GET  case                /panel/{others}/{case}/           404    404     404   404   404    404    404
GET  case                /panel/{meeting}/no-such-case/    404    404     404   404   404    404    404
POST case_agreed         /panel/{closed}/{offer}/agreed/   404    404     yes   404   404    404    404
POST case_agreed         /panel/{others}/{case}/agreed/    404    404     404   404   404    404    404
POST case_outcome        /panel/{closed}/{offer}/outcome/  404    404     yes   404   404    404    404
POST case_outcome        /panel/{others}/{case}/outcome/   404    404     404   404   404    404    404
GET  access_log          /governance/log/                  403    403     403   403   403    yes    403
GET  access_log_csv      /governance/log.csv               403    403     403   403   403    yes    403
POST access_log_verify   /governance/log/verify/           403    403     403   403   403    yes    403
GET  who_looked          /governance/who-looked/           403    403     403   403   403    yes    403
POST who_looked          /governance/who-looked/           403    403     403   403   403    yes    403
GET  accounts            /accounts/                        403    403     403   403   403    yes    yes
GET  feeds               /governance/feeds/                403    403     403   403   403    yes    yes
"""


def _lines() -> tuple[Line, ...]:
    rows = [row.split() for row in _TABLE.split("\n") if row]
    return tuple(Line(page, path, tuple(answers), method) for method, page, path, *answers in rows)


TABLE = _lines()
_WORDS = {"yes": "yes", "403": "no", "404": "nothing there", "login": "log in"}
_HEAD = """# Who may open which page

This page is made from the table that the web app's tests visit every address by, as every role and without logging in
(`tests/review/permission_table.py`): `python -m tests.review.permission_table docs/permissions.md` writes it anew.

*yes*: the page opens. *no*: it says that the page is for others. *nothing there*: it says that there is nothing there,
in the same bytes whether there is or not. Whoever has not logged in with both steps is led to where one logs in.
Whatever comes of it is in the access log before it is shown.

- A **support worker** sees the families of the own open allocations, on the days on which they hold.
- A **team manager** sees those of the team's, and any other one until the end of a day, with a reason that is logged.
- A **panel member** sees the cases of the released lists of the own panel, while they are released.
- **Equalities lead**, **data scientist**, **information governance** and **administrator** see no family at all.

## How an allocation opens a family

Allocations come from the council's own systems, and open what they say on the day on which they say it: one that ended
yesterday opens nothing today.

- A child's allocation, or its plan that names a worker, opens each family that the child is a child of that day: both
  homes, where it has two.
- An early help case opens the families of its grown members. Where it names none, it opens those of its children.
- A worker must be in post by the staff list. A system without a staff list of its own may name workers of another's:
  they are taken for the same where one list alone has that key in the same team. Whoever is on no list is shown
  nothing; where the allocation names their team, its manager sees the families.
- A manager's team is everybody whom the staff list puts in the same team, and everybody whose manager they are.
- A feed that is older than `[review] allocations_max_age_days` opens nothing to anybody. A table tells until its newest
  row, and as long again as it was ever silent in the year before (at most a fortnight), but never beyond the day of the
  extracts: so a table that stopped coming is noticed though the others go on. *Feeds* shows each.

## The access log

Every visit is a line before it is shown: who, when, which page, which family, why. So is every search, decision, file
and refusal, also of somebody who has not logged in. Whoever comes to the first page to log in was refused nothing:
there a line is written once a step fails or succeeds, so that a probe of `/` or `/login/` does not fill the log.
Lines are only added; each holds the hash of the one before and a seal by the council's key. *Access log* shows them,
hands them out as a file, and checks them, and so does `early-help review verify-log RUN`. Note the newest hash
somewhere else now and then and give it (`--noted`): a database that was put back to an earlier day shows by that
alone.

Pages say in words what a line keeps in codes. What is done by command (accounts, exports) tells the machine's account
that did it.

*Who looked* answers a resident: who opened the pages of their families while they were of them, when and why, and who
looked them up by command. It finds by full name and birth date, keeps neither, and shows governance no list of names.
It says that somebody took part in a panel's decision, and not what that member chose.

## Every page

In an address, `{own}` is a family of the worker's own, `{team}` one of a colleague in the same team, `{outside}` one of
another team, `{none}` one that does not exist; `{meeting}` and `{case}` are of the member's own panel, `{closed}` is a
meeting of it that was closed and `{offer}` a case decided on there, `{others}` a meeting of another panel; `{pack}` is
a report about families.
"""


def document() -> str:
    """The table as a page of the docs."""
    heads = ["Page", "Address", *(role.value.replace("_", " ").capitalize() for role in ROLES)]
    what = {page.name: page.what for page in PAGES}
    rows = [
        [what[line.page], f"`{line.method} {line.path}`", *(_WORDS[answer] for answer in line.answers)]
        for line in TABLE
    ]
    table = [heads, ["---"] * len(heads), *rows]
    return _HEAD + "\n" + "\n".join("| " + " | ".join(row) + " |" for row in table) + "\n"


if __name__ == "__main__":
    import sys

    Path(sys.argv[1]).write_text(document(), encoding="utf-8")
