"""What may be published after what was published before, and the ledger that remembers it."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairness_audits.publication import (
    Figures,
    Ledger,
    Publication,
    Ruling,
    check,
    figures_of_audit,
    figures_of_catalogue,
    figures_of_chain,
    figures_of_proxies,
    ledger_of,
    rule,
)
from store.errors import InputRejected, Withheld
from store.keys import Keys
from store.run_folder import RunFolder
from tests.support import KEYS

AUDIT = "audit of under_the_radar"


def of(dates: str, cells: str = "a", subject: str = AUDIT) -> Figures:
    """Figures of dates that are one letter each."""
    return Figures(subject, frozenset(dates), cells)


@pytest.mark.parametrize(
    ("before", "new", "ruling"),
    [
        ([], of("123"), Ruling.FIRST),
        ([of("123")], of("321"), Ruling.AGAIN),
        ([of("123"), of("234", "b")], of("123"), Ruling.AGAIN),
        ([of("123")], of("123", "b"), Ruling.OTHER_FIGURES),
        ([of("123"), of("234", "b")], of("123", "c"), Ruling.OTHER_FIGURES),
        ([of("123")], of("234"), Ruling.FURTHER),
        ([of("123")], of("234", "b"), Ruling.FURTHER),
        ([of("123")], of("1234", "b"), Ruling.FURTHER),
        ([of("123")], of("4", "b"), Ruling.FURTHER),
        ([of("234")], of("123", "b"), Ruling.FURTHER),
        ([of("123")], of("12", "b"), Ruling.NO_NEW_DATE),
        ([of("123")], of("3", "b"), Ruling.NO_NEW_DATE),
        ([of("123")], of("12", "a"), Ruling.NO_NEW_DATE),
        ([of("123"), of("234", "b")], of("1234", "c"), Ruling.NO_NEW_DATE),
        ([of("12"), of("34", "b")], of("23", "c"), Ruling.NO_NEW_DATE),
        ([of("123", subject="chain")], of("123", "b"), Ruling.FIRST),
        ([of("123", subject="audit of hidden_young_carers")], of("12", "b"), Ruling.FIRST),
    ],
)
def test_what_may_follow_what(before: list[Figures], new: Figures, ruling: Ruling) -> None:
    assert rule(before, new) is ruling
    assert rule(reversed(before), new) is ruling


_ATTEMPTS = st.lists(
    st.tuples(st.sets(st.integers(0, 6), min_size=1), st.sampled_from("ab")).map(
        lambda drawn: Figures(AUDIT, frozenset(str(date) for date in drawn[0]), drawn[1])
    ),
    max_size=14,
)


@given(_ATTEMPTS)
def test_no_order_of_publications_lets_one_be_worked_out_from_the_others(attempts: list[Figures]) -> None:
    """Against linear algebra: a publication is the sum of its dates, and none may be made of others' sums."""
    published: list[Figures] = []
    for new in attempts:
        ruling = rule(published, new)
        if new in published:
            assert ruling is Ruling.AGAIN
        elif any(one.dates == new.dates for one in published):
            assert ruling is Ruling.OTHER_FIGURES
        elif any(not any(date in one.dates for one in published) for date in new.dates):
            assert ruling.allowed
        else:
            assert not ruling.allowed
        if ruling.allowed:
            published.append(new)
    dates = sorted({date for one in published for date in one.dates})
    sets = {one.dates for one in published}
    sums = np.array([[date in chosen for date in dates] for chosen in sorted(sets, key=sorted)], dtype=float)
    assert len({(one.dates, one.cells) for one in published}) == len(sets)
    assert not published or np.linalg.matrix_rank(sums) == len(sets)


def test_a_refusal_names_each_document_and_says_what_to_do() -> None:
    before = [of("12"), of("q", subject="chain"), of("1", subject="stand-ins of x")]
    with pytest.raises(Withheld) as refused:
        check(before, [of("12", "b"), of("qr", "b", "chain"), of("1", "b", "stand-ins of x")])
    assert refused.value.message.count("other figures of the same dates") == 2
    assert AUDIT in refused.value.message and "stand-ins of x" in refused.value.message
    assert "chain" not in refused.value.message
    assert "next quarter" in refused.value.fix and "in words" in refused.value.fix
    assert check(before, [of("12"), of("qr", "b", "chain")]) == {AUDIT: Ruling.AGAIN, "chain": Ruling.FURTHER}


def document(**more: Any) -> dict[str, Any]:
    return {
        "target": "t",
        "test": {"as_ofs": ["2025-06-30", "2025-03-31"]},
        "overall": {"n": 100},
        "bound": {"scores_sha256": "0"},
        **more,
    }


def test_figures_are_all_that_an_audit_says_but_the_hashes_of_what_it_rests_on() -> None:
    plain = figures_of_audit(document())
    assert plain.dates == {"2025-03-31", "2025-06-30"}
    assert figures_of_audit(document(bound={"scores_sha256": "1"})) == plain
    assert figures_of_audit(dict(reversed(document().items()))) == plain
    for changed in ({"overall": {"n": 105}}, {"verdict": "fail"}, {"rounded_to": 1}):
        assert figures_of_audit(document(**changed)).cells != plain.cells
    assert figures_of_audit(document(target="other")).subject != plain.subject


