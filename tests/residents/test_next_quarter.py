"""A new quarter's extracts against the index of the quarter before."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from residents.config import ResidentsConfig
from residents.joining.households import is_evidence
from residents.stage import STAGE
from residents.tables import FAMILY_CHANGES
from sources.tables import ADDRESSES, GROUP_MEMBERS, PERSON_RECORDS, RELATIONSHIPS
from store.errors import UsageError
from store.files import read_json, write_json
from store.run_folder import RunFolder
from tests.residents.rooms import DAY, Index, Row, index, member, record
from tests.support import COUNCIL, put_table, run_stage

LATER = COUNCIL.model_copy(update={"extract_date": dt.date(2026, 12, 7), "covers_to": dt.date(2026, 11, 30)})
HOME = {"address": "12 Kiln Road", "postcode": "ZZ1 2AB"}
BORN = DAY(1988, 6, 17)


def first(folder: Path, people: list[Row], **tables: Any) -> Index:
    made = index(folder, people, **tables)
    write_json(folder / "state" / "council.json", {"council": "council.toml", "name": COUNCIL.name})
    return made


def following(folder: Path, before: Index, people: list[Row], *sections: ResidentsConfig, **tables: Any) -> Index:
    run = RunFolder(folder)
    for table, rows in (
        (PERSON_RECORDS, people),
        (ADDRESSES, []),
        (GROUP_MEMBERS, tables.get("groups", [])),
        (RELATIONSHIPS, []),
    ):
        put_table(run, table, rows)
    return Index(run_stage(STAGE, folder, *sections, council=LATER, previous=before.run))


def street(n: int, source: str = "housing", first_number: int = 0) -> list[Row]:
    names = [("Olga", "Petrova"), ("Yaw", "Mensah"), ("Leanne", "Carter"), ("Samir", "Haddad"), ("Ines", "Nowak")]
    return [
        record(
            source, str(number), *names[number % 5], dob=DAY(1970 + number, 1 + number % 12, 3 + number % 25),
            address=f"{number + 1} Kiln Road", postcode=f"ZZ{number % 9 + 1} 2AB",
        )
        for number in range(first_number, first_number + n)
    ]  # fmt: skip


def test_everyone_keeps_the_id_and_newcomers_get_new_ones(tmp_path: Path) -> None:
    old = street(12) + street(12, "library")
    before = first(tmp_path / "q1", old)
    after = following(
        tmp_path / "q2", before, street(14) + street(13, "library") + [record("parks", "1", "Wendy", "Poole")]
    )
    for row in old:
        assert after.person(row["source"], row["record_id"]) == before.person(row["source"], row["record_id"])
    earlier = {row["person_id"] for row in before.rows("people")}
    assert after.person("housing", "13") not in earlier
    assert after.person("parks", "1") not in earlier
    assert after.person("housing", "12") == after.person("library", "12")
    assert after.rows("person_changes") == []


def test_ids_do_not_hang_on_the_order_or_number_of_those_who_come_later(tmp_path: Path) -> None:
    before = first(tmp_path / "q1", street(6))
    newcomers = [record("aaa", str(n), "Ngozi", "Okafor", dob=DAY(1931 + 7 * n, 1 + n, 11 + n)) for n in range(9)]
    after = following(tmp_path / "q2", before, [*newcomers, *street(6)])
    assert [after.person("housing", str(n)) for n in range(6)] == [before.person("housing", str(n)) for n in range(6)]
    assert len({row["person_id"] for row in after.rows("people")}) == 15


def test_two_people_who_turn_out_to_be_one_are_a_recorded_merge(tmp_path: Path) -> None:
    apart = [
        record("housing", "1", "Shanice", "Grant", dob=BORN, **HOME),
        record("housing", "2", "Ngozi", "Okafor", dob=DAY(1971, 3, 4), **HOME),
        record("library", "1", "Shay", "Grantham", address="Flat 3, 40 Mill Lane", postcode="ZZ9 8YX"),
    ]
    before = first(tmp_path / "q1", apart)
    one, two = before.person("housing", "1"), before.person("library", "1")
    assert one != two
    known_now = record("library", "1", "Shanice", "Grant", dob=BORN, **HOME)
    after = following(tmp_path / "q2", before, [*apart[:2], known_now])
    kept = after.person("housing", "1")
    assert kept == after.person("library", "1")
    assert kept in (one, two)
    gone = ({one, two} - {kept}).pop()
    assert after.rows("person_changes") == [
        {"kind": "merge", "from_person": gone, "to_person": kept, "keys": 1, "recorded_on": LATER.extract_date}
    ]


def test_one_person_who_turns_out_to_be_two_is_a_recorded_split(tmp_path: Path) -> None:
    together = [
        record("housing", "1", "Jay", "Cole", dob=DAY(2014, 5, 6), **HOME),
        record("school", "1", "Jay", "Cole", dob=DAY(2014, 5, 6), **HOME),
        record("library", "1", "Jay", "Cole", dob=DAY(2014, 5, 6), **HOME),
    ]
    before = first(tmp_path / "q1", together)
    put_right = record("library", "1", "Marcus", "Cole", dob=DAY(2009, 11, 23), **HOME)
    after = following(tmp_path / "q2", before, [*together[:2], put_right])
    kept = before.person("housing", "1")
    assert after.person("housing", "1") == after.person("school", "1") == kept
    other = after.person("library", "1")
    assert other != kept
    assert after.rows("person_changes") == [
        {"kind": "split", "from_person": kept, "to_person": other, "keys": 1, "recorded_on": LATER.extract_date}
    ]


def test_only_what_is_new_is_compared_and_a_full_run_agrees(tmp_path: Path) -> None:
    before = first(tmp_path / "q1", street(40) + street(40, "library"))
    people = street(41) + street(41, "library")
    quick = following(tmp_path / "q2", before, people)
    whole = following(tmp_path / "q3", before, people, ResidentsConfig(retrain=True))
    fresh = first(tmp_path / "q4", people)
    assert 0 < quick.quality()["pairs_compared"] < fresh.quality()["pairs_compared"] / 4
    for name in ("record_person", "people", "families"):
        assert quick.rows(name) == whole.rows(name)


@pytest.mark.parametrize("part", ["condition", "missing", "label", "order", "chance", "learnt"])
def test_an_edited_model_is_never_run_and_the_model_is_learnt_again(part: str, tmp_path: Path) -> None:
    before = first(tmp_path / "q1", street(9) + street(9, "library"))
    path = before.run.root / "residents" / "model.json"
    document = read_json(path)
    levels = document["settings"]["comparisons"][0]["comparison_levels"]
    if part in ("condition", "missing"):
        levels[part == "condition"]["sql_condition"] = "error('executed')"
    elif part == "label":
        levels[1]["label_for_charts"] = "another"
    elif part == "order":
        levels[1], levels[2] = levels[2], levels[1]
    elif part == "chance":
        levels[1]["m_probability"] = "1 - error('executed')"
    else:
        document["learnt"].popitem()
    write_json(path, document)
    people = street(10) + street(10, "library")
    after = following(tmp_path / "q2", before, people)
    fresh = first(tmp_path / "q3", people)
    assert after.quality()["pairs_compared"] == fresh.quality()["pairs_compared"]
    for name in ("model.json", "index.json"):
        made, anew = (read_json(one.run.root / "residents" / name) for one in (after, fresh))
        assert made.get("settings") == anew.get("settings")
        assert made.get("evidence") == anew.get("evidence")


@pytest.mark.parametrize(
    "edited",
    [
        {"known_as": "often"},
        {"known_as": 2.0},
        {"known_as": None},
        {"grown_systems": [1]},
        {"evidence": [{"shared": "people", "moved": "beside", "matches": 3, "others": 1, "weight": "1; DROP"}]},
        {"evidence": None},
    ],
    ids="-".join,
)
def test_what_the_index_learnt_is_learnt_again_where_it_is_not_as_it_was_kept(
    edited: dict[str, Any], tmp_path: Path
) -> None:
    before = first(tmp_path / "q1", street(9) + street(9, "library"))
    path = before.run.root / "residents" / "index.json"
    write_json(path, {**read_json(path), **edited})
    people = street(10) + street(10, "library")
    after, fresh = following(tmp_path / "q2", before, people), first(tmp_path / "q3", people)
    made, anew = (read_json(one.run.root / "residents" / "index.json") for one in (after, fresh))
    assert [made[name] for name in ("evidence", "known_as", "grown_systems")] == [
        anew[name] for name in ("evidence", "known_as", "grown_systems")
    ]
    assert [after.person("library", str(n)) for n in range(9)] == [before.person("library", str(n)) for n in range(9)]


def test_a_system_that_is_gone_takes_only_its_own_people(tmp_path: Path) -> None:
    before = first(tmp_path / "q1", street(8) + street(8, "library") + street(3, "parks", 20))
    after = following(tmp_path / "q2", before, street(8))
    assert [after.person("housing", str(n)) for n in range(8)] == [before.person("housing", str(n)) for n in range(8)]
    assert len(after.rows("people")) == 8


def test_who_is_gone_for_a_quarter_comes_back_under_the_same_id(tmp_path: Path) -> None:
    before = first(tmp_path / "q1", street(8) + street(3, "parks", 20))
    without = following(tmp_path / "q2", before, street(8))
    write_json(without.run.root / "state" / "council.json", {"council": "council.toml", "name": COUNCIL.name})
    back = following(tmp_path / "q3", without, street(8) + street(4, "parks", 20))
    for number in (20, 21, 22):
        assert back.person("parks", str(number)) == before.person("parks", str(number))
    assert len(without.rows("keys_gone")) == 3
    assert back.rows("keys_gone") == []


def test_indexes_of_different_extracts_share_no_id(tmp_path: Path) -> None:
    one, two = first(tmp_path / "one", street(8)), first(tmp_path / "two", street(9, "parks"))
    assert not {row["person_id"] for row in one.rows("people")} & {row["person_id"] for row in two.rows("people")}


def test_an_index_that_would_give_an_id_twice_is_refused(tmp_path: Path) -> None:
    before = first(tmp_path / "q1", street(6))
    path = before.run.root / "residents" / "index.json"
    write_json(path, {**read_json(path), "people_issued": 0})
    with pytest.raises(UsageError, match="given to two"):
        following(tmp_path / "q2", before, street(7))


@pytest.mark.parametrize("name", ["residents/index.json", "identifiable/residents/versions.parquet"])
def test_a_damaged_previous_index_is_refused_in_plain_words(name: str, tmp_path: Path) -> None:
    before = first(tmp_path / "q1", street(6))
    (before.run.root / name).write_text("{}", encoding="utf-8")
    with pytest.raises(UsageError, match="damaged"):
        following(tmp_path / "q2", before, street(7))


@pytest.mark.parametrize(
    "edited",
    [
        {"people_issued": "7"},
        {"people_issued": 7.0},
        {"families_issued": -1},
        {"salt": None},
        {"extract_date": 20260101},
    ],
    ids=str,
)
def test_an_index_edited_by_hand_is_refused_in_plain_words(edited: dict[str, Any], tmp_path: Path) -> None:
    before = first(tmp_path / "q1", street(6))
    path = before.run.root / "residents" / "index.json"
    write_json(path, {**read_json(path), **edited})
    with pytest.raises(UsageError, match="damaged"):
        following(tmp_path / "q2", before, street(7))


def test_evidence_without_bounds_is_no_evidence() -> None:
    row = {"shared": "people", "moved": "beside", "matches": 3, "others": 1}
    assert is_evidence([{**row, "weight": 2.5}])
    assert not is_evidence([{**row, "weight": float("inf")}])


def test_an_index_of_another_version_is_refused_in_plain_words(tmp_path: Path) -> None:
    before = first(tmp_path / "q1", street(6))
    write_json(before.run.root / "residents" / "model.json", [])
    with pytest.raises(UsageError, match="another version"):
        following(tmp_path / "q2", before, street(7))
    write_json(before.run.root / "residents" / "model.json", {})
    path = before.run.root / "identifiable" / "residents" / "versions.parquet"
    pq.write_table(pq.read_table(path).drop_columns(["aliased"]), path)
    with pytest.raises(UsageError, match="another version"):
        following(tmp_path / "q3", before, street(7))


@pytest.mark.parametrize("changed", ["without", "of another kind"])
def test_an_index_from_before_all_of_it_was_compared_is_matched_afresh_and_everyone_keeps_the_id(
    changed: str, tmp_path: Path
) -> None:
    before = first(tmp_path / "q1", street(9) + street(9, "library"))
    path = before.run.root / "identifiable" / "residents" / "versions.parquet"
    table = pq.read_table(path)
    older = table.drop_columns(["middle"])
    if changed == "of another kind":
        older = older.append_column("middle", pa.array([7] * table.num_rows))
    pq.write_table(older, path)
    people = street(10) + street(10, "library")
    after, fresh = following(tmp_path / "q2", before, people), first(tmp_path / "q3", people)
    assert after.quality()["pairs_compared"] == fresh.quality()["pairs_compared"]
    assert [after.person("library", str(n)) for n in range(9)] == [before.person("library", str(n)) for n in range(9)]


@pytest.mark.parametrize("content", [None, "", "{}", "[]", '{"name": 7}', b"\xff"])
def test_a_previous_run_that_does_not_say_whose_it_is_is_refused(content: str | bytes | None, tmp_path: Path) -> None:
    before = first(tmp_path / "q1", street(3))
    path = before.run.root / "state" / "council.json"
    path.unlink()
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UsageError, match="does not say which council"):
        following(tmp_path / "q2", before, street(3))


def test_a_family_keeps_its_id_when_a_child_is_born_into_it(tmp_path: Path) -> None:
    def claim(*children: str) -> dict[str, Any]:
        members = [member("benefits", "benefit_claim", "C1", "m", "Claimant")]
        members += [member("benefits", "benefit_claim", "C1", child, "Child") for child in children]
        return {"groups": members}

    people = [
        record("benefits", "a-child", "Amina", "Warsame", dob=DAY(2023, 2, 3), **HOME),
        record("benefits", "m", "Hodan", "Warsame", dob=DAY(1990, 4, 5), **HOME),
        record("benefits", "s", "Sami", "Warsame", dob=DAY(2016, 7, 9), **HOME),
    ]
    before = first(tmp_path / "q1", people[1:], **claim("s"))
    after = following(tmp_path / "q2", before, people, **claim("s", "a-child"))
    (family,) = before.families_of(before.person("benefits", "s"))
    assert after.families_of(after.person("benefits", "a-child")) == {family}
    assert after.rows(FAMILY_CHANGES.name) == []


def test_the_id_of_a_family_that_ended_is_never_given_again(tmp_path: Path) -> None:
    def household(name: str, mother: str, child: str, number: int) -> tuple[list[Row], list[Row]]:
        home = {"address": f"{3 * number} {mother} Road", "postcode": f"ZZ{number} 2AB"}
        people = [
            record("benefits", f"{name}-m", mother, name, dob=DAY(1980 + number, number, 5 + number), **home),
            record("benefits", f"{name}-s", child, name, dob=DAY(2010 + number, 2 + number, 20 - number), **home),
        ]
        roles = (("m", "Claimant"), ("s", "Child"))
        return people, [member("benefits", "benefit_claim", name, f"{name}-{one}", role) for one, role in roles]

    def quarter(*households: tuple[list[Row], list[Row]]) -> tuple[list[Row], list[Row]]:
        return [row for people, _ in households for row in people], [row for _, rows in households for row in rows]

    stays, dies, born = (
        *(household("Warsame", "Hodan", "Sami", 1), household("Petrova", "Olga", "Ivan", 4)),
        household("Mensah", "Esi", "Kwabena", 7),
    )
    people, groups = quarter(stays, dies)
    made = [first(tmp_path / "q1", people, groups=groups)]
    for number, households in enumerate([(stays,), (stays, born), (stays, born, dies)], start=2):
        people, groups = quarter(*households)
        made.append(following(tmp_path / f"q{number}", made[-1], people, groups=groups))
        shutil.copytree(made[0].run.root / "state", made[-1].run.root / "state", dirs_exist_ok=True)
    (ended,) = made[0].families_of(made[0].person("benefits", "Petrova-s"))
    (newborn,) = made[2].families_of(made[2].person("benefits", "Mensah-s"))
    (stayed,) = made[0].families_of(made[0].person("benefits", "Warsame-s"))
    (back,) = made[3].families_of(made[3].person("benefits", "Petrova-s"))
    assert len({stayed, ended, newborn, back}) == 4
    assert [{row["family_id"] for row in one.rows("families")} for one in made] == [
        *({stayed, ended}, {stayed}, {stayed, newborn}, {stayed, newborn, back}),
    ]
    issued = [read_json(one.run.root / "residents" / "index.json")["families_issued"] for one in made]
    assert issued == [2, 2, 3, 4]


def test_a_run_without_a_usable_previous_index_is_refused(tmp_path: Path) -> None:
    before = first(tmp_path / "q1", street(3))
    write_json(before.run.root / "state" / "council.json", {"council": "x.toml", "name": "Elsewhere"})
    with pytest.raises(UsageError, match="Elsewhere"):
        following(tmp_path / "q2", before, street(3))
    write_json(before.run.root / "state" / "council.json", {"council": "x.toml", "name": COUNCIL.name})
    with pytest.raises(UsageError, match="its own previous"):
        following(before.run.root, before, street(3))
    shutil.rmtree(before.run.root / "identifiable" / "residents")
    with pytest.raises(UsageError, match="holds no residents index"):
        following(tmp_path / "q3", before, street(3))


def test_extracts_older_than_the_previous_ones_are_refused(tmp_path: Path) -> None:
    before = first(tmp_path / "q1", street(3))
    path = before.run.root / "residents" / "index.json"
    write_json(path, {**read_json(path), "extract_date": "2027-01-01"})
    with pytest.raises(UsageError, match="2027-01-01"):
        following(tmp_path / "q2", before, street(3))


def test_the_same_quarter_twice_has_the_same_bytes_though_the_previous_run_is_gone(tmp_path: Path) -> None:
    before = first(tmp_path / "q1", street(9))
    once = following(tmp_path / "q2", before, street(10))
    first_bytes = {p.name: p.read_bytes() for p in (once.run.root / "identifiable" / "residents").glob("*.parquet")}
    shutil.rmtree(before.run.root)
    run_stage(STAGE, once.run.root, council=LATER)
    again = {p.name: p.read_bytes() for p in (once.run.root / "identifiable" / "residents").glob("*.parquet")}
    assert again == first_bytes
