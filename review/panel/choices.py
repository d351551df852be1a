"""What a panel may decide of a case, why, and what may become of an offer; the words that pages and exports have."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from fairness_audits.chain.decisions import Choice


class ReasonCode(StrEnum):
    """Why somebody decided as they did. Each belongs to one choice, so that a form asks for one of these alone."""

    WORTH_A_CONVERSATION = "worth_a_conversation"
    UNMET_NEED = "unmet_need"
    BEING_HELPED = "being_helped"
    HELPED_LATELY = "helped_lately"
    KNOWN_ELSEWHERE = "known_elsewhere"
    EXPLAINED = "explained"
    TOO_SLIGHT = "too_slight"
    NOT_WANTED = "not_wanted"
    MOVED_AWAY = "moved_away"
    SOMEONE_ELSES = "someone_elses"
    OUT_OF_DATE = "out_of_date"
    WRONGLY_RECORDED = "wrongly_recorded"
    FIND_OUT_MORE = "find_out_more"
    UNSURE = "unsure"


class OutcomeCode(StrEnum):
    """What became of an offer of early help."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    HELPED = "helped"
    NOT_REACHED = "not_reached"


CHOICE_WORDS: dict[Choice, str] = {
    Choice.OFFER: "Offer early help",
    Choice.ALREADY_KNOWN: "Already known or helped",
    Choice.NO_ACTION: "No action",
    Choice.DATA_WRONG: "The data look wrong",
    Choice.DISCUSS: "Needs discussion",
}

REASONS: dict[ReasonCode, tuple[Choice, str]] = {
    ReasonCode.WORTH_A_CONVERSATION: (Choice.OFFER, "It is worth a conversation"),
    ReasonCode.UNMET_NEED: (Choice.OFFER, "There seems to be need that nobody is helping with"),
    ReasonCode.BEING_HELPED: (Choice.ALREADY_KNOWN, "Somebody is helping now"),
    ReasonCode.HELPED_LATELY: (Choice.ALREADY_KNOWN, "Help ended not long ago"),
    ReasonCode.KNOWN_ELSEWHERE: (Choice.ALREADY_KNOWN, "Known to a service that is not in these records"),
    ReasonCode.EXPLAINED: (Choice.NO_ACTION, "What was noticed has an ordinary explanation"),
    ReasonCode.TOO_SLIGHT: (Choice.NO_ACTION, "There is little that help could be offered with"),
    ReasonCode.NOT_WANTED: (Choice.NO_ACTION, "They have said that they would rather not"),
    ReasonCode.MOVED_AWAY: (Choice.NO_ACTION, "They no longer live here"),
    ReasonCode.SOMEONE_ELSES: (Choice.DATA_WRONG, "Some records are another person's"),
    ReasonCode.OUT_OF_DATE: (Choice.DATA_WRONG, "It is out of date"),
    ReasonCode.WRONGLY_RECORDED: (Choice.DATA_WRONG, "Something was recorded wrongly"),
    ReasonCode.FIND_OUT_MORE: (Choice.DISCUSS, "We need to find out more first"),
    ReasonCode.UNSURE: (Choice.DISCUSS, "I would like to hear what others think"),
}

OUTCOME_WORDS: dict[OutcomeCode, str] = {
    OutcomeCode.ACCEPTED: "Accepted",
    OutcomeCode.DECLINED: "Declined",
    OutcomeCode.HELPED: "Helped",
    OutcomeCode.NOT_REACHED: "Not reached",
}


def choice_of(reason: ReasonCode) -> Choice:
    """What somebody decides who gives this reason."""
    return REASONS[reason][0]


def settled(read: Iterable[Choice], agreed: Choice | None) -> Choice:
    """What a panel decided: what it agreed on afterwards, else what all who read the case chose alike.

    Where they differ, and have not agreed yet, the case needs discussion.
    """
    if agreed is not None:
        return agreed
    different = set(read)
    return different.pop() if len(different) == 1 else Choice.DISCUSS
