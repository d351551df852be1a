"""What featuretools takes for the counts and totals it can express, at every as-of date and window.

Run by the interpreter of an environment of its own, which has nothing of the project's: ``python by_featuretools.py
JOB``, a JSON file with the folder of a sample, the as-of dates and the windows. The processor and wall seconds of
`featuretools.dfs` alone, and how many columns it made, go into ``answer``.

Its rows are visible by their event date alone and belong to one person or tenancy for good: recorded dates, families
and what children have in common it leaves out, and what is left is still the bulk of the rows.
"""

import json
import sys
import time
import warnings
from pathlib import Path

import featuretools as ft
import pandas as pd

warnings.filterwarnings("ignore")
TABLES = {
    "attendance": ("person", {"statistical_class": ["authorised", "unauthorised", "present"], "code": ["I", "L", "U"]}),
    "rent": ("tenancy", {"kind": ["rent", "payment", "housing_benefit", "universal_credit", "returned_payment"]}),
}
PRIMITIVES = {"attendance": ["count"], "rent": ["count", "sum"]}


def main() -> None:
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    wall, cpu, columns = time.perf_counter(), time.process_time(), 0
    for name, (owner, coded) in TABLES.items():
        rows = pd.read_parquet(Path(job["folder"]) / f"{name}.parquet")
        entities = entity_set(name, owner, coded, rows)
        asked = pd.MultiIndex.from_product([rows[owner].unique(), pd.to_datetime(job["as_of"])])
        times = pd.DataFrame({owner: asked.get_level_values(0), "time": asked.get_level_values(1)})
        for days in job["windows"]:
            matrix, _ = ft.dfs(
                entityset=entities,
                target_dataframe_name=owner,
                agg_primitives=PRIMITIVES[name],
                where_primitives=PRIMITIVES[name],
                trans_primitives=[],
                cutoff_time=times,
                training_window=f"{days} days",
                include_cutoff_time=False,
                n_jobs=1,
            )
            columns += matrix.shape[1]
    answer = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "columns": columns}
    Path(job["answer"]).write_text(json.dumps(answer), encoding="utf-8")


def entity_set(name: str, owner: str, coded: dict[str, list[str]], rows: pd.DataFrame) -> ft.EntitySet:
    """One table of events and those they are about; a feature is made for each value of a coded column."""
    entities = ft.EntitySet(name)
    entities.add_dataframe(
        dataframe_name=name,
        dataframe=rows.assign(event_date=pd.to_datetime(rows["event_date"])),
        index="row",
        make_index=True,
        time_index="event_date",
        logical_types=dict.fromkeys(coded, "Categorical"),
    )
    entities.normalize_dataframe(name, owner, owner, make_time_index=False)
    for column, codes in coded.items():
        entities.add_interesting_values(dataframe_name=name, values={column: codes})
    return entities


main()