def test_the_chain_is_of_its_quarters_and_stand_ins_of_each_targets_date() -> None:
    chain = figures_of_chain({"windows": [{"from": "2025-03-31", "to": "2025-06-30"}], "links": []})
    assert (chain.subject, chain.dates) == ("chain", {"2025-03-31/2025-06-30"})
    one, two = ({"target": name, "as_of": "2025-06-30", "lists": [name]} for name in ("one", "two"))
    found = figures_of_proxies({"targets": [one, two]})
    assert [figures.subject for figures in found] == ["stand-ins of one", "stand-ins of two"]
    # That one target's figures change says nothing of the other's.
    again = figures_of_proxies({"targets": [one, {**two, "lists": []}]})
    assert again[0] == found[0] and again[1].cells != found[1].cells


def test_the_feature_catalogue_is_of_each_levels_date() -> None:
    levels = {"family": {"as_of": "2026-06-30", "features": []}, "child": {"as_of": "2026-03-31", "features": []}}
    found = {figures.subject: figures.dates for figures in figures_of_catalogue({"levels": levels})}
    assert found == {"feature catalogue of child": {"2026-03-31"}, "feature catalogue of family": {"2026-06-30"}}


def test_a_document_without_dates_is_refused() -> None:
    with pytest.raises(InputRejected, match="of which dates"):
        figures_of_audit(document(test={"as_ofs": []}))


PUBLICATION = Publication(
    council="Testborough",
    run="2026q2",
    run_sha256="1" * 64,
    figures=(of("12"), of("q", subject="chain")),
    files="2" * 64,
    by="Ann <script>alert(1)</script>",
    role="equalities_lead",
    note='=HYPERLINK("x")\nRead it all.',
    on=dt.date(2026, 9, 10),
)


def append(ledger: Ledger, **changes: Any) -> dict[str, Any]:
    with ledger.locked():
        return ledger.append(replace(PUBLICATION, **changes))


def test_the_ledger_keeps_what_was_published_by_council(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, KEYS)
    assert ledger.published("Testborough") == []
    first = append(ledger)
    second = append(ledger, figures=(of("23", "b"),))
    append(ledger, council="Elsewhere", figures=(of("9"),))
    assert ledger.published("Testborough") == [of("12"), of("q", subject="chain"), of("23", "b")]
    assert (first["number"], second["previous"]) == (1, first["hash"])
    assert (first["by"], first["note"], first["date"]) == (PUBLICATION.by, PUBLICATION.note, "2026-09-10")


@pytest.mark.parametrize("place", [0, 1])
def test_a_line_changed_taken_out_or_made_up_breaks_the_ledger(tmp_path: Path, place: int) -> None:
    ledger = Ledger(tmp_path, KEYS)
    for _ in range(3):
        append(ledger)
    content = ledger.path.read_bytes()
    lines = content.splitlines(keepends=True)
    for changed in (
        b"".join(line for number, line in enumerate(lines) if number != place),
        b"".join(line.replace(b"2026-09-10", b"2026-09-11") if n == place else line for n, line in enumerate(lines)),
    ):
        ledger.path.write_bytes(changed)
        with pytest.raises(InputRejected, match="ledger of publications was changed"):
            ledger.published("Testborough")
    ledger.path.write_bytes(content)
    stranger = json.loads(lines[-1]) | {"council": "Elsewhere"}
    made_up = {name: value for name, value in stranger.items() if name not in ("number", "previous", "hash")}
    with ledger.locked():
        ledger._log.append(made_up)
    with pytest.raises(InputRejected, match="not written by the toolkit"):
        ledger.published("Testborough")


def test_lines_under_an_earlier_master_key_still_count(tmp_path: Path) -> None:
    append(Ledger(tmp_path, Keys(b"\x01" * 32)))
    later = Ledger(tmp_path, KEYS)
    append(later, figures=(of("23", "b"),))
    assert rule(later.published("Testborough"), of("12", "b")) is Ruling.OTHER_FIGURES


def test_a_line_under_another_key_after_those_under_ours_is_a_strangers(tmp_path: Path) -> None:
    append(Ledger(tmp_path, KEYS))
    append(Ledger(tmp_path, Keys(b"\x01" * 32)), figures=(of("23", "b"),))
    with pytest.raises(InputRejected, match="not written by the toolkit"):
        Ledger(tmp_path, KEYS).published("Testborough")


def test_without_the_folder_of_models_nobody_knows_what_was_published(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    for models in (None, str(tmp_path / "gone")):
        with pytest.raises(InputRejected, match="not where it was"):
            ledger_of(models, run, KEYS)
    assert ledger_of(str(tmp_path), run, KEYS).published("Testborough") == []
