"""``[residents]``: how people are matched and families made.

The defaults come from principle, or from the FEBRL benchmarks where that is said; none is fitted to one council.
"""

from __future__ import annotations

from pydantic import Field

from store.council import Engine, Section


class ResidentsConfig(Section):
    """``[residents]``"""

    engine: Engine = Field(
        Engine.DUCKDB,
        description="Where pairs of records are compared and scored. Spark needs the extra spark and Java 17; the "
        "same model gives the same people there, and costs more on one machine. `--engine` on the command line "
        "goes before it.",
    )
    match_probability: float = Field(
        0.5,
        gt=0,
        lt=1,
        description="Least probability at which two records may be joined. Clusters that conflict stay apart anyway, "
        "so the even chance serves: on FEBRL 3 and 4 F1 moves by .003 between 0.1 and 0.99.",
    )
    retrain: bool = Field(
        False,
        description="Whether to learn the matching model afresh although the previous run has one. Every record is "
        "then matched again; people keep their ids.",
    )
    train_minimum: int = Field(
        1_000,
        ge=100,
        description="Identity versions below which the stated parameters serve, as there is too little to learn from. "
        "Above it they serve for whatever fewer than 200 near-certain pairs show.",
    )
    train_sample: int = Field(2_500, ge=500, description="Identity versions whose pairs give chance agreement.")
    train_pairs: int = Field(400_000, ge=10_000, description="Pairs each training round may use.")
    train_coverage: float = Field(
        0.02, ge=0, le=1, description="Share of versions that must hold a field for it to be learnt."
    )
    largest_block: int = Field(
        2_000, ge=10, description="Records one blocking key may bring together; a larger block says nothing."
    )
    largest_cluster: int = Field(
        150,
        ge=10,
        description="Systems' own keys in one person above which the index is not fit to publish. A dozen systems "
        "with several keys each, such as one for each incident, stay well below it.",
    )
    blocking_recall_floor: float = Field(
        0.7,
        ge=0,
        le=1,
        description="Least share of known true pairs that blocking must bring together. An index that is known to be "
        "under it is not published: a pair that is never compared is missed whatever the model. A large system that "
        "holds no birth dates costs a quarter of the pairs, and that is an honest extract, told on the linkage page; "
        "columns of names or dates mapped wrongly cost far more.",
    )
    shared_identifier: int = Field(
        6, ge=2, description="Different people under one UPN, email or telephone above which it identifies nobody."
    )
    bridge_days: int = Field(28, ge=0, description="A gap in evidence up to this long does not end a residence.")
    snapshot_days: int = Field(
        400,
        ge=1,
        description="Most days that a sighting without an end date lasts: a year, which is how often most systems are "
        "brought up to date, and a term's grace. Where a system tells of the same people more often, its own rhythm "
        "sets fewer.",
    )
    parted_days: int = Field(
        182,
        ge=1,
        description="Days that a child and a carer must be known apart before they count as parted. Systems hear of "
        "one move at different times; half a year gives each of them a term to say so.",
    )
    communal_people: int = Field(
        15, ge=5, description="People at one address at once above which it is communal, whatever the gazetteer says."
    )
    largest_family: int = Field(
        20,
        ge=5,
        description="People in one of a service's groups above which it is no family, but a placeholder or a caseload, "
        "and ties nobody; and members of a family above which it is counted as implausible.",
    )
    parent_youngest: int = Field(15, ge=10, description="Fewest years between parent and child.")
    parent_oldest: int = Field(55, ge=30, description="Most years between parent and child.")
    lived_together_days: int = Field(
        28, ge=1, description="Days an adult and a child must share a home for it to count."
    )
