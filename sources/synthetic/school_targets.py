"""Published figures of absence and free meals."""

from __future__ import annotations

from sources.synthetic.figure import Target

_SEND = "2024-25, DfE via data-to-insight/send-attendance-dashboard"
_EES = "autumn 2024, DfE EES"


def _sen(label: str, code: str, absence: tuple[float, float], persistent: tuple[float, float]) -> tuple[Target, Target]:
    where = f"year = 2024 AND sen = '{code}'"
    return (
        Target(
            f"Absence, {label}",
            f"Camden {absence[0]:.2f}%, Hackney {absence[1]:.2f}%",
            _SEND,
            absence[1] / 100,
            absence[0] / 100,
            "pupil_years",
            "missed",
            "possible",
            where,
        ),
        Target(
            f"Persistently absent, {label}",
            f"Camden {persistent[0]}%, Hackney {persistent[1]}%",
            _SEND,
            persistent[1] / 100,
            persistent[0] / 100,
            "pupil_years",
            "persistent::INT",
            where=where,
        ),
    )


def pupils_who(label: str, published: str, source: str, low: float, high: float, where: str, top: str) -> Target:
    return Target(label, published, source, low, high, "pupil_years", top, where=where)


_BY_ETHNICITY = tuple(
    pupils_who(
        f"Persistently absent, eligible for free meals, {label}",
        f"{rate}%",
        _EES,
        rate / 100 - allowed,
        rate / 100 + allowed,
        f"year = 2024 AND meals AND true_ethnicity = '{code}'",
        "autumn_persistent::INT",
    )
    for label, code, rate, allowed in (
        ("Asian Other", "AOTH", 16.1, 0.05),
        ("Black Other", "BOTH", 19.7, 0.05),
        ("Mixed Other", "MOTH", 28.5, 0.05),
        ("Other Ethnic Group", "OOTH", 17.2, 0.05),
    )
)

_AFRICAN_AUTUMN = Target(
    *("Persistently absent, eligible for free meals, Black African", "11.4%", _EES, 0.084, 0.144, "pupil_years"),
    top="autumn_persistent::INT",
    where="year = 2024 AND meals AND true_ethnicity = 'BAFR'",
    aimed=False,
    note="the two terms' rates are aimed at; one term's is higher here, as a short time catches more passing absence",
)

ATTENDANCE: tuple[Target, ...] = (
    Target(
        "Absence, all pupils",
        "England 7.1%",
        "2023-24, DfE",
        0.065,
        0.077,
        "pupil_years",
        "missed",
        "possible",
        "year = 2023",
    ),
    pupils_who(
        "Persistently absent, all pupils", "England 20.0%", "2023-24, DfE", 0.18, 0.22, "year = 2023", "persistent::INT"
    ),
    pupils_who(
        "Severely absent, all pupils", "England 2.3%", "2023-24, DfE", 0.018, 0.028, "year = 2023", "severe::INT"
    ),
    *_sen("no special needs", "N", (6.64, 5.78), (18.9, 15.1)),
    *_sen("SEN support", "S", (10.72, 8.22), (33.1, 24.2)),
    *_sen("education, health and care plan", "E", (13.10, 9.41), (41.2, 27.8)),
    pupils_who(
        "Persistently absent, free meals",
        "England 33.0%",
        "autumn 2023, DfE daily data",
        0.30,
        0.36,
        "year = 2023 AND meals",
        "autumn_persistent::INT",
    ),
    pupils_who(
        "Persistently absent, no free meals",
        "England 15.6%",
        "autumn 2023, DfE daily data",
        0.126,
        0.186,
        "year = 2023 AND NOT meals",
        "autumn_persistent::INT",
    ),
    _AFRICAN_AUTUMN,
    *_BY_ETHNICITY,
    pupils_who(
        "Persistently absent, Black African, free meals",
        "England 11.8%",
        "autumn and spring 2024-25, DfE EES",
        0.088,
        0.148,
        "year = 2024 AND true_ethnicity = 'BAFR' AND meals",
        "persistent::INT",
    ),
    pupils_who(
        "Persistently absent, Black African, no free meals",
        "England 6.0%",
        "autumn and spring 2024-25, DfE EES",
        0.04,
        0.08,
        "year = 2024 AND true_ethnicity = 'BAFR' AND NOT meals",
        "persistent::INT",
    ),
    pupils_who(
        "Persistently absent, Black African",
        "England 8.7%",
        "autumn and spring 2024-25, DfE EES",
        0.067,
        0.107,
        "year = 2024 AND true_ethnicity = 'BAFR'",
        "persistent::INT",
    ),
    pupils_who(
        "Persistently absent, Irish Traveller",
        "England 72%",
        "2021-22, Children's Commissioner",
        0.57,
        0.87,
        "true_ethnicity = 'WIRT'",
        "persistent::INT",
    ),
    pupils_who(
        "Persistently absent, Gypsy or Roma",
        "England 65%",
        "2021-22, Children's Commissioner",
        0.50,
        0.80,
        "true_ethnicity = 'WROM'",
        "persistent::INT",
    ),
    Target(
        "Pupils eligible for free meals",
        "Camden 36%",
        "January 2021, Ham&High quoting DfE",
        0.33,
        0.39,
        "censuses",
        "meals::INT",
        where="term = '2425P'",
    ),
)
