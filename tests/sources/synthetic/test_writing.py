"""What is written: the same bytes for the same seed, and a layout that the council's own reading path accepts."""

from __future__ import annotations

from pathlib import Path

import pytest

from early_help.config import load_config
from models.config import ModelsConfig
from sources.config import SourcesConfig
from sources.synthetic import FEWEST_FAMILIES, generate
from store.errors import UsageError
from store.files import file_hash
from tests.sources.synthetic.conftest import Made, make

TINY = 60


def _hashes(made: Made) -> dict[str, str]:
    return {
        path.relative_to(made.out.parent).as_posix(): file_hash(path)
        for path in sorted(made.out.parent.rglob("*"))
        if path.is_file()
    }


def test_equal_seeds_give_equal_bytes_and_another_seed_does_not(tmp_path: Path) -> None:
    first, again, other = (make(tmp_path / name, TINY, seed) for name, seed in (("a", 3), ("b", 3), ("c", 4)))
    assert _hashes(first) == _hashes(again)
    different = {name for name, value in _hashes(other).items() if _hashes(first)[name] != value}
    # A handful of young carers may chance to agree; nothing else can.
    assert set(_hashes(first)) - different <= {"borough/extracts/carers/young_carers.csv"}


def test_writing_over_an_older_borough_leaves_no_trace_of_it(tmp_path: Path) -> None:
    make(tmp_path / "again", TINY, 5)
    twice, once = make(tmp_path / "again", TINY, 6), make(tmp_path / "once", TINY, 6)
    assert _hashes(twice) == _hashes(once)


def test_nothing_half_written_is_left(made: Made) -> None:
    assert not list(made.out.parent.rglob("*.tmp"))
    assert len(made.rows) == len([path for path in (made.out / "extracts").rglob("*") if path.is_file()])


def test_the_whole_configuration_loads_and_its_capacity_grows_with_the_borough(tmp_path: Path, made: Made) -> None:
    small = load_config(made.out / "council.toml").sections[ModelsConfig]
    assert isinstance(small, ModelsConfig)
    assert {target.capacity for target in small.targets.values()} == {10}
    larger = load_config(make(tmp_path, 800, 1).out / "council.toml").sections[ModelsConfig]
    assert isinstance(larger, ModelsConfig)
    assert {target.capacity for target in larger.targets.values()} == {20}


def test_every_extract_on_disk_is_mapped(made: Made) -> None:
    sources = load_config(made.out / "council.toml").sections[SourcesConfig]
    assert isinstance(sources, SourcesConfig)
    folder = Path(sources.folder)
    mapped = {path for extract in sources.extracts for glob in extract.files for path in folder.glob(glob)}
    assert mapped == {path for path in folder.rglob("*") if path.is_file()}


def test_the_files_are_not_laid_out_like_the_example_council(made: Made, council_extracts: Path) -> None:
    """Only the TOML may differ between councils, which proves something only if the files do."""
    theirs = {path.name for path in (council_extracts / "fenmarsh").rglob("*") if path.is_file()}
    assert not theirs & {path.name for path in (made.out / "extracts").rglob("*")}


@pytest.mark.parametrize("families", [FEWEST_FAMILIES - 1, 0, -5])
def test_too_few_families_are_refused(tmp_path: Path, families: int) -> None:
    with pytest.raises(UsageError, match="at least"):
        generate(families, 1, tmp_path / "out", tmp_path / "truth")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("truth", ["out", "out/extracts", "out/extracts/truth"])
def test_truth_among_the_extracts_is_refused(tmp_path: Path, truth: str) -> None:
    with pytest.raises(UsageError, match="truth"):
        generate(TINY, 1, tmp_path / "out", tmp_path / truth)
    assert not list(tmp_path.iterdir())


def test_the_fewest_families_make_a_borough(tmp_path: Path) -> None:
    made = make(tmp_path, FEWEST_FAMILIES, 2)
    assert made.of_truth("persons").count("*").fetchall()[0][0] > 2 * FEWEST_FAMILIES


def test_progress_reaches_its_total(tmp_path: Path) -> None:
    class Counting:
        total = steps = 0

        def task(self, label: str, total: int) -> Counting:
            Counting.total = total
            return self

        def __enter__(self) -> Counting:
            return self

        def __exit__(self, *error: object) -> None:
            """Nothing to end."""

        def advance(self, steps: int = 1) -> None:
            Counting.steps += steps

    generate(FEWEST_FAMILIES, 1, tmp_path / "out", tmp_path / "truth", Counting())  # type: ignore[arg-type]
    assert Counting.steps == Counting.total > 0
