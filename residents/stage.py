"""The residents stage: from the systems' records to people, homes and families."""

from __future__ import annotations

from dataclasses import asdict

import duckdb

from residents.config import ResidentsConfig
from residents.families.families import families, make_families
from residents.families.picture import family_picture
from residents.families.services import service_groups
from residents.homes.addresses import find_homes
from residents.homes.residence import make_spells, residence_spells, version_spells
from residents.homes.sightings import read_sightings
from residents.index import (
    INDEX_DOCUMENT,
    MODEL_DOCUMENT,
    Learnt,
    carry_families,
    fetch_previous,
    index_versions,
    known_model,
    make_persons,
    new_salt,
    open_previous,
    previous_files,
    settle,
)
from residents.joining.clustering import Clusters, Tie
from residents.joining.households import Evidence, ask_households, household_links
from residents.joining.known_as import known_as_links
from residents.joining.links import join_further, join_versions, make_grown_systems
from residents.joining.people import make_people, make_pseudonyms, people, protected, record_person
from residents.joining.vouched import vouched_links
from residents.matching.blocking import make_pairs
from residents.matching.engines import score_on
from residents.matching.standardise import standardise
from residents.matching.training import Model, fit
from residents.matching.versions import make_versions
from residents.quality.checks import check_blocking, forget_stopped, keep_stopped, refuse_unfit_people
from residents.quality.completeness import make_found
from residents.quality.document import blocking_counts, quality_document
from residents.quality.linkage import linkage_document, make_linkage
from residents.quality.losses import losses, systems_gone
from residents.quality.review import review_pairs
from residents.tables import (
    FAMILIES,
    FAMILY_CHANGES,
    KEYS_GONE,
    PEOPLE,
    PERSON_CHANGES,
    PROTECTED,
    PSEUDONYMS,
    RECORD_PERSON,
    RESIDENCE_SPELLS,
    REVIEW_PAIRS,
    SERVICE_GROUPS,
    TABLES,
    VERSIONS,
)
from sources.tables import ADDRESSES, GROUP_MEMBERS, PERSON_RECORDS, RELATIONSHIPS
from store.errors import InputRejected
from store.keys import Purpose
from store.run_folder import connect
from store.workspace import Stage, Workspace

_INPUTS = (PERSON_RECORDS, ADDRESSES, GROUP_MEMBERS, RELATIONSHIPS)
_STEPS = 7
# What nothing needs any more once there are people, so that the tables of all steps need not be held at once.
_MATCHED = """
DROP TABLE pairs; DROP TABLE block_keys; DROP VIEW links; DROP TABLE traits; DROP TABLE place_traits;
DROP TABLE asked_subjects; DROP TABLE version_spells
"""


def run(work: Workspace) -> None:
    con = work.connect()
    forget_stopped(work.run)
    try:
        _make_index(work, con)
    except InputRejected as error:
        keep_stopped(con, work.run, error)
        raise


def _make_index(work: Workspace, con: duckdb.DuckDBPyConnection) -> None:
    config = work.section(ResidentsConfig)
    for table in _INPUTS:
        con.read_parquet(str(work.path(table))).create_view(table.name)
    previous = open_previous(con, work)
    with work.task("Matching people and making families", _STEPS) as task:
        standardise(con, work.council.extract_date)
        find_homes(con)
        task.advance()
        make_versions(con, config.shared_identifier)
        read_sightings(con, work.council.extract_date, config.snapshot_days)
        model = None if config.retrain else known_model(previous)
        taken_over = previous if model else None
        settle(con, taken_over)
        make_pairs(con, config.largest_block)
        recall = check_blocking(con, config)
        task.advance()
        model = model or _learn(work, con, config)
        links = score_on(config.engine, con, model, config.match_probability, work.settings, work.scratch)
        task.advance()
        known = taken_over.learnt if taken_over else None
        grown = make_grown_systems(con, known.grown_systems if known else None)
        joined = join_versions(con, links)
        joined, evidence, known_as = _join_by_households(work, con, config, model, joined, known)
        refuse_unfit_people(con, config)
        task.advance()
        salt = previous.salt if previous else new_salt(con, work.council.extract_date)
        index = make_persons(con, work.keys(Purpose.PERSON), previous, work.council.extract_date, salt)
        index |= asdict(Learnt(evidence, known_as, grown))
        make_people(con)
        make_linkage(con, model.settings, config, work.settings.seed, work.council.extract_date)
        blocking = blocking_counts(con, config.largest_block)
        con.execute(_MATCHED)
        make_spells(con, config.bridge_days, config.communal_people)
        task.advance()
        make_families(con, config, work.council.covers_from, work.council.extract_date)
        index |= carry_families(con, work.keys(Purpose.PERSON), previous, work.council.extract_date, salt)
        task.advance()
        make_found(con, work.council.extract_date)
        _write(work, con)
        document = quality_document(con, model.document(), joined.refused, blocking, work.council.extract_date)
        document["families"] |= family_picture(con, config, work.council.extract_date)
        document["losses"] = [*losses(con), *(systems_gone(con) if previous else ())]
        work.write_document(MODEL_DOCUMENT, model.parameters())
        work.write_document(INDEX_DOCUMENT, index)
        work.write_document("residents/quality.json", document)
        linkage = linkage_document(con, model.document(), config, joined.refused, recall)
        work.write_document("residents/linkage.json", linkage)
        task.advance()


