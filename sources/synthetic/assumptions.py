"""What was made up, because no figure was read in its source: named here so that nobody takes it for a finding."""

from __future__ import annotations

NOT_VERIFIED: tuple[tuple[str, str, str], ...] = (
    (
        "Ethnicity of families",
        "groups as in `ethnicity.py`: White 40%, Black 25%, Asian 18%, Mixed 13%, other 3%; Gypsy or Roma 0.4%, Irish "
        "Traveller 0.3%",
        "the census shares in the list of figures were not verified, and families differ from residents",
    ),
    ("Social renting", "council 34%, housing association 11% of families", "the shares in the list were not verified"),
    ("Lone parents", "26% at the start", "the share in the list was not verified"),
)
ASSUMED: tuple[tuple[str, str], ...] = (
    (
        "Families",
        "1 to 5 children (33, 38, 19, 7, 3%) before some are grown; 2.2% of couples part a year; 45% of their "
        "children live in two homes; 16% of lone parents are joined; 4% have a grandparent; 11% arrive, 8% leave in "
        "four years; 15% more households without children",
    ),
    (
        "Homes",
        "a move in five years for 12% of tenants of the council and of associations, 40% of private tenants, 10% of "
        "owners; 3% of families in a hostel for 3 to 16 months",
    ),
    (
        "Need",
        "a lasting part, a slow part (.85 a quarter) and shocks (3% a quarter, fading by a third); equal in every "
        "ethnic group, on purpose; four subjects share .88 of it; significant need is 1.3 standard deviations",
    ),
    (
        "Illness and caring",
        "20.5% of families have an ill parent at some time; two thirds of their girls and half of "
        "their boys come to care, from about nine years old",
    ),
    (
        "Absence at equal need",
        "log-odds by group as in `ethnicity.py`, set so that the published rates come out; carers "
        "+.2, +.5 or +.8 by hours; free meals +.38; a few pupils +4.2",
    ),
    (
        "How carers come to be known",
        "40% at the first census of a school that marks any, 5% at later ones; 1% a quarter "
        "by the project, 3.2% where a service is there; 30% by an assessment; times .4 to 1.35 by ethnic group",
    ),
    (
        "Watching",
        "others report a family 0.45 to 1.8 times as often by ethnic group at equal need, and 1.4 times within a "
        "year of a contact",
    ),
    (
        "Early help",
        "takes 0.2 standard deviations of need away each quarter, fading by .85; 12% of offers find no place, "
        "by lottery; social care takes .15",
    ),
    (
        "Benefits",
        "95% of the poor and 45% of the rest take a means-tested benefit up; three in four such tenants begin on "
        "Housing Benefit, 80% of whom move to Universal Credit within four years",
    ),
    (
        "Rent",
        "128 pounds a week; a tenth of other tenants and four in ten of those about to claim struggle; they owe 12 "
        "weeks at the start, Housing Benefit stops 8 weeks before the claim on average, nine in ten pay nothing for "
        "6 weeks after it",
    ),
    (
        "Adult social care, blue badges",
        "one ill parent in six is a client; one badge in seven or eight who might have one",
    ),
    ("After 16", "about 5% neither learning nor working, 5% not known, a third more each September"),
    ("Offences", "about one a year for a hundred 10 to 17 year olds"),
    (
        "Registers",
        "62% of adults on the electoral roll; 30% of children and 15% of adults with a library card; 22% of "
        "parents with a parking permit; 28% of adults with a web account; 60% of under-fives with early years",
    ),
    (
        "Keying",
        "1 to 4% of names mistyped, up to 12% nicknames, 0 to 35% of birth dates missing and 0 to 45% of "
        "ethnicities, 2% of ethnicities wrong, 4% of people twice in social care",
    ),
    ("Recording", "delays of days to weeks by system, now and then months"),
)
