"""What the stage writes, for whom, and that it is the same every time."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from early_help.fingerprint import stage_inputs
from fairness_audits.gate import open_released
from features.tables import FAMILY_FEATURES
from models.tables import SCORES
from reports.opening import flagged_cases
from reports.reading import audit_facts, target_facts
from reports.stage import STAGE
from store.council import RunSettings
from store.errors import Withheld
from store.files import read_json, write_json
from store.run_folder import RunFolder
from store.workspace import NotDeclared, Workspace
from tests.reports.pages import Page
from tests.reports.samples import (
    CAPACITY,
    CHILD_TARGET,
    EXPIRES,
    FAMILY_TARGET,
    TODAY,
    audit,
    evaluation,
    on_day,
    release,
)
from tests.support import COUNCIL, KEYS, SilentProgress, run_stage


def report(run: RunFolder, today: dt.date = TODAY) -> Path:
    with on_day(today):
        run_stage(STAGE, run.root)
    return run.root / "reports"


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*.html"))}


def page(run: RunFolder, relative: str) -> Page:
    return Page((run.root / "reports" / relative).read_text(encoding="utf-8"))


def test_only_a_released_target_has_a_pack(reported: RunFolder) -> None:
    assert set(files(reported.root / "reports")) == {
        "index.html",
        "data_quality.html",
        "linkage.html",
        "feature_catalogue.html",
        "chain.html",
        "transparency.html",
        f"{FAMILY_TARGET}/model_card.html",
        f"{CHILD_TARGET}/model_card.html",
        f"{FAMILY_TARGET}/fairness.html",
        f"{FAMILY_TARGET}/explanation.html",
        f"{FAMILY_TARGET}/explanation_cover.html",
        f"{CHILD_TARGET}/fairness.html",
    }


def test_the_index_says_why_a_target_is_withheld_and_what_to_do(reported: RunFolder) -> None:
    text = page(reported, "index.html").text
    assert "Withheld" in text and "Why it is withheld: Nobody has approved the release." in text
    assert "What to do: Two people of different roles" in text
    assert f"{CHILD_TARGET}/explanation.html" not in str(page(reported, "index.html").elements)


def test_a_pack_goes_when_its_release_lapses(run: RunFolder) -> None:
    release(run, FAMILY_TARGET)
    pack = report(run) / FAMILY_TARGET / "explanation.html"
    cover = pack.with_name("explanation_cover.html")
    assert pack.exists() and cover.exists()
    report(run, EXPIRES)
    assert not pack.exists() and not cover.exists()
    assert "expired" in page(run, "index.html").text


def test_a_pack_goes_when_the_evidence_behind_its_release_changes(run: RunFolder) -> None:
    release(run, FAMILY_TARGET)
    pack = report(run) / FAMILY_TARGET / "explanation.html"
    assert pack.exists()
    write_json(run.root / "models" / FAMILY_TARGET / "evaluation.json", evaluation(FAMILY_TARGET, capacity=41))
    report(run)
    assert not pack.exists()


def test_the_reports_are_made_again_when_a_release_comes_and_when_it_lapses(run: RunFolder) -> None:
    def inputs(today: dt.date) -> dict[str, str]:
        with on_day(today):
            return stage_inputs(Workspace(run, STAGE, COUNCIL, RunSettings(), {}, SilentProgress(), KEYS))

    before = inputs(TODAY)
    release(run, FAMILY_TARGET)
    held = inputs(TODAY)
    assert held != before
    assert inputs(EXPIRES) != held


def test_the_pack_has_a_sheet_for_each_flagged_case_in_the_order_of_their_pseudonyms(reported: RunFolder) -> None:
    scores, _ = open_released(reported, KEYS, FAMILY_TARGET, TODAY)
    listed = sorted(row["unit_id"] for row in scores.to_pylist() if row["part"] == "current" and row["flagged"])
    pack = page(reported, f"{FAMILY_TARGET}/explanation.html")
    shown = re.findall(r"Family ([0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4})", pack.text)
    assert len(listed) == CAPACITY
    assert [reference.replace("-", "") for reference in shown] == [unit[:12] for unit in listed]


def test_the_pack_tells_no_score_and_no_place(reported: RunFolder) -> None:
    scores, reasons = open_released(reported, KEYS, FAMILY_TARGET, TODAY)
    html = (reported.root / "reports" / FAMILY_TARGET / "explanation.html").read_text(encoding="utf-8")
    flagged = [row for row in scores.to_pylist() if row["part"] == "current" and row["flagged"]]
    for row in flagged:
        assert f"{row['score']:.3f}" not in html
        assert f"{row['score']:.1%}" not in html
    sheets = Page(html[html.index('<article class="sheet"') :]).text.lower()
    for word in ("score", "rank", "risk", "probability", "likely"):
        assert word not in sheets.replace("domestic abuse", "")
    assert {f"{row['contribution']:g}" for row in reasons.to_pylist()} == {"0.8", "0.5", "0.4", "-0.3", "-0.1"}
    assert "0.8" not in sheets and "-0.3" not in sheets


def test_a_sheet_says_what_was_noticed_what_goes_well_and_what_is_not_known(reported: RunFolder) -> None:
    html = (reported.root / "reports" / FAMILY_TARGET / "explanation.html").read_text(encoding="utf-8")
    sheet = Page(html[html.index('<article class="sheet"') :].split("</article>")[0]).text
    noticed, rest = sheet.split("What may be going well")
    well, unknown = rest.split("What we do not know")
    assert "Owes 6.2 weeks of rent." in noticed
    assert "No domestic abuse notification in the last 12 months." in well
    assert (
        "Nothing is on record about attendance, safety and household." in unknown
        or "Nothing is on record about" in unknown
    )
    # A reason whose value nobody knows is no reason to show.
    assert "Moves are not known" not in sheet
    assert "Rent accounts 1 April 2026 to 30 June 2026" in unknown


def test_a_count_of_several_things_says_which_are_there(run: RunFolder) -> None:
    features = pq.read_table(run.path(FAMILY_FEATURES))
    for name, value in (("need_family_relationships", 1.0), ("need_crime", 0.0), ("need_health", None)):
        features = features.append_column(name, pa.array([value] * features.num_rows, pa.float64()))
    pq.write_table(features, run.path(FAMILY_FEATURES))
    audit(run)
    release(run, FAMILY_TARGET)
    html = (report(run) / FAMILY_TARGET / "explanation.html").read_text(encoding="utf-8")
    sheet = Page(html[html.index('<article class="sheet"') :].split("</article>")[0]).text
    assert "a young carer, a family member who asked for help" in sheet
    assert "an offence by a young person" not in sheet and "illness, disability or poor mental health" not in sheet


def test_a_sheet_says_which_services_there_are_and_how_sure_the_matching_is(reported: RunFolder) -> None:
    html = (reported.root / "reports" / FAMILY_TARGET / "explanation.html").read_text(encoding="utf-8")
    sheets = [Page(sheet).text for sheet in re.findall(r'<article class="sheet".*?</article>', html, re.DOTALL)]
    helped = [sheet for sheet in sheets if "Before: early help, until May 2024" in sheet]
    assert helped and all("the last contact with children's services, in June 2025" in sheet for sheet in helped)
    never = [sheet for sheet in sheets if "Nor does the record show that one ever did" in sheet]
    assert len(helped) + len(never) == len(sheets)
    # Recorded after the date, so that nobody knew of it.
    assert not any("child in need" in sheet for sheet in sheets)
    assert sum("School registers" in sheet and "Schools Sure" in sheet for sheet in sheets) == len(helped)
    assert sum("Schools Less sure: please check" in sheet for sheet in sheets) == len(never)
    assert any("One of them is tied to it by nothing but living at the same address." in sheet for sheet in sheets)


def test_the_cover_sheet_says_how_to_use_the_pack_and_until_when_and_names_nobody_in_it(reported: RunFolder) -> None:
    cover = page(reported, f"{FAMILY_TARGET}/explanation_cover.html").text
    assert f"{CAPACITY} families to think about together" in cover
    for words in ("It is not a ranking", "How to use it", "Rhys Morgan", "19 December 2026", "list alone"):
        assert words in cover
    pack = page(reported, f"{FAMILY_TARGET}/explanation.html").text
    references = re.findall(r"[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}", pack)
    assert references and not set(references) & set(re.findall(r"[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}", cover))


def test_who_allowed_it_and_until_when(reported: RunFolder) -> None:
    text = page(reported, f"{FAMILY_TARGET}/explanation.html").text
    assert "Rhys Morgan" in text and "Equalities lead" in text
    assert "19 December 2026" in text
    assert "visits no family on the strength of the list alone" in text


def test_no_suppressed_count_is_shown(reported: RunFolder) -> None:
    """Cells of the tables by group are those of the published audit, never the exact ones."""
    folder = reported.root / "fairness_audits" / FAMILY_TARGET
    audited, shown_to_all = (read_json(folder / name / "audit.json") for name in ("restricted", "published"))
    html = (reported.root / "reports" / FAMILY_TARGET / "fairness.html").read_text(encoding="utf-8")
    hidden = 0
    for grouping, groups in audited["groupings"].items():
        published = {group["group"]: group for group in shown_to_all["groupings"][grouping]}
        for group in groups:
            row = re.search(rf'<th scope="row">{re.escape(group["label"])}</th><td class="num">.*?</tr>', html)
            assert row is not None
            cells = re.findall(r"<td[^>]*>(.*?)</td>", row[0])
            for cell, column in zip(cells, ("n", "flagged")):
                shown = published[group["group"]][column]
                hidden += isinstance(shown, str)
                expected = "under 10" if shown == "<10" else f"{shown:,}" if isinstance(shown, int) else shown
                assert cell == expected
            for cell, metric in zip(cells[2:], ("selection_rate", "fnr", "precision")):
                assert ("too few to show" in cell) == (published[group["group"]]["rates"][metric] is None)
            break_down = [group["selection_rate"].get("numerator"), group["fnr"].get("numerator")]
            assert all(f">{count}<" not in row[0] for count in break_down if count and 0 < count < 10)
    assert hidden, "the sample has no suppressed cell, so the test shows nothing"


def test_a_count_too_small_to_show_is_not_given_away_by_a_rate(run: RunFolder) -> None:
    """With under ten outcomes found, precision times the length of the list would be the hidden count."""
    document = evaluation(FAMILY_TARGET)
    weak = document["candidates"]["best_single_indicator"]["pooled"]
    weak["precision"] |= {"value": 0.058333, "low": 0.02, "high": 0.1}
    weak["recall"] |= {"value": 0.021212, "low": 0.01, "high": 0.04}
    weak["missed_cases"]["value"], weak["flags_per_true_case"]["value"] = 323.0, 17.142857
    write_json(run.root / "models" / FAMILY_TARGET / "evaluation.json", document)
    html = (report(run) / FAMILY_TARGET / "fairness.html").read_text(encoding="utf-8")
    row = re.search(r'<th scope="row">Best single sign</th>.*?</tr>', html)
    assert row is not None
    assert "under 8.3%" in row[0] and "over 12" in row[0]
    assert "5.8%" not in html and "17" not in re.findall(r">([\d.]+)<", row[0]) and "323" not in row[0]


def test_a_target_without_a_model_has_a_report_that_says_so(run: RunFolder) -> None:
    why = "The newest as-of date has 3 outcomes <b>only</b>"
    state = evaluation(CHILD_TARGET, state="cannot_model", why=why)
    write_json(run.root / "models" / CHILD_TARGET / "evaluation.json", state)
    (run.root / "fairness_audits" / CHILD_TARGET / "audit.json").unlink()
    report(run)
    fairness = page(run, f"{CHILD_TARGET}/fairness.html")
    assert why in fairness.text and "There was nothing to audit" in fairness.text
    assert "Group by group" not in fairness.text
    assert f"Hidden young carers: not modelled. {why}" in page(run, "index.html").text


def test_an_audit_that_was_changed_is_not_shown_as_one(run: RunFolder) -> None:
    path = run.root / "fairness_audits" / FAMILY_TARGET / "audit.json"
    write_json(path, read_json(path) | {"verdict": "pass"})
    report(run)
    text = page(run, f"{FAMILY_TARGET}/fairness.html").text
    assert "The audit was changed after it was written" in text
    assert "passed its fairness checks" not in text and "Group by group" not in text


def test_a_child_pack_says_which_family_a_child_belongs_to(run: RunFolder) -> None:
    release(run, CHILD_TARGET)
    text = Page((report(run) / CHILD_TARGET / "explanation.html").read_text(encoding="utf-8")).text
    assert "40 children to think about together" in text
    assert re.search(r"Child [0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4} As known on 1 July 2026\. Family [0-9a-f]{4}-", text)


def test_the_same_run_gives_the_same_bytes(run: RunFolder) -> None:
    release(run, FAMILY_TARGET)
    first = files(report(run))
    again = files(report(run))
    assert first == again
    later = files(report(run, TODAY + dt.timedelta(days=30)))
    assert first == later, "the day on which the reports are made shows in them"


def test_a_changed_audit_changes_the_report(run: RunFolder) -> None:
    """Negative control: the determinism above is not that of a constant."""
    first = files(report(run))
    write_json(run.root / "models" / FAMILY_TARGET / "evaluation.json", evaluation(FAMILY_TARGET, question="Else?"))
    audit(run)
    changed = files(report(run))
    assert first[f"{FAMILY_TARGET}/fairness.html"] != changed[f"{FAMILY_TARGET}/fairness.html"]


def test_the_index_counts_rows_in_accepted_and_set_aside(reported: RunFolder) -> None:
    text = page(reported, "index.html").text
    assert "200,000 rows in two files" in text and "1,740 were set aside" in text
    assert "198,200" in text and "Code: not a code in force on the day" in text
    assert "Children who belong to two families now fewer than 10" in text


def row_cells(run: RunFolder, heading: str) -> list[str]:
    """The cells of the index's row that begins with ``heading``, as text."""
    html = (run.root / "reports" / "index.html").read_text(encoding="utf-8")
    (found,) = re.findall(rf'<tr><th scope="row">{heading}.*?</tr>', html)
    return [Page(cell).text for cell in re.findall("<td.*?</td>", found)]


