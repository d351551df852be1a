"""Each rule in a sentence for the people who keep a system, and what they could do about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RuleWords:
    """What a broken rule means, and what would help; both whole sentences."""

    meaning: str
    help: str


RULE_WORDS: dict[str, RuleWords] = {
    "blank": RuleWords(
        "Something that the row cannot do without was empty.",
        "Fill it in at the source, or make it a required field there.",
    ),
    "not_in_force_that_day": RuleWords(
        "The register code was not one that schools could use on that day.",
        "See whether the school's system still offers codes that ended, or uses a code of its own.",
    ),
    "not_a_date": RuleWords(
        "The date could not be read, or is no day of the calendar.",
        "Choose dates from a calendar at entry, and send every date of a column in one format.",
    ),
    "not_a_whole_number": RuleWords("A whole number was expected.", "Keep notes and units in a column of their own."),
    "not_an_amount": RuleWords(
        "The amount could not be read as pounds and pence.", "Keep notes and units in a column of their own."
    ),
    "not_yes_or_no": RuleWords(
        "The cell says neither yes nor no.", "Tell the analytics team what this value means, or use a tick box."
    ),
    "not_a_known_code": RuleWords(
        "The value is not one of the codes the mapping knows. It was left out rather than guessed.",
        "Tell the analytics team what the value means, so that it can be mapped; or correct it at the source.",
    ),
    "after_extract_date": RuleWords(
        "The date lies after the day the data was taken.",
        "It is often a slip of the year. Let the system refuse dates that have not come yet.",
    ),
    "too_early": RuleWords(
        "The date is older than any record of this kind can be.",
        "It is often a slip of the year, or a date that stands for 'not known'. Leave unknown dates empty.",
    ),
    "too_late": RuleWords(
        "The end lies so far ahead that it can only mean 'open'.", "Leave the end empty while it is open."
    ),
    "out_of_range": RuleWords(
        "The number lies outside what this column can hold.", "Look the row up by its number and correct it."
    ),
    "ends_before_it_begins": RuleWords(
        "It ends before it begins.", "One of the two dates is a slip. Let the system refuse an end before its start."
    ),
    "superseded": RuleWords(
        "Another row with the same key was recorded later and stands in its place. This is no error in itself.",
        "Nothing is needed, unless the two should have had different keys.",
    ),
    "after_recorded": RuleWords(
        "The person would have been born long after the record was made.",
        "It is often a slip of the century. Correct the birth date.",
    ),
    "not_a_pupil_number": RuleWords(
        "It does not have the form of a unique pupil number.", "Copy the number from the school's own record."
    ),
    "not_a_property_number": RuleWords(
        "It does not have the form of a unique property number (UPRN).",
        "Choose the address from the council's gazetteer, which fills in the number.",
    ),
    "repeated_header": RuleWords(
        "A line repeats the names of the columns.", "Nothing is needed; the line was passed over."
    ),
    "totals_row": RuleWords("A line of totals stands among the rows.", "Nothing is needed; the line was passed over."),
    "blank_row": RuleWords("A line holds nothing.", "Nothing is needed; the line was passed over."),
    "footer": RuleWords("A line stands below the data.", "Nothing is needed; the line was passed over."),
    "malformed_line": RuleWords(
        "A line has more or fewer cells than the header, so no cell of it can be trusted.",
        "See whether a cell holds the mark that stands between cells; quotation marks around cells help.",
    ),
    "not_a_national_insurance_number": RuleWords(
        "It does not have the form of a National Insurance number.", "Check it against a letter or payslip."
    ),
    "not_an_email_address": RuleWords(
        "It does not have the form of an email address.", "Leave it empty where there is none."
    ),
    "not_a_phone_number": RuleWords(
        "It does not have the form of a telephone number.", "Leave it empty where there is none."
    ),
    "related_to_itself": RuleWords(
        "It names one person twice, as related to himself or herself.", "See whom the worker meant, and correct it."
    ),
    "end_recorded_but_not_held": RuleWords(
        "There is a day on which the end was recorded, but no end.", "Fill in the end, or take the day out."
    ),
    "person_and_group": RuleWords(
        "The row names a person and a group, and can be about one of them only.",
        "This is for the analytics team: see how the file is mapped.",
    ),
    "a_notice_has_no_end": RuleWords(
        "A notice that a benefit started or stopped has an end of its own, which it cannot have.",
        "This is for the analytics team: see how the file is mapped.",
    ),
    "only_child_protection_has_a_category": RuleWords(
        "A category of abuse stands on a service that is not child protection.",
        "Let the system ask for it on child protection plans only.",
    ),
    "no_such_person": RuleWords(
        "It names a person whom the system's own records of people do not have.",
        "See whether the file of people was taken later, or leaves some people out.",
    ),
    "no_such_group": RuleWords(
        "It belongs to a tenancy, claim or case of which no member is known, so it reaches no family.",
        "See whether the file of members was taken later, or leaves some out.",
    ),
    "before_birth": RuleWords(
        "It is dated before the person was born.", "One of the two dates is a slip. Check the birth date first."
    ),
    "born_after_events": RuleWords(
        "The birth date is later than several things that the person took part in.", "Correct the birth date."
    ),
}
"""Words for every rule, by its name."""


def rule_words(rule: str) -> RuleWords:
    """The words of a rule; its name, where it has none of its own."""
    return RULE_WORDS.get(rule) or RuleWords(
        f"It did not keep the rule '{rule.replace('_', ' ')}' of its table.",
        "Look the row up by its number, and correct it at the source.",
    )
