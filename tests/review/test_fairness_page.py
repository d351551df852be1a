"""The fairness page and the reports: what stands open, what is withheld and why, and nothing of any family."""

from __future__ import annotations

import datetime as dt
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from django.test import Client, override_settings

from early_help.serve_command import bring_up_to_date
from fairness_audits.gate import GateStatus, withdraw
from fairness_audits.release import GateState, Verdict
from fairness_audits.writing import published_path
from review.fairness.audits import keep
from review.fairness.models import KeptAudit
from review.roles import Role
from review.settings import ReviewContext
from store.files import read_json, write_json, write_text
from store.run_folder import RunFolder
from tests.fairness_audits.borough import CHILDREN, FAMILIES
from tests.fairness_audits.gated import TODAY, make_runs, passed_run, sign_both
from tests.support import KEYS

Log = Callable[..., Client]

_STYLE = "p { color: #123456; }"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, RunFolder]:
    """Runs whose audit passed, cannot tell and failed."""
    return make_runs(tmp_path_factory.mktemp("gated"), question="Who?", title="Families under the radar")


@pytest.fixture
def judged(made: dict[str, RunFolder], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    """A run of one question whose audit passed and which nobody has signed for; the day is the gate's tests'."""
    run = passed_run(made, tmp_path)
    shutil.rmtree(run.root / "models" / CHILDREN)
    write_text(run.root / "reports" / FAMILIES / "fairness.html", f"<style>{_STYLE}</style><p>The report</p>")
    write_text(run.root / "reports" / FAMILIES / "explanation.html", "About one family")
    write_text(run.root / "reports" / "index.html", "<p>Index</p>")
    monkeypatch.setattr("review.fairness.audits.judging_day", lambda: TODAY)
    return run


def page(client_as: Log, run: RunFolder, app: ReviewContext, role: Role, address: str = "/fairness/") -> str:
    with override_settings(REVIEW=replace(app, run=run, keys=KEYS)):
        return client_as(role).get(address).content.decode()


@pytest.mark.parametrize("role", list(Role))
def test_every_role_reads_what_is_withheld_and_why(
    client_as: Log, judged: RunFolder, app: ReviewContext, role: Role
) -> None:
    told = page(client_as, judged, app, role)
    assert "The list is withheld" in told
    assert "Families under the radar" in told


def test_a_release_and_its_withdrawal_show_with_the_next_page(
    client_as: Log, judged: RunFolder, app: ReviewContext
) -> None:
    sign_both(judged)
    assert "A panel may read the list" in page(client_as, judged, app, Role.equalities_lead)
    withdraw(judged, KEYS, FAMILIES, "Ada Lovelace", "data_scientist", "A doubt.", TODAY)
    told = page(client_as, judged, app, Role.equalities_lead)
    assert "The list is withheld" in told
    assert "A panel may read the list" not in told


def test_an_audit_that_was_meddled_with_is_none(client_as: Log, judged: RunFolder, app: ReviewContext) -> None:
    path = judged.root / "fairness_audits" / FAMILIES / "audit.json"
    write_json(path, {**read_json(path), "verdict": "pass", "why": "Trust me"})
    told = page(client_as, judged, app, Role.panel_member)
    assert "Its audit no longer counts" in told
    assert "Trust me" not in told


def test_audits_of_before_are_kept_once_and_read_later(client_as: Log, judged: RunFolder, app: ReviewContext) -> None:
    keep(judged)
    keep(judged)
    assert KeptAudit.objects.filter(target=FAMILIES).count() == 1
    assert "or none was kept" in page(client_as, judged, app, Role.governance)
    published = judged.root / published_path(FAMILIES)
    write_json(published, {**read_json(published), "why": "Another quarter."})
    keep(judged)
    kept = KeptAudit.objects.filter(target=FAMILIES).order_by("pk")
    assert len(kept) == 2
    told = page(client_as, judged, app, Role.governance)
    assert f"/fairness/past/{kept[0].pk}/" in told
    assert f"/fairness/past/{kept[1].pk}/" not in told
    assert "The report" in page(client_as, judged, app, Role.governance, f"/fairness/past/{kept[0].pk}/")


def test_no_link_of_a_report_leads_to_what_the_app_has_not(
    client_as: Log, judged: RunFolder, app: ReviewContext
) -> None:
    """The pack is read on the panel's pages, and an audit of before outlived the other pages of its run."""
    index = judged.root / "reports" / "index.html"
    packs = "".join(f'<a href="{FAMILIES}/{name}.html">Pack</a>' for name in ("explanation", "explanation_cover"))
    index.write_text(f'{packs}<a href="chain.html">Chain</a>', encoding="utf-8")
    told = page(client_as, judged, app, Role.panel_member, "/reports/index.html")
    assert re.findall('href="([^"]*)"', told) == ["/panel/", "/panel/", "chain.html"]
    day = dt.date(2026, 3, 31)
    links = '<a href="#rules">Rules</a><a href="../index.html">All reports</a><a href="../chain.html#data">Chain</a>'
    kept = KeptAudit.objects.create(
        target=FAMILIES, sha256="0" * 64, title="T", verdict="fail", tested_from=day, tested_to=day, page=links
    )
    told = page(client_as, judged, app, Role.equalities_lead, f"/fairness/past/{kept.pk}/")
    assert re.findall('href="([^"]*)"', told) == ["#rules", "/fairness/", "/fairness/"]
    assert "An audit of before." in told


def past(told: str) -> list[str]:
    """Each row of the tables of audits before, in words."""
    rows = re.findall(r'<tr role="row">\s*(<th role="rowheader".*?)</tr>', told, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]*>", " ", row).split()) for row in rows]


def test_an_audit_whose_report_was_not_kept_leads_nowhere(
    client_as: Log, judged: RunFolder, app: ReviewContext
) -> None:
    day = dt.date(2026, 3, 31)
    KeptAudit.objects.create(
        target=FAMILIES, sha256="0" * 64, title="T", verdict="fail", tested_from=day, tested_to=day
    )
    told = page(client_as, judged, app, Role.governance)
    [row] = past(told)
    assert row.startswith("31 March 2026 ")
    assert row.endswith("Was not kept")
    assert "/fairness/past/" not in told


def test_an_audit_of_a_list_that_is_no_longer_made_is_still_shown(
    client_as: Log, judged: RunFolder, app: ReviewContext
) -> None:
    KeptAudit.objects.create(target="old", sha256="0" * 64, title="<b>Old</b> list", verdict="pass", page="<p>Old</p>")
    told = page(client_as, judged, app, Role.support_worker)
    assert "Audits of lists that are no longer made" in told
    assert "&lt;b&gt;Old&lt;/b&gt; list" in told
    assert "<b>Old" not in told
    assert len(past(told)) == 1


def test_an_audit_is_kept_when_the_app_starts_though_no_family_changed(
    app: ReviewContext, judged: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def loaded(*_: object) -> None:
        raise AssertionError("families were loaded again")

    monkeypatch.setattr("review.refreshing.up_to_date", lambda context: True)
    monkeypatch.setattr("review.refreshing.refresh", loaded)
    bring_up_to_date(replace(app, run=judged, keys=KEYS))
    assert KeptAudit.objects.filter(target=FAMILIES).count() == 1


def test_a_report_is_served_with_its_own_style_alone(client_as: Log, judged: RunFolder, app: ReviewContext) -> None:
    with override_settings(REVIEW=replace(app, run=judged)):
        answer = client_as(Role.data_scientist).get(f"/reports/{FAMILIES}/fairness.html")
    assert b"The report" in answer.content
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("name", [
    f"{FAMILIES}/explanation.html", "../state/council.json", "..%2Fstate/council.json", f"{FAMILIES}/../index.html",
    "nothing.html", f"{FAMILIES}/", "", "/etc/passwd", "index.html%00.pdf", "index.HTML",
    f"{FAMILIES}/fairness.html%0A",
])  # fmt: skip
@pytest.mark.parametrize("role", [Role.panel_member, Role.data_scientist])
def test_nothing_else_is_served_as_a_report(
    client_as: Log, judged: RunFolder, app: ReviewContext, name: str, role: Role
) -> None:
    with override_settings(REVIEW=replace(app, run=judged)):
        assert client_as(role).get(f"/reports/{name}").status_code == 404


def test_a_link_among_the_reports_leads_nowhere(client_as: Log, judged: RunFolder, app: ReviewContext) -> None:
    (judged.root / "reports" / "chain.html").symlink_to(judged.root / "state" / "council.json")
    with override_settings(REVIEW=replace(app, run=judged)):
        assert client_as(Role.data_scientist).get("/reports/chain.html").status_code == 404


def test_what_was_never_audited_is_not_said_to_have_been(
    client_as: Log, made: dict[str, RunFolder], app: ReviewContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A question without a model has an audit that says so; that still counts. Days are told as people write them."""
    run = passed_run(made, tmp_path)
    monkeypatch.setattr("review.fairness.audits.judging_day", lambda: TODAY)
    closed = GateStatus(
        FAMILIES, GateState.NOT_AUDITED, Verdict.NOT_AUDITED, "none before 2025-06-30 or 2025-99-99", ""
    )
    monkeypatch.setattr("review.fairness.audits.status", lambda *_: closed)
    published = run.root / published_path(FAMILIES)
    write_json(published, {**read_json(published), "verdict": "not_audited", "why": ""})
    told = page(client_as, run, app, Role.panel_member).partition(f"{CHILDREN}/fairness.html")[0]
    assert "None before 30 June 2025 or 2025-99-99." in told
    assert "There was nothing to audit" in told
