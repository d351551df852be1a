"""`early-help publish`: what goes into the folder, what never does, what is refused, and what is remembered."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from types import SimpleNamespace
from typing import Any

import pytest

from early_help import publish_command
from early_help.publication_folder import missing_links, new_folder
from early_help.publish_command import publish
from fairness_audits.record import read_audit
from fairness_audits.release import Verdict
from fairness_audits.writing import published_path
from store.errors import EarlyHelpError, InputRejected, UsageError, Withheld
from store.files import file_hash, read_json, write_json, write_text
from store.run_folder import RunFolder
from tests.fairness_audits.borough import CHILDREN, FAMILIES
from tests.fairness_audits.gated import make_runs, put_council, put_records
from tests.support import COUNCIL, KEYS

SECRET = "who-nobody-may-see"
WHO = {"name": "Ann  Able", "role": "equalities_lead", "note": "Read all pages with the lead member."}
DAY = dt.date(2026, 9, 10)
FOR_THE_PUBLIC = {
    "index.html",
    "manifest.json",
    "chain.html",
    "chain.json",
    "proxies.json",
    "transparency.html",
    "feature_catalogue.html",
    "data_quality.html",
    *(f"{target}/{page}" for target in (FAMILIES, CHILDREN) for page in ("fairness.html", "model_card.html")),
    *(f"{target}/audit.json" for target in (FAMILIES, CHILDREN)),
}
STUBS = {"linkage.html", f"{FAMILIES}/explanation.html"}


def page(*links: str) -> str:
    return "<!DOCTYPE html>" + "".join(f'<a href="{link}">x</a>' for link in links)


def finish(run: RunFolder) -> None:
    """Put the chain, the stand-ins, the pages and the job's records there, of the audits that are there now."""
    both = (FAMILIES, CHILDREN)
    windows = [{"from": "2025-03-31", "to": "2025-06-30"}]
    write_json(run.root / "fairness_audits/published/chain.json", {"kind": "chain", "windows": windows, "links": []})
    told = [{"target": target, "as_of": "2025-06-30", "lists": []} for target in both]
    write_json(run.root / "fairness_audits/published/proxies.json", {"targets": told})
    pages = {name: page("index.html") for name in ("chain", "feature_catalogue", "data_quality", "linkage")}
    pages["transparency"] = page("#content", "data:,", "linkage.html#who", f"{CHILDREN}/fairness.html", "index.html")
    pages |= {f"{target}/model_card": page("../index.html") for target in both}
    pages |= {f"{target}/fairness": page("../index.html", "../chain.html") for target in both}
    pages[f"{FAMILIES}/fairness"] += page("explanation.html")
    pages |= {f"{FAMILIES}/explanation": SECRET, "index": page("linkage.html")}
    for name, content in pages.items():
        write_text(run.root / "reports" / f"{name}.html", content)
    audits = outputs(run, "fairness_audits/*/audit.json", "fairness_audits/*/published/audit.json")
    audits |= outputs(run, "fairness_audits/stand_ins.json")
    models = outputs(run, "models/*/evaluation.json")
    after = {name: outputs(run, f"fairness_audits/published/{name}.json") for name in ("chain", "proxies")}
    put_records(run, audits={"outputs": audits})
    whole = {"fingerprint": "", "rows": {}, "seconds": 0.0, "peak_mb": None}
    for stage, inputs, made in (
        ("audits", {}, audits),
        ("chain", audits, after["chain"]),
        ("proxies", {}, after["proxies"]),
        ("reports", {**audits, **after["chain"], **after["proxies"], **models}, outputs(run, "reports/**/*.html")),
    ):
        path = run.state / f"{stage}.json"
        before = read_json(path) if path.exists() else {"stage": stage}
        write_json(path, whole | before | {"inputs": inputs, "outputs": made, **whole})
    write_json(run.root / "manifest.json", {})


def outputs(run: RunFolder, *patterns: str) -> dict[str, str]:
    found = sorted(path for pattern in patterns for path in run.root.glob(pattern))
    return {path.relative_to(run.root).as_posix(): file_hash(path) for path in found}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("published")
    for run in make_runs(folder).values():
        write_text(run.root / "fairness_audits/restricted/chain.json", SECRET)
        write_text(run.root / "identifiable/sources/people.csv", SECRET)
        put_council(run, folder, folder / f"{run.root.name}.toml")
        finish(run)
    return folder


Publish = Callable[..., Path]


