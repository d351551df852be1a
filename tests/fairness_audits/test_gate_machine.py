"""Every order of what people, time and tampering may do: none leads from unaudited scores to a list, a pack or a page.

The machine keeps its own plain account of what has been done and holds the gate to it. Approvals stand for the
audit they were given for: another audit voids them, and that very audit, put back, finds them in force again.
"""

import datetime as dt
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from fairness_audits import log as release_log
from fairness_audits.gate import export_list, open_released, status, withdraw
from fairness_audits.log import LOG, NEWEST, entries, hand_over
from fairness_audits.release import DATA_TEAM, LONGEST_VALID_DAYS, GateState, role_named
from fairness_audits.signing import Ring, release_path
from features.tables import FAMILY_FEATURES
from models.tables import COHORT, REASONS, SCORES
from reports import opening
from reports import stage as reports
from reports.packs import withdraw_packs
from residents.tables import PSEUDONYMS
from store.chained_log import ChainedLog
from store.errors import InputRejected, UsageError, Withheld
from store.files import read_json, write_json
from store.keys import Keys
from store.run_folder import RunFolder
from tests.fairness_audits.borough import FAMILIES
from tests.fairness_audits.gated import (
    MITIGATION,
    NOT_ALLOWED,
    TODAY,
    VERDICTS,
    make_runs,
    own_model,
    promote,
    put_audit,
    put_council,
    put_records,
    sign,
)
from tests.reports.samples import evaluation
from tests.support import KEYS, run_stage

PEOPLE = {"Ada Lovelace": 1, " ada  LOVELACE": 1, "Grace Hopper": 2, "Mary Seacole": 3, "": 0}
ROLES = ("data_scientist", "data_engineer", "equalities_lead", "director", "wizard")
AUDIT_FILES = ("audit.json", "audit.mac", "restricted/audit.json", "published/audit.json")
OTHER, STRANGER = Keys(bytes(32)), Keys(bytes([9] * 32))
HERE = "where the job left it"
FILES = ("scores", "reasons", "cohort", "evaluation", "model", "features", "pseudonyms")
LOGS = ("log", "newest")
REFUSED = (UsageError, Withheld, InputRejected)
_PAGES = ("fairness_page", "data_quality_page", "linkage_page", "catalogue_page", "index_page")

_made: dict[str, RunFolder] = {}
_folder = tempfile.TemporaryDirectory(prefix="gate-machine-")


def made() -> dict[str, RunFolder]:
    """The audited runs, made once, with what a pack can be written of, and two cases from below the line in it."""
    if not _made:
        told = evaluation(FAMILIES)
        _made.update(make_runs(Path(_folder.name), 2, **{key: told[key] for key in told if key != "target"}))
    return _made


def policy(name: str) -> Path:
    return Path(_folder.name) / f"{name}.toml"


