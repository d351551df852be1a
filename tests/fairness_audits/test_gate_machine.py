"""Every order of audit, approval, tampering, expiry and export: none leads from an unfit audit to a list.

The machine keeps its own plain account of what has been done and holds the gate to it. Approvals stand for the
audit they were given for: another audit voids them, and that very audit, put back, finds them in force again.
"""

import datetime as dt
import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from fairness_audits.gate import export_list, open_released, status
from fairness_audits.log import entries
from fairness_audits.release import DATA_TEAM, GateState, role_named
from fairness_audits.signing import Ring
from models.tables import COHORT, REASONS, SCORES
from store.errors import UsageError, Withheld
from store.run_folder import RunFolder
from tests.fairness_audits.borough import FAMILIES
from tests.fairness_audits.gated import MITIGATION, TODAY, VERDICTS, make_runs, put_audit, sign
from tests.support import KEYS

PEOPLE = {"Ada Lovelace": 1, " ada  LOVELACE": 1, "Grace Hopper": 2, "Mary Seacole": 3, "": 0}
ROLES = ("data_scientist", "data_engineer", "equalities_lead", "director", "wizard")
TAMPERED = ("audit.json", "audit.mac", "scores", "reasons", "cohort", "evaluation")

_made: dict[str, RunFolder] = {}
_folder = tempfile.TemporaryDirectory(prefix="gate-machine-")


def made() -> dict[str, RunFolder]:
    """The three audited runs, made once."""
    if not _made:
        _made.update(make_runs(Path(_folder.name)))
    return _made


class Gate(RuleBasedStateMachine):
    """One run folder and its honest history."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="gate-machine-run-"))
        self.run = RunFolder(Path(shutil.copytree(made()["pass"].root, self.folder / "run")))
        shutil.rmtree(self.run.root / "fairness_audits")
        self.today = TODAY
        self.audited: str | None = None
        self.signed_for: str | None = None
        self.approvals: list[tuple[int, str, dt.date | None]] = []
        self.changed: dict[str, bytes] = {}
        self.attempts = 0
        self.outs = 0

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            shutil.rmtree(self.folder)

    # --- what may be done --------------------------------------------------------------------------------

    @rule(verdict=st.sampled_from(VERDICTS))
    def audit(self, verdict: str) -> None:
        """Audit (again) under a policy that gives this verdict; the files it rests on are as they were made."""
        self._restore()
        put_audit(self.run, made()[verdict])
        self.audited = verdict

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

    def _approve(self, name: str, role: str, mitigation: str | None, days: int | None) -> None:
        expires = None if days is None else self.today + dt.timedelta(days=days)
        self.attempts += 1
        try:
            sign(self.run, name, role, today=self.today, mitigation=mitigation, expires=expires)
        except (UsageError, Withheld):
            return
        assert self._sound(), "approved what was not fit for approval"
        assert PEOPLE[name] and role != "wizard"
        if self.signed_for != self.audited or not self._in_force():
            self.approvals = []
        self.signed_for = self.audited
        assert days is None or 0 < days < 366
        if self.audited == "cannot_tell":
            assert mitigation == MITIGATION and expires is not None
        self.approvals.append((PEOPLE[name], role, expires))
        assert len(self.approvals) <= 2

    @precondition(lambda self: not self.changed)
    @rule(name=st.sampled_from(TAMPERED), place=st.integers(0, 100_000), bit=st.integers(0, 7))
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
        path = self.run.root / "fairness_audits" / FAMILIES / "release.json"
        if path.exists():
            content = path.read_bytes()
            place %= len(content)
            path.write_bytes(content[:place] + bytes([content[place] ^ (1 << bit)]) + content[place + 1 :])
            self.approvals = []

    @rule(days=st.integers(1, 60))
    def wait(self, days: int) -> None:
        self.today += dt.timedelta(days=days)

    @rule()
    def export(self) -> None:
        self.outs += 1
        self.attempts += 1
        out = self.folder / f"out{self.outs}.csv"
        try:
            export_list(self.run, KEYS, FAMILIES, out, self.today)
        except Withheld:
            assert not out.exists()
            assert not self._released()
        else:
            assert out.exists()
            assert self._released()

    @rule()
    def open(self) -> None:
        self.attempts += 1
        try:
            open_released(self.run, KEYS, FAMILIES, self.today)
        except Withheld:
            assert not self._released()
        else:
            assert self._released()

    # --- what must hold ----------------------------------------------------------------------------------

    @invariant()
    def the_state_is_the_honest_one(self) -> None:
        if not hasattr(self, "run"):
            return
        found = status(self.run, KEYS, FAMILIES, self.today)
        assert (found.state is GateState.RELEASED) is self._released()
        assert found.reason
        if self.audited is None or self.changed:
            assert found.state is GateState.NOT_AUDITED
        elif self.audited == "fail":
            assert found.state is GateState.FAILED

    @invariant()
    def every_attempt_is_in_the_log(self) -> None:
        if hasattr(self, "run"):
            assert len(entries(self.run, Ring.of(KEYS))) == self.attempts

    # --- the honest account ------------------------------------------------------------------------------

    def _sound(self) -> bool:
        return self.audited in {"pass", "cannot_tell"} and not self.changed

    def _in_force(self) -> bool:
        return all(expires is None or self.today < expires for _, _, expires in self.approvals)

    def _released(self) -> bool:
        signed = self.signed_for == self.audited and len(self.approvals) == 2
        if not self._sound() or not signed or not self._in_force():
            return False
        (one, role, _), (other, other_role, _) = self.approvals
        assert one != other and role != other_role
        assert not {role_named(role), role_named(other_role)} <= DATA_TEAM
        return True

    def _file(self, name: str) -> Path:
        if name.startswith("audit"):
            return self.run.root / "fairness_audits" / FAMILIES / name
        if name == "evaluation":
            return self.run.root / "models" / FAMILIES / "evaluation.json"
        return self.run.path({"scores": SCORES, "reasons": REASONS, "cohort": COHORT}[name], FAMILIES)

    def _restore(self) -> None:
        for name, content in self.changed.items():
            self._file(name).write_bytes(content)
        self.changed = {}


TestGate = Gate.TestCase
TestGate.settings = settings(
    max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
