"""Published figures of families, benefits and rent, and of poverty."""

from __future__ import annotations

from sources.synthetic.figure import Shown, Target

_FAMILIES = "safetynets-study/data"
_DWP = "2014-19, DWP 2024 (15,750 tenants)"
_LAST_MARCH = "\"on\" = DATE '2025-03-31'"
_MARCH = "\"on\" = DATE '2024-03-31'"
_MAY = "\"on\" = DATE '2025-05-31'"

MONEY: tuple[Target, ...] = (
    Target(
        "Children in a family",
        "Camden 1.73, Hackney 1.99",
        f"2024, {_FAMILIES} (HMRC)",
        1.73,
        1.99,
        "family_sizes",
        "children",
        shown=Shown.NUMBER,
        note="children to child benefit households",
    ),
    Target(
        "Children in relative poverty",
        "Camden 41.8%, Hackney 44.7%",
        f"2023-24, {_FAMILIES}",
        0.408,
        0.457,
        "child_days",
        "poor::INT",
        where=_MARCH,
        note="a point wider than the two boroughs on each side",
    ),
    Target(
        "Children in families on Universal Credit",
        "Camden 42.2%, Hackney 62.8%",
        f"May 2025, {_FAMILIES}",
        0.422,
        0.628,
        "child_days",
        "uc::INT",
        where=_MAY,
        note="children in such households to all children",
    ),
    Target(
        "Housing Benefit claims to one of Universal Credit",
        "Camden 0.49, Hackney 0.37",
        f"May 2025, {_FAMILIES}",
        0.37,
        0.49,
        "households",
        "hb_in_may::INT",
        "uc_in_may::INT",
        shown=Shown.NUMBER,
    ),
    Target(
        "Children on Disability Living Allowance",
        "Camden 9.6%, Hackney 11.0%",
        f"February 2025, {_FAMILIES}",
        0.096,
        0.110,
        "child_days",
        "disabled::INT",
        where=_LAST_MARCH,
        note="awards to all children",
    ),
    *(
        Target(
            f"Rent owed {label}",
            published,
            _DWP,
            low,
            high,
            "claim_path",
            "owed",
            where=f"weeks {where}",
            shown=Shown.WEEKS,
            note="tenants in credit count as owing nothing",
        )
        for label, published, low, high, where in (
            ("48 weeks before claiming", "2.8 to 3.5", 2.8, 3.5, "= -48"),
            ("at the claim", "4.4 to 5.5", 4.4, 5.5, "= 0"),
            ("8 to 12 weeks after", "7 to 8", 7.0, 8.0, "IN (8, 10, 12)"),
            ("a year after", "5.8 to 6.7", 5.8, 6.7, "= 52"),
        )
    ),
    Target(
        "Tenants on Universal Credit in arrears",
        "48%",
        "December 2024, NHF",
        0.42,
        0.54,
        "accounts",
        "(owed > 0)::INT",
        where="uc",
        note="housing associations' tenants; ours are a council's",
    ),
    Target(
        "Other tenants in arrears",
        "28%",
        "December 2024, NHF",
        0.23,
        0.33,
        "accounts",
        "(owed > 0)::INT",
        where="NOT uc",
    ),
    Target(
        "Arrears of those on Universal Credit",
        "641 pounds",
        "December 2024, NHF",
        545,
        740,
        "accounts",
        "owed",
        where="uc AND owed > 0",
        shown=Shown.POUNDS,
        aimed=False,
        note="follows from DWP's path, which is aimed at",
    ),
    Target(
        "Arrears of other tenants",
        "468 pounds",
        "December 2024, NHF",
        398,
        540,
        "accounts",
        "owed",
        where="NOT uc AND owed > 0",
        shown=Shown.POUNDS,
        aimed=False,
        note="as above",
    ),
    Target(
        "Tenants in arrears",
        "15% now or in the past year",
        "2022-23, English Housing Survey",
        0.10,
        0.20,
        "accounts",
        "(owed > 0)::INT",
        aimed=False,
        note="what tenants say; the landlords' own figures above are aimed at",
    ),
)
