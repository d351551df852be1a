"""The same matching on Spark and on DuckDB."""

from __future__ import annotations

import random
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from residents import stage
from residents.config import ResidentsConfig
from residents.matching.dialect import columns_of, spark_condition, spark_settings
from residents.matching.engines import score_on
from residents.matching.model import COMPARISONS, settings
from residents.matching.spark import splink_on_spark
from residents.tables import TABLES, VERSIONS
from store.council import Engine, RunSettings
from store.errors import UsageError
from store.spark import require_engine
from tests.residents.messy import messy_people
from tests.residents.rooms import Index, index

SETTINGS = settings(COMPARISONS, 0.001, frequencies=True)
LETTERS = "aabbcdeé-'"
WORDS = ("ann", "anne", "lee", "leé", "a", None)
"""A few words that every column of texts may hold, so that a name also stands in another name's place."""


def conditions() -> dict[str, str]:
    """Every condition of the model, for DuckDB, by comparison and level."""
    return {
        f"{comparison['output_column_name']}: {level['label_for_charts']}": level["sql_condition"]
        for comparison in SETTINGS["comparisons"]
        for level in comparison["comparison_levels"]
        if level["sql_condition"] != "ELSE"
    }


# --- without Spark ---------------------------------------------------------------------------------------


def test_every_condition_of_the_model_can_be_said_to_spark() -> None:
    assert len(conditions()) > 20
    lists = frozenset({"homes", "postcodes", "surname_words", "name_groups"})
    for condition in conditions().values():
        assert spark_condition(condition, lists)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("ELSE", "ELSE"),
        ("list_has_any(homes_l, homes_r)", "ARRAYS_OVERLAP(homes_l, homes_r)"),
        ("len(homes_l) = 0", "SIZE(homes_l) = 0"),
        ("length(forename_l) = 1", "LENGTH(forename_l) = 1"),
        ("upn_l SIMILAR TO '.*[A-Z]|x'", "upn_l RLIKE '^(?:.*[A-Z]|x)$'"),
        ("damerau_levenshtein(upn_l, upn_r) = 1", "SLIPS(upn_l, upn_r) = 1"),
    ],
)
def test_what_the_engines_say_otherwise(written: str, said: str) -> None:
    assert spark_condition(written, frozenset({"homes"})).upper() == said.upper()


@pytest.mark.parametrize("unknown", ["hash(a_l) = hash(a_r)", "editdist3(a_l, a_r) < 2", "a_l SIMILAR TO a_r"])
def test_what_might_mean_another_thing_to_spark_is_refused(unknown: str) -> None:
    with pytest.raises(NotImplementedError):
        spark_condition(unknown)


def test_without_the_package_or_java_the_message_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    require_engine(Engine.DUCKDB)
    monkeypatch.setattr("store.spark.find_spec", lambda name: None)
    with pytest.raises(UsageError, match="pyspark") as caught:
        require_engine(Engine.SPARK)
    assert "requirements-spark.lock" in caught.value.fix
    monkeypatch.setattr("store.spark.find_spec", lambda name: name)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="no Java") as caught:
        require_engine(Engine.SPARK)
    assert "openjdk-17-jre-headless" in caught.value.fix
    java = tmp_path / "java"
    java.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n")
    java.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    with pytest.raises(UsageError, match="too old"):
        require_engine(Engine.SPARK)


def test_the_settings_are_the_same_but_for_the_conditions() -> None:
    translated = spark_settings(SETTINGS, frozenset())
    for one, two in zip(SETTINGS["comparisons"], translated["comparisons"]):
        for level, other in zip(one["comparison_levels"], two["comparison_levels"]):
            assert {**level, "sql_condition": ""} == {**other, "sql_condition": ""}
    assert {**translated, "comparisons": []} == {**SETTINGS, "comparisons": []}


# --- with Spark ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Matched:
    """A messy borough's index made with one engine, and the links that it was made from."""

    index: Index
    links: dict[tuple[int, int], tuple[float, float]]


@pytest.fixture(scope="module")
def matched(tmp_path_factory: pytest.TempPathFactory) -> dict[Engine, Matched]:
    """The same records matched with each engine."""
    found = {}
    for engine in Engine:
        caught: list[pa.Table] = []

        def catching(*given: Any, caught: list[pa.Table] = caught) -> pa.Table:
            caught.append(score_on(*given))
            return caught[-1]

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(stage, "score_on", catching)
            folder = tmp_path_factory.mktemp("a run, of one engine's")
            made = index(folder, messy_people(700, seed=5), ResidentsConfig(engine=engine, blocking_recall_floor=0))
        links = {
            (row["version_l"], row["version_r"]): (row["weight"], row["probability"])
            for table in caught
            for row in table.to_pylist()
        }
        found[engine] = Matched(made, links)
    return found


@pytest.mark.spark
def test_both_engines_find_the_same_links(matched: dict[Engine, Matched]) -> None:
    one, two = (matched[engine].links for engine in Engine)
    assert len(one) > 1_000
    assert one.keys() == two.keys()
    for pair, (weight, probability) in one.items():
        assert two[pair] == (pytest.approx(weight, abs=2e-4), pytest.approx(probability, abs=2e-6))