def _learn(work: Workspace, con: duckdb.DuckDBPyConnection, config: ResidentsConfig) -> Model:
    """The model, learnt on one thread."""
    single = connect(work.settings.model_copy(update={"threads": 1}), work.scratch / "spill_training")
    with single:
        return fit(con, single, config, work.settings.seed)


def _join_by_households(
    work: Workspace,
    con: duckdb.DuckDBPyConnection,
    config: ResidentsConfig,
    model: Model,
    joined: Clusters,
    known: Learnt | None,
) -> tuple[Clusters, Evidence, float]:
    """Join what households speak for, and what that and known-as names weigh, which is learnt when the model is."""
    ask_households(con)
    version_spells(con, config.bridge_days, config.communal_people)
    links, evidence = household_links(
        con, model, config.match_probability, work.settings.seed, known.evidence if known else None
    )
    joined = join_further(con, joined, links, Tie.SCORED)
    links, known_as = known_as_links(con, config.match_probability, known.known_as if known else None)
    joined = join_further(con, joined, links, Tie.KNOWN_AS)
    vouched = vouched_links(con, work.council.extract_date, config.communal_people)
    return join_further(con, joined, vouched, Tie.VOUCHED), evidence, known_as


def _write(work: Workspace, con: duckdb.DuckDBPyConnection) -> None:
    keys = work.keys(Purpose.ANALYSIS)
    for kind, sql in (
        ("person", "SELECT person_id FROM people ORDER BY person_id"),
        ("family", "SELECT DISTINCT family_id FROM families ORDER BY family_id"),
    ):
        make_pseudonyms(con, keys, kind, [row[0] for row in con.execute(sql).fetchall()])
    work.write(RECORD_PERSON, record_person(con))
    work.write(VERSIONS, index_versions(con))
    work.write(KEYS_GONE, con.sql("FROM keys_gone ORDER BY source, subject_id, person_id"))
    work.write(PERSON_CHANGES, con.sql("FROM person_changes ORDER BY from_person, to_person"))
    work.write(PEOPLE, people(con))
    work.write(PROTECTED, protected(con))
    work.write(RESIDENCE_SPELLS, residence_spells(con))
    work.write(FAMILIES, families(con))
    work.write(SERVICE_GROUPS, service_groups(con))
    work.write(FAMILY_CHANGES, con.sql("FROM family_changes ORDER BY from_family, to_family"))
    work.write(REVIEW_PAIRS, review_pairs(con))
    work.write(
        PSEUDONYMS,
        con.sql(
            "SELECT 'family' AS kind, id, pseudonym FROM family_pseudonyms "
            "UNION ALL SELECT 'person', id, pseudonym FROM person_pseudonyms ORDER BY kind, id"
        ),
    )


STAGE = Stage(
    name="residents",
    room="residents",
    reads=_INPUTS,
    writes=TABLES,
    sections=(ResidentsConfig,),
    run=run,
    purposes=(Purpose.PERSON, Purpose.ANALYSIS),
    external_files=previous_files,
    fetch=fetch_previous,
)
