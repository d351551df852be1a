"""What lines of the access log say, as people say it. What is kept stays as it was written, in codes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from fairness_audits.chain.decisions import Choice
from review.access_log import Action
from review.families.models import STATE_WORDS, CorrectionState
from review.menu import ROLE_WORDS
from review.panel.choices import CHOICE_WORDS, OUTCOME_WORDS, OutcomeCode
from review.permissions import PAGES, SENT
from review.roles import Role

ACTION_WORDS = {
    Action.logged_in: "Logged in",
    Action.login_refused: "Could not log in",
    Action.viewed: "Looked",
    Action.searched: "Searched",
    Action.decided: "Decided or noted",
    Action.downloaded: "Took a file",
    Action.exported: "Exported",
    Action.refused: "Was refused",
    Action.overrode: "Opened outside the team",
    Action.changed_account: "Account made or changed",
}

_SENT = "Sent a form"
_PAGE_WORDS = {page.name: page.what.rstrip(".") for page in PAGES}
_CODES: Mapping[str, str] = {
    **{choice.value: words.lower() for choice, words in CHOICE_WORDS.items()},
    **{code.value: words.lower() for code, words in OUTCOME_WORDS.items()},
    **{state.value: words.lower() for state, words in STATE_WORDS.items()},
    **{role.value: words for role, words in ROLE_WORDS.items()},
}
_WHOLE = {
    "who looked": "Who looked at this family's pages",
    "password": "The password, or the one-time password, did not do",
    "password to be changed": "The password that was to be changed did not do",
    "code": "The code of the second step did not do",
    "identity provider": "The council's identity provider did not vouch, or there is no such account",
    "found outside the team": "Was found, and shown by name, outside the team",
}
_ASKED_BY = {"words": "name or address", "dob": "date of birth"}


def _any(kind: type[Choice] | type[OutcomeCode] | type[CorrectionState] | type[Role]) -> str:
    return "|".join(re.escape(one.value) for one in kind)


def _asked_by(found: re.Match[str]) -> str:
    return f"By {' and '.join(_ASKED_BY[name] for name in re.findall('words|dob', found[1]))}: {found[2]} found"


_PARTS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = tuple(
    (re.compile(pattern, re.DOTALL), words)
    for pattern, words in (
        (r"(opened|closed) meeting (\d+)", lambda found: f"{found[1].capitalize()} meeting {found[2]}"),
        (
            rf"meeting (\d+), version (\d+): ({_any(Choice)})",
            lambda found: f"Meeting {found[1]}, own decision, version {found[2]}: {_CODES[found[3]]}",
        ),
        (
            rf"meeting (\d+), agreed: ({_any(Choice)})",
            lambda found: f"Meeting {found[1]}, what the panel agreed: {_CODES[found[2]]}",
        ),
        (
            rf"meeting (\d+), outcome: ({_any(OutcomeCode)})",
            lambda found: f"Meeting {found[1]}, what became of the offer: {_CODES[found[2]]}",
        ),
        (rf"correction (\d+): ({_any(CorrectionState)})", lambda found: f"Correction {found[1]}: {_CODES[found[2]]}"),
        (
            rf"account (made|changed): ([^,]*), ({_any(Role)})( \(.*\))?",
            lambda found: f"Account {found[1]}: {found[2]}, {_CODES[found[3]]}{found[4] or ''}",
        ),
        (r"by ((?:words|dob| and )+): (\d+) found", _asked_by),
    )
)


def detail_words(detail: str) -> str:
    """What a line says was done: what the page is for, where it names one; else what was decided, or went wrong."""
    if detail in _WHOLE:
        return _WHOLE[detail]
    for pattern, words in _PARTS:
        found = pattern.fullmatch(detail)
        if found:
            return words(found)
    name, _, more = detail.partition(": ")
    what = _PAGE_WORDS.get(name.removesuffix(SENT))
    if what is None:
        return detail[:1].upper() + detail[1:]
    return what + (f" ({more})" if more else "")


def action_words(action: Action, detail: str) -> str:
    """What somebody did. Sending a form to a page is told apart from looking at it."""
    return _SENT if action is Action.viewed and detail.endswith(SENT) else ACTION_WORDS[action]


def resident_words(action: Action, detail: str) -> str:
    """The same for the resident whom it is about: that somebody decided, and not what one member of a panel chose."""
    if action is Action.decided and re.match(r"meeting \d+, (version|agreed)", detail):
        return "Took part in a panel's decision on whether to offer help"
    said = action_words(action, detail)
    return f"{said}: {detail_words(detail)}" if detail else said