def test_the_index_names_what_left_most_rows_out_and_its_rows_add_up(run: RunFolder) -> None:
    summary = read_json(run.root / "sources" / "summary.json")
    for file in summary["files"]:
        file["tables"]["attendance"] |= {
            "rejected": 20,
            "rules": {"code: not_a_known_code": 20},
            "unlinked": {"group_id: no_such_group": 2_000},
            "superseded": 300,
        }
    write_json(run.root / "sources" / "summary.json", summary)
    report(run)
    _, rows_in, accepted, aside, replaced, _, reason = row_cells(run, "Attendance")
    assert reason == "Group's key: no such group"
    assert (accepted, aside, replaced) == ("198,200", "4,040 2%", "600")
    assert int(rows_in.replace(",", "")) == 198_200 + 4_040 + 600


def test_the_index_shows_of_no_system_how_many_few_have_or_lack_something(run: RunFolder) -> None:
    quality = read_json(run.root / "residents" / "quality.json")
    small = {"source": "small", "rows": 25, "people": 25, "people_in_other_systems": 24}
    large = {"source": "large", "rows": 4_003, "people": 4_001, "people_in_other_systems": 3_998}
    quality["by_source"] = [
        small | {"share_with_dob": 0.96, "share_with_address": 0.0},
        large | {"share_with_dob": 0.5, "share_with_address": 1.0},
    ]
    quality["families"] |= {"now": 1_204, "now_with_a_child": 1_199}
    write_json(run.root / "residents" / "quality.json", quality)
    report(run)
    assert row_cells(run, "Small") == ["25", "25", "too few to show", "too few to show", "0%"]
    assert row_cells(run, "Large") == ["4,005", "4,000", "over 99%", "50%", "100%"]
    text = page(run, "index.html").text
    assert "Records of people 4,030" in text and "4,028" not in text
    assert "Families now 1,205" in text and "1,204" not in text and "1,199" not in text