@pytest.fixture
def council(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = Path(shutil.copytree(template, tmp_path / "council"))
    (folder / "mlruns").mkdir()
    for verdict in ("pass", "cannot_tell", "fail"):
        put_council(RunFolder(folder / verdict), folder / f"of_{verdict}", folder / f"{verdict}.toml", "../mlruns")
    monkeypatch.setattr(publish_command, "config_of", lambda run: SimpleNamespace(council=COUNCIL))
    monkeypatch.setattr(publish_command, "load_keys", lambda: KEYS)
    monkeypatch.setattr(publish_command, "today", lambda: DAY)
    return folder


@pytest.fixture
def hand_on(council: Path) -> Publish:
    def publish_it(out: str = "out", run: str = "pass", target: str | None = None, **who: str) -> Path:
        publish(str(council / run), council / out, **{**WHO, **who}, target=target)
        return council / out

    return publish_it


def files_of(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def ledger(council: Path) -> list[dict[str, Any]]:
    path = council / "mlruns/publications/ledger.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def change_figures(run: Path) -> None:
    """As after a correction: everything was made anew, and one published count of families is another."""
    found = RunFolder(run)
    chain = run / "fairness_audits/published/chain.json"
    document = read_json(chain) | {"links": [{"n": 15}]}
    write_json(chain, document)
    for stage in ("chain", "reports"):
        record = read_json(found.state / f"{stage}.json")
        for part in ("inputs", "outputs"):
            if "fairness_audits/published/chain.json" in record[part]:
                record[part]["fairness_audits/published/chain.json"] = file_hash(chain)
        write_json(found.state / f"{stage}.json", record)


def test_what_is_for_the_public_is_copied_and_nothing_else(council: Path, hand_on: Publish) -> None:
    out = hand_on()
    assert files_of(out) == FOR_THE_PUBLIC | STUBS
    everything = b"".join((out / name).read_bytes() for name in files_of(out))
    assert SECRET.encode() not in everything
    assert b"Ann" not in everything and WHO["note"].encode() not in everything
    assert str(council).encode() not in everything
    for name in FOR_THE_PUBLIC - {"index.html", "manifest.json"}:
        source = {
            "chain.json": "fairness_audits/published/chain.json",
            "proxies.json": "fairness_audits/published/proxies.json",
        }
        inside = source.get(name, f"reports/{name}")
        if name.endswith("/audit.json"):
            inside = published_path(str(PurePosixPath(name).parent))
        assert (out / name).read_bytes() == (council / "pass" / inside).read_bytes(), name


def test_the_manifest_has_every_file_and_the_ledger_the_manifests_line(council: Path, hand_on: Publish) -> None:
    out = hand_on()
    manifest = read_json(out / "manifest.json")
    assert manifest["files"] == {name: file_hash(out / name) for name in files_of(out) - {"manifest.json"}}
    assert manifest["targets"][FAMILIES]["test_as_ofs"] == ["2025-03-31", "2025-06-30"]
    (line,) = ledger(council)
    assert manifest["ledger"] == {"line": 1, "sha256": line["hash"]}
    assert (line["by"], line["role"], line["date"], line["run"]) == ("Ann Able", WHO["role"], "2026-09-10", "pass")
    assert {one["subject"] for one in line["figures"]} >= {f"audit of {FAMILIES}", f"audit of {CHILDREN}", "chain"}


def test_no_link_of_the_folder_leads_nowhere(hand_on: Publish) -> None:
    out = hand_on()
    for name in files_of(out):
        if name.endswith(".html"):
            for link in re.findall(r'href="([^"#:]+)[^":]*"', (out / name).read_text(encoding="utf-8")):
                assert (out / name).parent.joinpath(link).resolve().is_file(), (name, link)


def test_equal_publications_have_equal_bytes_but_for_their_place_in_the_ledger(hand_on: Publish) -> None:
    one, two = hand_on("one"), hand_on("two")
    assert {name for name in files_of(one) if (one / name).read_bytes() != (two / name).read_bytes()} == {
        "manifest.json"
    }


@pytest.mark.parametrize("verdict", ["fail", "cannot_tell"])
def test_an_audit_that_failed_or_cannot_tell_is_published_all_the_same(hand_on: Publish, verdict: str) -> None:
    out = hand_on(run=verdict)
    assert read_json(out / FAMILIES / "audit.json")["verdict"] == verdict


def test_one_targets_pages_alone_but_the_ledger_has_all_that_the_chain_tells_of(
    council: Path, hand_on: Publish
) -> None:
    out = hand_on(target=FAMILIES)
    assert not {f"{CHILDREN}/audit.json", f"{CHILDREN}/model_card.html"} & files_of(out)
    assert "not published here" in (out / CHILDREN / "fairness.html").read_text()
    assert f"audit of {CHILDREN}" in {one["subject"] for one in ledger(council)[0]["figures"]}


def test_other_figures_of_the_same_dates_are_refused_and_the_same_are_not(council: Path, hand_on: Publish) -> None:
    hand_on("first")
    hand_on("again")
    change_figures(council / "pass")
    with pytest.raises(Withheld, match="chain: other figures of the same dates") as refused:
        hand_on("corrected")
    assert "next quarter" in refused.value.fix
    assert not (council / "corrected").exists()
    assert not [path for path in council.iterdir() if path.name.startswith(".corrected")]
    assert len(ledger(council)) == 2
    # Another run of the council, whose audit is by another policy, is another version of the same dates as well.
    with pytest.raises(Withheld, match=f"audit of {FAMILIES}"):
        hand_on("other", run="fail")


def test_what_another_council_published_in_the_same_folder_does_not_count(
    council: Path, hand_on: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_on("first")
    change_figures(council / "pass")
    other = COUNCIL.model_copy(update={"name": 'Else<script>alert("1")</script>'})
    monkeypatch.setattr(publish_command, "config_of", lambda run: SimpleNamespace(council=other))
    assert "<script" not in (hand_on("second") / "index.html").read_text()


@pytest.mark.parametrize(
    ("path", "error"),
    [
        (f"fairness_audits/{FAMILIES}/audit.json", Withheld),
        (f"fairness_audits/{FAMILIES}/published/audit.json", InputRejected),
        (f"models/{FAMILIES}/evaluation.json", Withheld),
        ("fairness_audits/published/chain.json", InputRejected),
        ("reports/transparency.html", InputRejected),
        (f"reports/{CHILDREN}/model_card.html", InputRejected),
    ],
)
@pytest.mark.parametrize("gone", [False, True])
def test_a_file_that_is_not_as_it_was_is_not_published(
    council: Path, hand_on: Publish, path: str, error: type[EarlyHelpError], gone: bool
) -> None:
    file = council / "pass" / path
    if gone:
        file.unlink()
    else:
        file.write_bytes(file.read_bytes() + b"\n")
    with pytest.raises(EarlyHelpError) as refused:
        hand_on()
    assert refused.value.fix
    if not gone:
        assert isinstance(refused.value, error | Withheld)
    assert not (council / "out").exists() and ledger(council) == []


def test_an_audit_that_the_gate_does_not_accept_is_not_published(council: Path, hand_on: Publish) -> None:
    (council / "pass.toml").write_text((council / "fail.toml").read_text())
    assert read_audit(RunFolder(council / "pass"), KEYS, FAMILIES).verdict is Verdict.NOT_AUDITED
    with pytest.raises(Withheld, match="An audit does not stand"):
        hand_on()


def test_figures_that_the_pages_were_not_made_of_are_not_published(council: Path, hand_on: Publish) -> None:
    state = council / "pass/state/reports.json"
    record = read_json(state)
    del record["inputs"]["fairness_audits/published/chain.json"]
    write_json(state, record)
    with pytest.raises(Withheld, match="made before"):
        hand_on()


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"name": " "}, UsageError),
        ({"name": "Ann\u202eAble"}, UsageError),
        ({"note": "..."}, UsageError),
        ({"role": "boss"}, UsageError),
        ({"target": "nonesuch"}, UsageError),
        ({"out": "pass/public"}, UsageError),
        ({"out": "mlruns"}, UsageError),
        ({"run": "mlruns"}, UsageError),
    ],
)
def test_bad_asking_is_refused_before_anything_is_done(
    council: Path, hand_on: Publish, change: dict[str, str], error: type[EarlyHelpError]
) -> None:
    with pytest.raises(error) as refused:
        hand_on(**change)
    assert refused.value.fix
    assert ledger(council) == []


