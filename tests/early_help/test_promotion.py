"""Promotion: two people, the evidence as registered, a written reason where one is due; and the history of it."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from early_help import promotion
from early_help.promotion import history, promote
from models.mlflow_store import MlflowStore
from models.registry import CHALLENGER, CHAMPION
from models.thresholds import RetrainingConfig
from store.errors import EarlyHelpError, InputRejected, UsageError, Withheld
from store.keys import Keys
from tests.early_help.made_up_quarter import AS_OF, TARGET, Quarter
from tests.support import KEYS

NOTE = "Read the fairness report and the summary of the retraining."
REASON = "The panel reads every case blind to its place in the list, and records decisions by group."
ANN = {"by": "Ann Able", "role": "data_scientist"}
BEA = {"by": "Bea Bold", "role": "equalities_lead"}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("quarter")
    quarter = Quarter(folder)
    quarter.make()
    quarter.retrain()
    return folder


@pytest.fixture
def quarter(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Quarter:
    shutil.copytree(template, tmp_path / "council")
    found = Quarter(tmp_path / "council")
    monkeypatch.setattr(promotion, "config_of", lambda run: found.config)
    monkeypatch.setattr(promotion, "load_keys", lambda: KEYS)
    return found


def sign(quarter: Quarter, who: dict[str, str], note: str = NOTE, reason: str | None = None) -> None:
    promote(str(quarter.run.root), TARGET, who["by"], who["role"], note, reason)


def champion(quarter: Quarter) -> int | None:
    found = quarter.registry.champion(TARGET)
    return found.number if found else None


def aliases(quarter: Quarter) -> dict[str, int]:
    found = MlflowStore(quarter.mlruns).client().get_registered_model(TARGET).aliases
    return {name: int(version) for name, version in found.items()}


def lines(quarter: Quarter) -> list[dict[str, Any]]:
    path = quarter.mlruns / "history" / f"{TARGET}.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_two_people_promote_and_the_history_says_who_when_and_on_what(
    quarter: Quarter, capsys: pytest.CaptureFixture[str]
) -> None:
    sign(quarter, ANN)
    assert "not promoted yet" in capsys.readouterr().out
    assert (champion(quarter), aliases(quarter)) == (None, {CHALLENGER: 1})
    sign(quarter, BEA)
    assert (champion(quarter), aliases(quarter)) == (1, {CHAMPION: 1})
    assert [line["action"] for line in lines(quarter)] == ["registered", "signed", "promoted"]
    history(TARGET, str(quarter.mlruns))
    said = capsys.readouterr().out
    for part in (
        "Ann Able (data_scientist) signed for version 1",
        "Bea Bold (equalities_lead) made version 1 champion",
    ):
        assert part in said
    assert NOTE in said
    assert lines(quarter)[0]["evidence"]["audit_sha256"][:12] in said
    assert "3 lines; every one is as it was written." in said
    assert "Champion: version 1\nChallenger: none" in said
    assert "Warning" not in said


@pytest.mark.parametrize(
    "second",
    [
        ANN,
        {"by": "able  ANN", "role": "equalities_lead"},
        {"by": "Carl Cole", "role": "data_scientist"},
        {"by": "Carl Cole", "role": "data_engineer"},
    ],
    ids=["same", "same, spelt otherwise", "same role", "both of the data team"],
)
def test_the_second_must_be_another_person_of_another_role_outside_the_data_team(
    quarter: Quarter, second: dict[str, str]
) -> None:
    sign(quarter, ANN)
    with pytest.raises(Withheld):
        sign(quarter, second)
    assert (champion(quarter), len(lines(quarter))) == (None, 2)


@pytest.mark.parametrize(
    ("who", "note"),
    [
        ({"by": "", "role": "director"}, NOTE),
        ({"by": "Ann\nAble", "role": "director"}, NOTE),
        ({"by": "Ann", "role": "chief"}, NOTE),
        (ANN, "..."),
    ],
)
def test_a_signature_needs_a_name_a_role_and_words(quarter: Quarter, who: dict[str, str], note: str) -> None:
    with pytest.raises(UsageError):
        sign(quarter, who, note)
    assert len(lines(quarter)) == 1


def failed_audit(quarter: Quarter) -> None:
    quarter.audit("fail")


def audit_made_again(quarter: Quarter) -> None:
    quarter.audit("cannot_tell")


def audit_changed(quarter: Quarter) -> None:
    path = quarter.run.root / "fairness_audits" / TARGET / "audit.json"
    path.write_text(path.read_text().replace("As made up", "As it should be"))


def model_changed_there(quarter: Quarter) -> None:
    (path,) = quarter.mlruns.glob("artifacts/*/*/artifacts/model/model.json")
    path.write_text(path.read_text().replace('"seed": 1', '"seed": 2'))


def model_changed_here(quarter: Quarter) -> None:
    (quarter.run.root / "models" / TARGET / "model" / "model.json").unlink()


def evaluation_changed(quarter: Quarter) -> None:
    path = quarter.run.root / "models" / TARGET / "evaluation.json"
    path.write_text(path.read_text().replace("0.3", "0.9"))


def recommendation_changed(quarter: Quarter) -> None:
    path = quarter.run.root / "retraining.json"
    path.write_text(path.read_text().replace("about as good", "far better").replace("no champion yet", "nothing"))


def comparison_changed(quarter: Quarter) -> None:
    path = quarter.run.root / "models" / "comparison.json"
    path.write_text(path.read_text() + "\n")


def no_retraining(quarter: Quarter) -> None:
    (quarter.run.root / "retraining.json").unlink()


def history_changed(quarter: Quarter) -> None:
    path = quarter.mlruns / "history" / f"{TARGET}.jsonl"
    path.write_text(path.read_text().replace('"advice":"promote"', '"advice":"keep"'))


def newer_challenger(quarter: Quarter) -> None:
    newer = Quarter(quarter.folder, dt.date(2026, 3, 31))
    newer.make(seed=2)
    newer.retrain()


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (failed_audit, Withheld),
        (audit_made_again, InputRejected),
        (audit_changed, Withheld),
        (model_changed_there, InputRejected),
        (model_changed_here, InputRejected),
        (evaluation_changed, Withheld),
        (recommendation_changed, InputRejected),
        (comparison_changed, InputRejected),
        (no_retraining, UsageError),
        (history_changed, InputRejected),
        (newer_challenger, Withheld),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_what_changed_since_cannot_be_signed_for_even_by_the_second(
    quarter: Quarter, change: Callable[[Quarter], None], error: type[EarlyHelpError]
) -> None:
    sign(quarter, ANN)
    change(quarter)
    with pytest.raises(error):
        sign(quarter, BEA)
    assert "promoted" not in [line["action"] for line in lines(quarter)]
    assert CHAMPION not in aliases(quarter)


@pytest.mark.parametrize("days", [100, 7])
def test_evidence_grows_old_as_the_recommendation_says(
    quarter: Quarter, monkeypatch: pytest.MonkeyPatch, days: int
) -> None:
    quarter.thresholds = RetrainingConfig(evidence_days=days)
    quarter.retrain()
    sign(quarter, ANN)
    # What the TOML says later does not make older evidence good again.
    quarter.thresholds = RetrainingConfig(evidence_days=366)
    later = dt.datetime.now(dt.UTC) + dt.timedelta(days=days, hours=1)
    monkeypatch.setattr(promotion, "_now", lambda: later)
    with pytest.raises(Withheld, match=f"holds for {days} days"):
        sign(quarter, BEA)
    monkeypatch.setattr(promotion, "_now", lambda: later - dt.timedelta(hours=2))
    sign(quarter, BEA)
    assert champion(quarter) is not None


@pytest.mark.parametrize(("verdict", "why"), [("cannot_tell", "audit cannot tell"), ("pass", "recommendation is to")])
def test_what_is_not_recommended_needs_a_reason_in_words_from_each(quarter: Quarter, verdict: str, why: str) -> None:
    quarter.audit(verdict)
    quarter.retrain(despite="The rents come by hand until May." if verdict == "pass" else None)
    if verdict == "pass":
        path = quarter.run.root / "sources" / "data_quality.json"
        gap = {"table": "rent", "source": "rents", "quiet": [], "gaps": [{"from": "2026-04", "to": "2026-06"}]}
        path.write_text(json.dumps({"coverage": {"tables": [gap]}, "extracts": []}))
        quarter.retrain(despite="The rents come by hand until May.")
    for reason in (None, "", "because", "no no no no no no no no no no no no no no no no no no no no no no"):
        with pytest.raises(Withheld, match=why if not reason else "reason"):
            sign(quarter, ANN, reason=reason)
    sign(quarter, ANN, reason=REASON)
    with pytest.raises(Withheld, match=why):
        sign(quarter, BEA)
    sign(quarter, BEA, reason=REASON)
    assert champion(quarter) == 1
    assert [line.get("reason") for line in lines(quarter)][-2:] == [REASON, REASON]


def test_signatures_lapse_with_the_evidence_they_were_given_on(quarter: Quarter) -> None:
    sign(quarter, ANN)
    quarter.audit("cannot_tell")
    quarter.retrain()
    sign(quarter, BEA, reason=REASON)
    assert champion(quarter) is None
    sign(quarter, ANN, reason=REASON)
    assert champion(quarter) == 1


def test_the_next_champion_takes_the_place_of_the_last(quarter: Quarter) -> None:
    sign(quarter, ANN)
    sign(quarter, BEA)
    quarter.make(seed=2)
    with pytest.raises(UsageError, match="no challenger"):
        sign(quarter, ANN)
    quarter.retrain()
    sign(quarter, ANN)
    sign(quarter, BEA)
    assert (champion(quarter), aliases(quarter)) == (2, {CHAMPION: 2})
    assert lines(quarter)[-1]["was"] == 1


def test_history_warns_of_moved_aliases_and_refuses_a_broken_record(
    quarter: Quarter, capsys: pytest.CaptureFixture[str]
) -> None:
    MlflowStore(quarter.mlruns).client().set_registered_model_alias(TARGET, CHAMPION, "1")
    history(TARGET, str(quarter.mlruns))
    assert "Warning: MLflow's alias champion" in capsys.readouterr().out
    with pytest.raises(UsageError, match="no such target"):
        history("under_the_rader", str(quarter.mlruns))
    history_changed(quarter)
    with pytest.raises(InputRejected, match="was changed"):
        history(TARGET, str(quarter.mlruns))


def test_history_tells_of_a_line_that_was_cut_off(quarter: Quarter, capsys: pytest.CaptureFixture[str]) -> None:
    path = quarter.mlruns / "history" / f"{TARGET}.jsonl"
    with path.open("ab") as file:
        file.write(path.read_bytes().splitlines()[-1][:40])
    told = "1 line was cut off while being written to the history of this target's models"
    history(TARGET, str(quarter.mlruns))
    said = capsys.readouterr().out
    assert told in said and "1 lines; every one is as it was written." in said
    # Told still once the next line has set it aside, for whoever was signing then may think that it counted.
    sign(quarter, ANN)
    capsys.readouterr()
    history(TARGET, str(quarter.mlruns))
    assert told in capsys.readouterr().out


def test_history_under_an_exchanged_key_is_shown_as_such(
    quarter: Quarter, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(promotion, "load_keys", lambda: Keys(bytes(range(1, 33))))
    history(TARGET, str(quarter.mlruns))
    assert "earlier master key" in capsys.readouterr().out
    assert AS_OF.isoformat() in str(quarter.run.root)
