"""The part of the council's TOML that says how its reports are written."""

from __future__ import annotations

from pydantic import Field

from store.council import Section


class ReportsConfig(Section):
    """``[reports]``."""

    pdf: bool = Field(
        False, description="Whether every page is written as a PDF as well, for print and for the record (extra `pdf`)."
    )


def _asked(what: str) -> str:
    return Field("", description=what)


class TransparencyConfig(Section):
    """``[transparency]``: what the transparency record needs from people. What is left out is listed as a gap."""

    organisation: str = _asked("Organisation that answers for it; the council's name when left out.")
    team: str = _asked("Team that answers for it.")
    senior_responsible_owner: str = _asked("Role title of the senior responsible owner.")
    contact_email: str = _asked("Where anybody may write about it.")
    website: str = _asked("Public page that tells of it.")
    phase: str = _asked("Phase it is in: such as idea, pilot, in use, retired.")
    supplier: str = _asked("Supplier outside the council, with role; the word none where there is none.")
    supplier_number: str = _asked("The supplier's Companies House number; the word none where there is none.")
    procurement: str = _asked("How it was procured; the word none where it was not.")
    data_access_terms: str = _asked("Terms on which a supplier sees data; the word none where none does.")
    previous_process: str = _asked("How families were found before, and still are.")
    alternatives: str = _asked("What else was considered, and why this.")
    training: str = _asked("What panel members and staff are taught before they use it.")
    appeals: str = _asked("How a family can ask, correct, object or have a decision looked at again.")
    legal_basis: str = _asked("Lawful basis in data protection law, and the power that the council acts on.")
    sharing_agreements: str = _asked("Data sharing agreements it rests on.")
    retention: str = _asked("How long runs, lists and decisions are kept.")
    impact_assessments: str = _asked(
        "Impact assessments done (data protection, equality), with dates and where they are."
    )