def test_the_index_shows_no_small_count_of_rows_set_aside(run: RunFolder) -> None:
    summary = read_json(run.root / "sources" / "summary.json")
    for file in summary["files"]:
        file["tables"]["attendance"] |= {"rejected": 1, "unlinked": {"record_id: no_such_person": 2}, "superseded": 0}
    write_json(run.root / "sources" / "summary.json", summary)
    report(run)
    html = (run.root / "reports" / "index.html").read_text(encoding="utf-8")
    row = re.search(r'<th scope="row">Attendance.*?</tr>', html)
    assert row is not None
    cells = re.findall(r'<td class="num">(.*?)</td>', row[0])
    assert cells == ["198,205", "198,200", "fewer than 10", "0", "25"]
    assert "Fewer than 10 were set aside" in Page(html).text


def test_the_reports_work_on_a_run_without_anything_before_the_models(run: RunFolder) -> None:
    for relative in (
        "sources/summary.json",
        "sources/data_quality.json",
        "residents/quality.json",
        "residents/linkage.json",
        "residents/review.json",
        "features/catalogue.json",
        "fairness_audits/published/chain.json",
        "fairness_audits/published/proxies.json",
    ):
        (run.root / relative).unlink()
    report(run)
    assert "This run has no record of its extracts." in page(run, "index.html").text
    assert "Nothing to show yet" in page(run, "data_quality.html").text
    assert "Nothing to show yet" in page(run, "linkage.html").text
    assert "Nothing to show yet" in page(run, "feature_catalogue.html").text
    assert "Nothing to show yet" in page(run, "chain.html").text


def test_the_stage_cannot_open_a_sealed_table_past_the_gate(run: RunFolder) -> None:
    work = Workspace(run, STAGE, COUNCIL, RunSettings(), {}, SilentProgress(), KEYS)
    with pytest.raises(NotDeclared):
        work.read_sealed(SCORES, FAMILY_TARGET)
    target = target_facts(FAMILY_TARGET, evaluation(FAMILY_TARGET))
    with pytest.raises(Withheld):
        flagged_cases(work, target, {}, [])


def test_ethnicity_comes_first_of_the_ways_of_dividing(reported: RunFolder) -> None:
    found = audit_facts(read_json(reported.root / "fairness_audits" / CHILD_TARGET / "published" / "audit.json"))
    assert [panel.name for panel in found.panels][:2] == ["broad", "detailed"]
    assert len(found.panels) > 2