class Gate(RuleBasedStateMachine):
    """One run folder and its honest history."""

    @initialize(released=st.booleans())
    def begin(self, released: bool) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="gate-machine-run-"))
        self.run = RunFolder(Path(shutil.copytree(made()["pass"].root, self.folder / "run")))
        shutil.rmtree(self.run.root / "fairness_audits")
        put_records(self.run)
        put_council(self.run, self.folder, policy("pass"))
        self.own = own_model(self.run)
        self.today = self.latest = TODAY
        self.audited: str | None = None
        self.policy_holds = True
        self.handed_over, self.place = False, HERE
        self.signed_for: tuple[str | None, str | None, str] = (None, None, HERE)
        self.approvals: list[tuple[int, str, dt.date]] = []
        self.standing: str | None = None
        self.records: list[bytes] = []
        self.history: list[tuple[int, str]] = []
        self.changed: dict[str, bytes] = {}
        self.bound_history: list[tuple[int, str]] = []
        self.attempts = self.outs = self.promotions = 0
        if released:
            self.release_properly("pass", True)

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            shutil.rmtree(self.folder)

    # --- what the council may do -------------------------------------------------------------------------

    @rule(verdict=st.sampled_from((*VERDICTS, NOT_ALLOWED)))
    def audit(self, verdict: str) -> None:
        """Audit (again) under a policy that gives this verdict; the files it rests on are as they were made."""
        self._restore()
        put_audit(self.run, made()[verdict])
        put_council(self.run, self.folder, policy(verdict))
        self.audited, self.policy_holds, self.place = verdict, True, HERE

    @rule(
        name=st.sampled_from(sorted(PEOPLE)),
        role=st.sampled_from(ROLES),
        mitigation=st.sampled_from([None, "short", MITIGATION]),
        days=st.sampled_from([None, 0, 20, 90, 400]),
    )
    def approve(self, name: str, role: str, mitigation: str | None, days: int | None) -> None:
        self._approve(name, role, mitigation, days)

    @rule(who=st.sampled_from([("Ada Lovelace", "data_scientist"), ("Grace Hopper", "director")]))
    def approve_properly(self, who: tuple[str, str]) -> None:
        self._approve(*who, MITIGATION, 90)

    @rule()
    def two_approve_properly(self) -> None:
        self._approve("Mary Seacole", "equalities_lead", MITIGATION, 30)
        self._approve("Grace Hopper", "director", MITIGATION, 60)

    @rule(verdict=st.sampled_from(["pass", "cannot_tell"]), reported=st.booleans())
    def release_properly(self, verdict: str, reported: bool) -> None:
        """Audit again, set the clock right, have two people sign: nothing but another champion may be in the way."""
        self.audit(verdict)
        if self.handed_over:
            self.exchange_the_key()
        self.today = max(self.today, self.latest)
        self.withdraw("Mary Seacole", "director")
        self.two_approve_properly()
        assert self._released() or self._replaced()
        if reported:
            self.report()

    def _approve(self, name: str, role: str, mitigation: str | None, days: int | None) -> None:
        expires = None if days is None else self.today + dt.timedelta(days=days)
        counted = self.approvals if self._standing_approvals() else []
        behind = self.today < self.latest
        self._attempt()
        try:
            sign(self.run, name, role, today=self.today, mitigation=mitigation, expires=expires)
        except REFUSED:
            return
        assert self._sound() and not self._replaced(), "approved what was not fit for approval"
        assert not behind and not self._log_broken()
        assert PEOPLE[name] and role != "wizard"
        assert days is None or 0 < days < 366
        if self.audited == "cannot_tell":
            assert mitigation == MITIGATION and expires is not None
        ends = expires or self.today + dt.timedelta(days=LONGEST_VALID_DAYS)
        self.approvals = [*counted, (PEOPLE[name], role, ends)]
        assert len(self.approvals) <= 2
        self.signed_for, self.standing = (self.audited, self._champion(), self.place), "approve"
        self.bound_history = list(self._known_history())
        self.records.append(release_path(self.run.root, FAMILIES).read_bytes())

    @rule(name=st.sampled_from(["Mary Seacole", ""]), role=st.sampled_from(["data_scientist", "director", "wizard"]))
    def withdraw(self, name: str, role: str) -> None:
        fit = bool(name) and role != "wizard" and self.standing == "approve" and not self._log_broken()
        self._attempt()
        try:
            withdraw(self.run, KEYS, FAMILIES, name, role, "The panel asked for it.", self.today)
        except REFUSED:
            assert not fit
            return
        assert fit
        self.approvals, self.standing = [], "withdraw"
        self.records.append(release_path(self.run.root, FAMILIES).read_bytes())

    @rule(named=st.sampled_from(["fail", "cannot_tell", "pass", NOT_ALLOWED, "missing", "default"]))
    def put_another_policy_in_force(self, named: str) -> None:
        """Without an audit under it."""
        put_council(self.run, self.folder, None if named == "default" else policy(named))
        self.policy_holds, self.place = named == self.audited, HERE

    @precondition(lambda self: not self.changed and self.attempts)
    @rule()
    def exchange_the_key(self) -> None:
        """By who holds both: away, when nothing of this log counts under the old key any more; and back."""
        before, after = (OTHER, KEYS) if self.handed_over else (KEYS, OTHER)
        hand_over(self.run, before, after, self.today)
        self.handed_over = not self.handed_over
        self.attempts += 1
        self.latest = max(self.latest, self.today)
        self.approvals, self.standing = [], None

    @rule(own=st.booleans())
    def promote(self, own: bool) -> None:
        self.promotions += 1
        model = self.own if own else f"another model, {self.promotions}"
        promote(self.folder, self.promotions, model)
        self.history.append((self.promotions, model))

    # --- what time and others may do ---------------------------------------------------------------------

    @precondition(lambda self: not self.changed)
    @rule(name=st.sampled_from(AUDIT_FILES + FILES + LOGS), place=st.integers(0, 100_000), bit=st.integers(0, 7))
    def tamper(self, name: str, place: int, bit: int) -> None:
        path = self._file(name)
        if not path.exists():
            return
        content = path.read_bytes()
        place %= len(content)
        self.changed[name] = content
        path.write_bytes(content[:place] + bytes([content[place] ^ (1 << bit)]) + content[place + 1 :])

    @rule()
    def restore(self) -> None:
        self._restore()

    @rule(place=st.integers(0, 100_000), bit=st.integers(0, 7))
    def forge_release(self, place: int, bit: int) -> None:
        """A byte of the release record changes, and stays changed."""
        path = release_path(self.run.root, FAMILIES)
        if path.exists():
            content = path.read_bytes()
            place %= len(content)
            path.write_bytes(content[:place] + bytes([content[place] ^ (1 << bit)]) + content[place + 1 :])

    @precondition(lambda self: self.records)
    @rule(which=st.integers(0, 20))
    def put_a_genuine_record_back(self, which: int) -> None:
        """An older one as often as the newest."""
        release_path(self.run.root, FAMILIES).write_bytes(self.records[which % len(self.records)])

    @rule()
    def say_that_the_models_lie_elsewhere(self) -> None:
        """Where no history of theirs is, so that nobody seems to be champion."""
        path = self.run.state / "council.json"
        write_json(path, read_json(path) | {"mlruns": str(self.folder / "elsewhere")})
        self.place = "elsewhere"

    @precondition(lambda self: not self.changed and self.attempts)
    @rule(which=st.integers(0, 20), lines=st.integers(0, 20), noted=st.booleans())
    def cut_the_log_and_add_a_line_under_a_key_of_ones_own(self, which: int, lines: int, noted: bool) -> None:
        """With an older record of the release put back. Nothing stands open by it; then the log is put right again."""
        log, note, release = self.run.root / LOG, self.run.root / NEWEST, release_path(self.run.root, FAMILIES)
        whole = {path: path.read_bytes() for path in (log, note, release) if path.exists()}
        kept = whole[log].splitlines(keepends=True)
        log.write_bytes(b"".join(kept[: lines % len(kept)]))
        foreign = {"date": TODAY.isoformat(), "action": "open", "target": FAMILIES, "outcome": "refused"}
        newest = ChainedLog(log, self.folder / ".x", "log", LOG, "").append(foreign | {"key": Ring.of(STRANGER).mark})
        if noted:
            release_log._note(self.run, STRANGER, lines % len(kept) + 1, newest)
        if self.records:
            release.write_bytes(self.records[which % len(self.records)])
        assert status(self.run, KEYS, FAMILIES, self.today).state is not GateState.RELEASED
        for path, content in whole.items():
            path.write_bytes(content)
        if release not in whole:
            release.unlink(missing_ok=True)

    @rule()
    def lose_the_history_of_models(self) -> None:
        shutil.rmtree(self.folder / "mlruns", ignore_errors=True)
        self.history = []

    @rule(days=st.sampled_from([1, 29, 30, 31, 400]))
    def wait(self, days: int) -> None:
        self.today += dt.timedelta(days=days)

    @rule(days=st.sampled_from([1, 31, 400]))
    def set_the_clock_back(self, days: int) -> None:
        self.today -= dt.timedelta(days=days)

    # --- what may come out -------------------------------------------------------------------------------

    @rule(days=st.sampled_from([29, 30, 400]))
    def export_late_and_set_the_clock_back(self, days: int) -> None:
        self.wait(days)
        self.export()
        self.set_the_clock_back(days)

    @rule()
    def export(self) -> None:
        self.outs += 1
        out = self.folder / f"out{self.outs}.csv"
        released = self._released()
        self._attempt()
        try:
            export_list(self.run, KEYS, FAMILIES, out, self.today)
        except REFUSED:
            assert not out.exists() and not released
        else:
            assert out.exists() and released

    @rule()
    def open(self) -> None:
        released = self._released()
        self._attempt()
        try:
            open_released(self.run, KEYS, FAMILIES, self.today)
        except REFUSED:
            assert not released
        else:
            assert released

    # An evaluation that is no JSON any more stops the reports stage; the job would have made it anew.
    @precondition(lambda self: "evaluation" not in self.changed)
    @rule()
    def report(self) -> None:
        """The reports stage itself, but for the pages that show no case."""
        released = self._released()
        if released:
            self._attempt()
        with pytest.MonkeyPatch.context() as stub:
            for module in (opening, reports):
                stub.setattr(module, "judging_day", lambda: self.today)
            stub.setattr(opening, "_values", lambda *_: {})
            stub.setattr(reports, "surrounded", lambda _, cases, *__: cases, raising=False)
            stub.setattr(reports, "audit_facts", lambda document: reports.no_audit(document["why"]))
            stub.setattr(reports, "_targets", lambda _: [FAMILIES])
            for page in _PAGES:
                stub.setattr(reports, page, lambda *_: "a page that shows no case")
            run_stage(reports.STAGE, self.run.root)
        assert self._pack().exists() is released

    @rule()
    def look(self) -> None:
        """What every command does when it ends."""
        withdraw_packs(self.run, KEYS, self.today)
        assert self._released() or not self._pack().exists()

    # --- what must hold ----------------------------------------------------------------------------------

    @invariant()
    def the_state_is_the_honest_one(self) -> None:
        if not hasattr(self, "run"):
            return
        found = status(self.run, KEYS, FAMILIES, self.today)
        assert (found.state is GateState.RELEASED) is self._released()
        assert found.reason
        if self.audited in (None, NOT_ALLOWED) or set(self.changed) - set(LOGS) or not self.policy_holds:
            assert found.state is GateState.NOT_AUDITED
        elif self.audited == "fail":
            assert found.state is GateState.FAILED
        elif self._log_broken():
            assert found.state is GateState.LOG_BROKEN
        elif self._replaced():
            assert found.state is GateState.SUPERSEDED
        elif self.standing == "withdraw":
            assert found.state is GateState.WITHDRAWN

    @invariant()
    def every_attempt_is_in_the_log(self) -> None:
        if hasattr(self, "run") and not self._log_broken():
            assert len(entries(self.run, Ring.of(KEYS))) == self.attempts

    # --- the honest account ------------------------------------------------------------------------------

    def _attempt(self) -> None:
        if not self._log_broken():
            self.attempts += 1
            self.latest = max(self.latest, self.today)

    def _sound(self) -> bool:
        return self.audited in {"pass", "cannot_tell"} and self.policy_holds and not set(self.changed) - set(LOGS)

    def _log_broken(self) -> bool:
        return self.handed_over or bool(set(self.changed) & set(LOGS))

    def _known_history(self) -> list[tuple[int, str]]:
        return self.history if self.place == HERE else []

    def _champion(self) -> str | None:
        known = self._known_history()
        return known[-1][1] if known else None

    def _replaced(self) -> bool:
        models = [model for _, model in self._known_history()]
        return self.own in models and models[-1] != self.own

    def _champion_changed(self) -> bool:
        _, bound, place = self.signed_for
        if place != self.place or (bound is not None and self.bound_history[-1] not in self._known_history()):
            return True
        return self._champion() not in (bound, self.own)

    def _standing_approvals(self) -> bool:
        """Whether the approvals on record count today, be they one or two."""
        path = release_path(self.run.root, FAMILIES)
        kept = self.standing == "approve" and path.exists() and path.read_bytes() == self.records[-1]
        if not kept or not self.approvals or self.signed_for[0] != self.audited or self._champion_changed():
            return False
        return self.today >= self.latest and all(self.today < ends for _, _, ends in self.approvals)

    def _released(self) -> bool:
        fit = self._sound() and not self._log_broken() and not self._replaced()
        if not fit or not self._standing_approvals() or len(self.approvals) < 2:
            return False
        (one, role, _), (other, other_role, _) = self.approvals
        assert one != other and role != other_role
        assert not {role_named(role), role_named(other_role)} <= DATA_TEAM
        return True

    def _pack(self) -> Path:
        return self.run.root / "reports" / FAMILIES / "explanation.html"

    def _file(self, name: str) -> Path:
        if name in AUDIT_FILES:
            return self.run.root / "fairness_audits" / FAMILIES / name
        if name in LOGS:
            return self.run.root / {"log": LOG, "newest": NEWEST}[name]
        if name in ("evaluation", "model"):
            folder = self.run.root / "models" / FAMILIES
            return folder / {"evaluation": "evaluation.json", "model": "model/model.json"}[name]
        tables = {"features": FAMILY_FEATURES, "pseudonyms": PSEUDONYMS}
        if name in tables:
            return self.run.path(tables[name])
        return self.run.path({"scores": SCORES, "reasons": REASONS, "cohort": COHORT}[name], FAMILIES)

    def _restore(self) -> None:
        for name, content in self.changed.items():
            self._file(name).write_bytes(content)
        self.changed = {}


TestGate = Gate.TestCase
TestGate.settings = settings(
    max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