def test_a_figure_changed_with_the_jobs_record_of_it_is_found_by_the_gate(council: Path, hand_on: Publish) -> None:
    run = council / "pass"
    path = published_path(FAMILIES)
    write_json(run / path, read_json(run / path) | {"verdict": "pass", "why": "Trust us."})
    for stage, part in (("audits", "outputs"), ("reports", "inputs"), ("chain", "inputs")):
        record = read_json(run / f"state/{stage}.json")
        record[part][path] = file_hash(run / path)
        write_json(run / f"state/{stage}.json", record)
    with pytest.raises(Withheld, match="An audit does not stand"):
        hand_on()


def test_pages_for_print_go_with_the_others_and_a_pack_for_print_does_not(council: Path, hand_on: Publish) -> None:
    run = RunFolder(council / "pass")
    for name in ("transparency", f"{FAMILIES}/fairness", f"{FAMILIES}/explanation", "linkage"):
        write_text(run.root / "reports" / f"{name}.pdf", "%PDF")
    record = read_json(run.state / "reports.json")
    record["outputs"] |= outputs(run, "reports/**/*.pdf")
    write_json(run.state / "reports.json", record)
    out = hand_on()
    assert {name for name in files_of(out) if name.endswith(".pdf")} == {"transparency.pdf", f"{FAMILIES}/fairness.pdf"}
    assert 'href="transparency.pdf"' in (out / "index.html").read_text()


def test_stopped_after_the_ledgers_line_the_same_may_be_published_again(
    council: Path, hand_on: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(publish_command, "_manifest", lambda *given: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            hand_on()
    assert not (council / "out").exists() and len(ledger(council)) == 1
    assert read_json(hand_on() / "manifest.json")["ledger"]["line"] == 2


def test_without_the_folder_of_models_nothing_is_published(council: Path, hand_on: Publish) -> None:
    shutil.rmtree(council / "mlruns")
    with pytest.raises(InputRejected, match="what was published before"):
        hand_on()


def test_a_folder_that_could_not_be_finished_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / ".out.killed.tmp").mkdir()
    with pytest.raises(RuntimeError), new_folder(tmp_path / "out") as place:
        (place / "half.html").write_text("half")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_links_are_found_from_where_the_page_lies() -> None:
    files = {
        "a/one.html": page("../b.html#x", "two.html", "#here", "https://example.org/", "data:,").encode(),
        "b.html": b"",
    }
    assert missing_links(files) == ["a/two.html"]
