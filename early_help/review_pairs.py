"""`early-help review-pairs`: pairs of records for a person to judge, and what the answers say of the index."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from early_help.status import require_run
from reports import text
from residents.lookup.access_log import Reader, log_access
from residents.quality.clerical import draw_sheet, read_answers, write_sheet
from residents.quality.judgement import REVIEW, judge
from store.errors import UsageError
from store.files import write_json

console = Console(highlight=False)

_LEAST, _MOST = 20, 1_100


def review_pairs(
    run_folder: Annotated[str, typer.Argument(metavar="RUN", help="A folder that `early-help run` wrote.")],
    sample: Annotated[
        int | None, typer.Option("--sample", min=_LEAST, max=_MOST, help="How many pairs to write to --out.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE.csv", help="Where to write them: personal data.")
    ] = None,
    reader: Annotated[
        str | None, typer.Option("--as", metavar="NAME", help="Who takes the pairs; it is logged.")
    ] = None,
    reason: Annotated[
        str | None, typer.Option("--reason", metavar="TEXT", help="Why; logged, so name nobody in it.")
    ] = None,
    answers: Annotated[
        Path | None, typer.Option("--answers", metavar="FILE.csv", help="The same file, with same_person filled in.")
    ] = None,
) -> None:
    """Write pairs near the threshold for a person to judge, or read the answers: precision and recall.

    Pairs are written once `early-help resident log` holds who took them and why.
    """
    run = require_run(run_folder)
    if answers is not None:
        if sample is not None or out is not None:
            raise UsageError(
                "Pairs are either written or read.", where="--answers", fix="Leave --sample and --out away."
            )
        document = judge(run, read_answers(run, answers))
        write_json(run.root / REVIEW, document)
        _tell(document)
        return
    if sample is None or out is None:
        raise UsageError(
            "Nothing was asked for.",
            where="--sample, --out, --answers",
            fix="Say --sample N --out FILE.csv --as NAME --reason TEXT to write pairs, or --answers FILE.csv to read "
            "what was said of them.",
        )
    who = Reader(reader or "", reason or "")
    sheet = draw_sheet(run, sample, out)
    log_access(run, who, "review pairs", ["sample"], people=len(sheet.people), shown=list(sheet.people))
    write_sheet(sheet, out)
    console.print(
        f"{sheet.pairs} pairs written to {out}. It holds personal data: only you may read it, so keep it where such "
        "data may lie, and delete it when it has been read back.\n"
        "Next: write yes, no or unsure under same_person, from what the two records say and from nothing else; leave "
        f"empty what you have not looked at. Then: early-help review-pairs {run_folder} --answers {out}",
        markup=False,
        soft_wrap=True,
    )


def _tell(document: dict[str, Any]) -> None:
    unsure = text.counted(document["unsure"], "pair", "pairs")
    lines = [f"{text.counted(document['judged'], 'pair', 'pairs').capitalize()} judged, {unsure} unsure.", ""]
    for title, name, meaning in (
        ("Precision", "precision", "of the pairs that the index joined, those that are one person"),
        ("Recall", "recall", "of the compared pairs that are one person, those that the index joined"),
        ("Recall of all", "recall_of_all", "the same times the share of true pairs that blocking brings together"),
    ):
        found = document[name]
        if found is None:
            lines.append(f"{title}: cannot tell.")
        else:
            between = text.between(found["low"], found["high"])
            lines.append(f"{title}: {text.share(found['value'])} ({between}), {meaning}.")
    if document["unjudged"]:
        kinds = [one["title"] for one in document["strata"] if one["name"] in document["unjudged"]]
        lines.append(f"No pair was judged of these kinds: {'; '.join(kinds)}. Judge some of each to have both figures.")
    lines += ["", "Run the job again to have this on reports/linkage.html."]
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)