@pytest.mark.spark
def test_both_engines_make_the_same_people_and_families(matched: dict[Engine, Matched]) -> None:
    one, two = (matched[engine].index for engine in Engine)
    assert len({row["person_id"] for row in one.rows("people")}) > 500
    for table in TABLES:
        assert _rounded(one.rows(table.name)) == _rounded(two.rows(table.name)), table.name
    left_behind = [path for path in (two.run.root / ".staging").rglob("*") if path.is_file()]
    assert left_behind == []


def _rounded(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {name: round(value, 3) if isinstance(value, float) else value for name, value in row.items()} for row in rows
    ]


@pytest.mark.spark
def test_every_condition_holds_for_the_same_pairs_on_both_engines(
    matched: dict[Engine, Matched], tmp_path: Path
) -> None:
    """On real pairs, on pairs of columns thrown together at random, on random texts and on nulls."""
    con = duckdb.connect()
    versions = con.read_parquet(str(matched[Engine.DUCKDB].index.run.path(VERSIONS))).select(
        ", ".join(columns_of(SETTINGS))
    )
    pairs = _pairs(versions.to_arrow_table(), random.Random(3))
    pq.write_table(pairs, tmp_path / "pairs.parquet")
    con.register("pairs", pairs)
    lists = frozenset(name for name, kind in zip(versions.columns, versions.types) if kind.id == "list")
    said = {name: spark_condition(condition, lists) for name, condition in conditions().items()}
    with splink_on_spark(RunSettings(), tmp_path / "work", parts=2) as api:
        frame = api.spark.read.parquet(str(tmp_path / "pairs.parquet"))
        found = frame.selectExpr("pair", *[f"coalesce({text}, false) AS `{name}`" for name, text in said.items()])
        found.write.parquet(str(tmp_path / "found"))
        process = api.spark.sparkContext._gateway.proc
        assert api.spark.sparkContext.uiWebUrl is None
        assert process.poll() is None
    assert process.poll() is not None, "Spark is still running"
    theirs = con.read_parquet(str(tmp_path / "found" / "*.parquet")).order("pair").to_arrow_table()
    ours = con.sql(
        "SELECT pair, "
        + ", ".join(f'coalesce({text}, false) AS "{name}"' for name, text in conditions().items())
        + " FROM pairs ORDER BY pair"
    ).to_arrow_table()
    assert ours.num_rows == theirs.num_rows > 20_000
    for name in said:
        held = ours[name].to_pylist()
        differing = [pair for pair, (x, y) in enumerate(zip(held, theirs[name].to_pylist())) if x != y]
        assert differing == [], f"{name}: {[pairs.slice(p, 1).to_pylist() for p in differing[:3]]}"
        assert any(held), f"{name} never held, so that nothing was shown of it"


def _pairs(versions: pa.Table, draw: random.Random) -> pa.Table:
    """Half of them versions as they are, next to each other or nearly; half with every column drawn for itself."""
    size, real, total = versions.num_rows, 12_000, 24_000
    left = [draw.randrange(size) for _ in range(real)]
    right = [min(place + draw.randrange(3), size - 1) for place in left]
    columns: dict[str, pa.Array] = {"pair": pa.array(range(total))}
    for name in versions.column_names:
        held, kind = versions[name].to_pylist(), versions[name].type
        drawn = [_two_values(held, pa.types.is_string(kind), draw) for _ in range(real, total)]
        columns[f"{name}_l"] = pa.array([held[place] for place in left] + [one for one, _ in drawn], kind)
        columns[f"{name}_r"] = pa.array([held[place] for place in right] + [two for _, two in drawn], kind)
    return pa.table(columns)


def _two_values(held: list[Any], texts: bool, draw: random.Random) -> tuple[Any, Any]:
    if texts and draw.random() < 0.3:
        return draw.choice(WORDS), draw.choice(WORDS)
    if texts and draw.random() < 0.6:
        text = "".join(draw.choice(LETTERS) for _ in range(draw.randint(1, 12)))
        return text, draw.choice((_another(text, draw), _another(text, draw), None))
    one = draw.choice(held)
    return one, draw.choice((one, draw.choice(held)))


def _another(text: str, draw: random.Random) -> str:
    letters = list(text)
    for _ in range(draw.randrange(4)):
        place = draw.randrange(len(letters) + 1)
        if draw.random() < 0.5:
            letters.insert(place, draw.choice(LETTERS))
        else:
            letters[place : place + 2] = reversed(letters[place : place + 2])
    return "".join(letters)


@pytest.mark.spark
def test_a_spark_that_dies_is_told_as_lack_of_memory(tmp_path: Path) -> None:
    with (
        pytest.raises(UsageError, match="ended before it was done") as caught,
        splink_on_spark(RunSettings(threads=1), tmp_path / "work", parts=1) as api,
    ):
        process: subprocess.Popen[bytes] = api.spark.sparkContext._gateway.proc
        process.kill()
        process.wait()
        api.spark.sql("SELECT 1").collect()
    assert caught.value.where == "[run] memory_gb"
