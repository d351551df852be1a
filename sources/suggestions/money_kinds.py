"""Files of housing, benefits and the gazetteer."""

from __future__ import annotations

from sources.suggestions.profiling import Shape
from sources.suggestions.vocabulary import CODE, DATE, OF_RECORDING, RECORDED, Field, Key, Kind, named, spell

MONEY_KINDS: tuple[Kind, ...] = (
    Kind(
        "addresses",
        Key.NONE,
        (
            Field("uprn", ("uprn",), (Shape.UPRN,), 1.0),
            Field("postcode", ("postcode",), (Shape.POSTCODE,), 0.3, True),
            Field(
                "kind",
                named(
                    "blpu class, class code, classification, classification code, property type, property "
                    "class, usage code"
                ),
                CODE,
                1.5,
            ),
            Field("ward", ("ward", "ward name", "ward code"), CODE, 0.7),
            Field("lsoa", ("lsoa", "lsoa code", "lsoa11", "lsoa21", "lower super output area"), CODE, 1.5),
            Field("imd_decile", ("imd decile", "deprivation decile", "imd"), (Shape.WHOLE,), 1.5),
        ),
        ("gazetteer", "llpg", "blpu", "addressbase"),
        ("uprn",),
    ),
    Kind(
        "rent_transactions",
        Key.GROUP,
        (
            Field(
                "event_date",
                named("transaction date, posted date, post date, posting date, effective date, value date, date"),
                DATE,
                0.7,
            ),
            Field("recorded_on", ("posted date", "post date", "posting date", *RECORDED), DATE, 0.3),
            Field(
                "kind",
                named(
                    "transaction type, transaction code, transaction description, posting type, type, charge "
                    "type, transaction"
                ),
                CODE,
                1.5,
            ),
            Field(
                "amount_pence",
                named("transaction amount, amount, real value, value, transaction value, posting amount"),
                (Shape.MONEY,),
                1.5,
            ),
        ),
        ("rent", "transaction", "ledger", "postings"),
        ("event_date", "kind", "amount_pence"),
        ("tenancy",),
    ),
    Kind(
        "arrears_actions",
        Key.GROUP,
        (
            Field("event_date", named("action date, stage date, arrears action date, event date, date"), DATE, 0.7),
            Field("recorded_on", RECORDED, DATE, 0.3, marks=OF_RECORDING),
            Field(
                "action",
                named(
                    "action code, action, arrears stage, arrears action, recovery stage, stage, arrears code, "
                    "action type, recovery action, stage code"
                ),
                CODE,
                1.5,
            ),
            Field(
                "balance_pence",
                named("balance, arrears balance, arrears, current balance, account balance"),
                (Shape.MONEY,),
                1.0,
            ),
        ),
        ("arrears", "recovery"),
        ("event_date", "action"),
        ("tenancy",),
    ),
    Kind(
        "tenancies",
        Key.GROUP,
        (
            *spell("tenancy"),
            Field("tenure", named("tenure, tenure type, tenancy type, tenure code, tenancy status type"), CODE, 1.5),
            Field(
                "weekly_rent_pence",
                named("weekly rent, rent, net rent, rent amount, gross rent, current rent, weekly charge"),
                (Shape.MONEY,),
                1.0,
            ),
        ),
        ("tenancy", "tenancies"),
        ("event_date",),
        ("tenancy",),
    ),
    Kind(
        "benefit_spells",
        Key.EITHER,
        (
            *spell("claim", "award"),
            Field("benefit", ("claim type", "benefit", "benefit type", "scheme"), CODE, 1.5),
            Field(
                "row_kind",
                named(
                    "notice type, notification type, universal credit notice type, universal credit status, "
                    "universal credit event"
                ),
                CODE,
                1.5,
            ),
            Field(
                "weekly_pence",
                named(
                    "weekly award, weekly benefit, weekly amount, award amount, weekly entitlement, weekly "
                    "housing benefit"
                ),
                (Shape.MONEY,),
                1.5,
            ),
            Field("carers_allowance", ("carer allowance", "carer premium", "carer indicator"), (Shape.FLAG,), 1.0),
            Field(
                "child_disability",
                named("child dla, dla child, disabled child premium, child disability"),
                (Shape.FLAG,),
                1.0,
            ),
            Field(
                "adult_disability",
                named("disability premium, adult disability, pip, disability benefit"),
                (Shape.FLAG,),
                1.0,
            ),
        ),
        named("benefit, claim, claims, benefits, universal, credit, award"),
        ("event_date",),
        ("benefit_claim",),
    ),
)
