"""Published figures of children's social care."""

from __future__ import annotations

from sources.synthetic.figure import Shown, Target

_HACKNEY = "2019-20, Hackney Children and Families Service annual report"
_CIN = "DfE, children in need"
_MARCH = "\"on\" = DATE '2024-03-31'"
_HACKNEY_CHILDREN = "Hackney's 251 plans at 38.0 per 10,000 make 66,000 children, by which its counts are divided"

SOCIAL_CARE: tuple[Target, ...] = (
    Target(
        "Contacts a year",
        "Hackney 242.9 per 1,000 children",
        _HACKNEY,
        0.21,
        0.28,
        "door_years",
        "contacts",
        "child_years",
        shown=Shown.PER_1000,
        note=_HACKNEY_CHILDREN,
    ),
    Target(
        "Referrals a year",
        "Hackney 76.2 per 1,000 children",
        _HACKNEY,
        0.066,
        0.086,
        "door_years",
        "referrals",
        "child_years",
        shown=Shown.PER_1000,
    ),
    Target(
        "Assessments a year",
        "Hackney 74.5 per 1,000 children",
        _HACKNEY,
        0.064,
        0.085,
        "door_years",
        "assessments",
        "child_years",
        shown=Shown.PER_1000,
    ),
    Target(
        "Contacts that become referrals", "Hackney 31%", _HACKNEY, 0.28, 0.34, "door_years", "referrals", "contacts"
    ),
    Target(
        "Referred again within a year",
        "Hackney 15.8%",
        _HACKNEY,
        0.13,
        0.19,
        "contacts",
        'coalesce("on" - before < 365, FALSE)::INT',
        where="accepted AND \"on\" >= DATE '2023-09-01'",
    ),
    Target(
        "Referred again within a year, against England",
        "England 22%",
        f"2023-24, {_CIN}",
        0.20,
        0.24,
        "contacts",
        'coalesce("on" - before < 365, FALSE)::INT',
        where="accepted AND \"on\" >= DATE '2023-09-01'",
        aimed=False,
        note="Hackney is aimed at, so that all figures of the front door are of one place",
    ),
    Target(
        "Referrals a year, against England",
        "England 51.8 per 1,000 children",
        f"2023-24, {_CIN}",
        0.047,
        0.057,
        "door_years",
        "referrals",
        "child_years",
        shown=Shown.PER_1000,
        aimed=False,
        note="621,880 to the 12.0 million children of 332.9 per 10,000; Hackney is aimed at",
    ),
    Target(
        "Children in need on 31 March",
        "England 332.9 per 10,000",
        f"2024, {_CIN}",
        0.0283,
        0.0383,
        "child_days",
        "in_need::INT",
        where=_MARCH,
        shown=Shown.PER_10000,
        note="with assessments still open, as DfE counts",
    ),
    Target(
        "Children with a protection plan",
        "Hackney 38.0 per 10,000",
        "March 2020, Hackney annual report",
        0.0028,
        0.0048,
        "child_days",
        "protected::INT",
        shown=Shown.PER_10000,
        note="over six dates, as it is so rare",
    ),
    Target(
        "Children looked after",
        "Hackney 65.4 per 10,000",
        "March 2020, Hackney annual report",
        0.0050,
        0.0081,
        "child_days",
        "looked_after::INT",
        shown=Shown.PER_10000,
        note="over six dates, as it is so rare",
    ),
)
