# Everything runs in .venv, made on first use from requirements.lock.
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed

.DEFAULT_GOAL := help

.PHONY: help install demo test lint bench bench-filters bench-dedup bench-ingest bench-pii fuzz spark-test flink-test real lock rules recipes python-docs picture clean
help:  ## list the targets
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

$(INSTALLED): pyproject.toml setup.py requirements.lock
	$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v <= (3, 13) else f"winnow needs Python 3.11 to 3.13, not {v[0]}.{v[1]}; try make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

install: $(INSTALLED)  ## environment with winnow and all tools

demo: $(INSTALLED)  ## run the whole way on the sample that ships with winnow
	$(BIN)/winnow run demo --out runs/demo
	$(BIN)/winnow verify runs/demo

test: lint  ## lint, types, and all tests but those marked real
	$(BIN)/python -m pytest -m "not real"

lint: $(INSTALLED)  ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(INSTALLED)  ## speed beside the peers, as ratios of one run
	$(BIN)/python -m benchmarks.end_to_end

bench-filters: $(INSTALLED)  ## rules, language, personal data: speed beside datatrove and fastText
	$(BIN)/python -m benchmarks.filters

bench-ingest: $(INSTALLED)  ## readers and extraction: speed beside the libraries, F1 against gold
	$(BIN)/python -m pip install --quiet uv  # pip before 24 fails on lxml's extra, spelt in two ways
	$(BIN)/uv pip install --quiet --python $(BIN)/python trafilatura readability-lxml justext lxml-html-clean mwparserfromhell mwxml
	$(BIN)/python -m benchmarks.ingest
	$(BIN)/python -m benchmarks.ingest_wiki

bench-pii: $(INSTALLED)  ## personal data: recall and precision beside the libraries, speed
	$(BIN)/python -m pip install --quiet presidio-analyzer
	$(BIN)/python -m benchmarks.pii

fuzz: $(INSTALLED)  ## 10,000 damaged files through every reader and extraction
	$(BIN)/python -m benchmarks.fuzz 10000

bench-dedup: $(INSTALLED)  ## deduplication: speed beside the libraries, recall, precision, size
	$(BIN)/python -m benchmarks.dedup
	$(BIN)/python -m benchmarks.dedup_size

spark-test: $(INSTALLED)  ## the same digest from a Spark cluster of two workers, one killed; jars go to .spark/
	$(BIN)/python -m benchmarks.spark_check .spark

flink-test: $(INSTALLED)  ## the same digest from Flink, embedded in Beam's job server
	$(BIN)/python -m benchmarks.flink_check .spark

real: $(INSTALLED)  ## tests over real data; WINNOW_DATA names its folder
	$(BIN)/python -m pip install --quiet pyahocorasick fasteners
	$(BIN)/python -m pytest -m real -rs

rules: $(INSTALLED)  ## docs/rules.md, from the code
	$(BIN)/winnow rules --markdown > docs/rules.md

recipes: $(INSTALLED)  ## docs/recipes.md, from the code
	$(BIN)/python -m pipelines.recipe.reference > docs/recipes.md

python-docs: $(INSTALLED)  ## docs/python.md, from the docstrings
	$(BIN)/python -m tests.python_page > docs/python.md

picture: $(INSTALLED)  ## the README's picture, from a fresh demo run
	rm -rf runs/demo && $(BIN)/winnow run demo --out runs/demo --quiet
	$(BIN)/winnow inspect runs/demo --svg docs/summary.svg

lock: $(INSTALLED)  ## resolve requirements.lock anew
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-header --extra dev pyproject.toml --output-file requirements.lock

clean:  ## remove the environment and all runs
	rm -rf .venv runs build dist *.egg-info
