# Everything a newcomer needs, in one word each. Works with GNU make on Linux and macOS; README has the plain
# commands for Windows.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
SPARK_STAMP := $(VENV)/.installed-spark
SIDE_BY_SIDE := -n auto --dist loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help

.PHONY: help install demo serve test coverage test-databases test-spark test-councils test-notebooks test-browser lint bench bench-linkage bench-features bench-models bench-review docs pictures site calibration lab lock clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(STAMP) ## Set up .venv with the locked packages (skipped when it is current)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed; set PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv $(VENV)
	@echo "Installing the locked packages: one to three minutes."
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

demo: install ## Run the whole job on a synthetic borough of 2,000 families
	$(BIN)/early-help demo

serve: install ## Serve the web app of the demo, with an account of each role; run make demo first
	$(BIN)/early-help serve runs/demo --demo

test: install lint ## Check style and types, and run the tests
	$(BIN)/python -m pytest $(SIDE_BY_SIDE)

# Apart, because following every line takes a quarter to as much again as the tests themselves.
coverage: install ## Run the tests and list the lines they do not reach
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) --cov --cov-report=term-missing:skip-covered

test-databases: install ## Test reading databases, and the web app, on a PostgreSQL server started for it
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) -m databases tests/sources tests/review

test-spark: $(SPARK_STAMP) ## Test matching and features on Spark against those on DuckDB (needs Java 17)
	JAVA_TOOL_OPTIONS="-XX:TieredStopAtLevel=1" $(BIN)/python -m pytest -m spark tests/residents tests/features

test-councils: install ## Set a council's whole run back in time, and count families of it by hand (minutes)
	$(BIN)/python -m pytest -m councils tests/features

# Spark is apart, because it is as large as everything else together.
$(SPARK_STAMP): requirements-spark.lock $(STAMP)
	@echo "Installing Spark: half a minute to two minutes."
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-build-isolation --require-hashes \
		-r requirements-spark.lock
	@touch $(SPARK_STAMP)

test-notebooks: install ## Run the notebooks from beginning to end
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) --nbmake --nbmake-timeout=900 notebooks

test-browser: install ## Open every report and the web app in a real Chromium: accessibility, keyboard, zoom, paper
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) -m browser tests/reports tests/review

lint: install ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: install ## Measure time and memory: the main job by stage, and reading attendance against a plain copy
	$(BIN)/python -m benchmarks.main_job
	$(BIN)/python -m benchmarks.attendance

bench-linkage: install ## Measure who is who and which families: quality by group and system, cost; into docs/linkage.md
	$(BIN)/python -m benchmarks.linkage

bench-features: install ## Measure the feature library: time, memory, growth, beside an as-of join and featuretools
	$(BIN)/python -m benchmarks.features

bench-models: install ## Measure the models: each way of choosing on several boroughs, against the truth, and the cost
	$(BIN)/python -m benchmarks.models

bench-review: install ## Measure the web app: many people at once, 40,000 families; run make demo first
	$(BIN)/python -m benchmarks.review --run runs/demo --keep

docs: install ## Make the reference pages under docs/ from the definitions
	$(BIN)/python -m early_help.reference

pictures: install ## Take the pictures of README and handbook from the demo's reports (run make demo first)
	$(BIN)/python -m early_help.pictures runs/demo

site: install ## Build the handbook (docs/) as a website in build/site
	$(BIN)/python -m mkdocs build --strict

calibration: install ## Measure the synthetic borough against the published figures, into its page
	$(BIN)/python -m sources.synthetic.page docs/synthetic-borough.md

# By itself JupyterLab asks the network for a newer version, for news, and for extensions.
QUIET_LAB := --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate --LabApp.news_url=None \
	--LabApp.extension_manager=readonly

lab: install ## Open the notebooks in JupyterLab
	$(BIN)/jupyter lab --notebook-dir notebooks $(QUIET_LAB)

LOCK := uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
	--custom-compile-command "make lock"

lock: ## Resolve the dependencies again into requirements.lock and requirements-spark.lock (needs uv)
	$(LOCK) --extra dev --extra notebooks --extra pdf --extra postgres --extra web pyproject.toml -o requirements.lock
	$(PYTHON) -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["spark"], sep="\n")' \
		| $(LOCK) --constraint requirements.lock - -o requirements-spark.lock

# A history says who made which model champion, and the store beside it holds the files of those models: the two go
# together, are evidence, and nothing makes them again.
clean: ## Remove the environment and everything a run made; models with a history of promotions are kept
	rm -rf $(VENV) runs .mypy_cache .pytest_cache .ruff_cache .coverage build *.egg-info
	@if [ -d mlruns/history ]; then \
		echo "mlruns/ is kept: its history says who promoted which model. Move it to a backup if it is not needed here."; \
	else \
		rm -rf mlruns/mlflow.db mlruns/artifacts mlruns/.lock; \
	fi
