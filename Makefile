# Everything runs in .venv, made on first use from requirements.lock.
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed
PACKAGES := winnow pipelines filters dedup tokenizer_train shards manifests

.DEFAULT_GOAL := help

.PHONY: help install demo test test-wheel lint bench bench-filters bench-language bench-dedup bench-ingest bench-pii bench-encoding bench-loader bench-start bench-small-files bench-large-runs bench-memory bench-tokenizer bench-worth bench-estimate bench-recipes page-classifiers content-model wiki-locales race chaos exits fuzz spark-test flink-test real lock audit rules recipes alarms manifests mistakes python-docs picture report-picture clean

help:  ## list the targets
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

$(INSTALLED): pyproject.toml setup.py requirements.lock
	$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v <= (3, 13) else f"winnow needs Python 3.11 to 3.13, not {v[0]}.{v[1]}; try make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv .venv
	@echo "the packages of requirements.lock are installed into .venv: about 370 MB to download"
	@sed -n '/^uv==/,/# via/p' requirements.lock > .venv/uv.lock
	$(BIN)/python -m pip install --quiet --require-hashes -r .venv/uv.lock
	@# uv reads no settings of pip; where it does not get through, pip may.
	index=$$($(BIN)/python -m pip config list | sed -n "s/^[^ ]*[.]index-url='\(.*\)'$$/\1/p" | tail -1); \
	$${index:+env UV_DEFAULT_INDEX=$$index} $(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.lock \
	  || $(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@# Where PYTHONDONTWRITEBYTECODE is set, as in many images, each start would compile them again.
	$(BIN)/python -m compileall -q $(PACKAGES) tests
	$(BIN)/winnow compile
	touch $@

install: $(INSTALLED)  ## make .venv with winnow and all tools

demo: $(INSTALLED)  ## run all stages on the sample that ships with winnow, and verify the result
	$(BIN)/winnow run demo --out runs/demo
	$(BIN)/winnow verify runs/demo

test: lint  ## run lint, types, and all tests except those marked real, installed or chaos
	$(BIN)/python -m pytest -m "not real and not installed and not chaos" --numprocesses auto --dist loadfile --no-loadscope-reorder

test-wheel: $(INSTALLED)  ## run the demo with the installed wheel, whose kernels are compiled anew: ten minutes
	$(BIN)/python -m pytest -m "installed and not real" tests/test_wheel.py

lint: $(INSTALLED)  ## run ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

race: $(INSTALLED)  ## measure all stages beside datatrove's on 4 and 40 MB of real pages, in turns
	$(BIN)/python -m benchmarks.end_to_end 4
	$(BIN)/python -m benchmarks.end_to_end 40 --rounds 1

bench: $(INSTALLED)  ## the same on 4 MB alone
	$(BIN)/python -m benchmarks.end_to_end 4

bench-filters: $(INSTALLED)  ## measure rules, language and personal data, with datatrove and fastText for comparison
	$(BIN)/python -m benchmarks.filters

bench-language: $(INSTALLED)  ## measure language identifiers: macro F1 on labelled text, speed, start-up
	$(BIN)/python -m benchmarks.language

bench-ingest: $(INSTALLED)  ## measure readers and extraction: speed compared with libraries, F1 against gold text
	# Not pip: before 24 it fails on lxml's extra, spelt in two ways.
	$(BIN)/uv pip install --quiet --python $(BIN)/python trafilatura rs-trafilatura readability-lxml justext lxml-html-clean mwparserfromhell mwxml wikiextractor
	$(BIN)/python -m benchmarks.ingest
	$(BIN)/python -m benchmarks.ingest_wiki

bench-pii: $(INSTALLED)  ## measure personal data: recall, precision and speed, compared with libraries
	$(BIN)/python -m pip install --quiet presidio-analyzer
	$(BIN)/python -m benchmarks.pii

bench-encoding: $(INSTALLED)  ## measure encoding on text that no cache has seen, with Hugging Face's tokenizers for comparison
	$(BIN)/python -m benchmarks.encoding

bench-loader: $(INSTALLED)  ## measure reading tokens for training, beside the readers of datatrove, MosaicML, litdata, datasets
	$(BIN)/uv pip install --quiet --python $(BIN)/python torch torchdata mosaicml-streaming litdata datasets
	$(BIN)/python -m benchmarks.loader

bench-start: $(INSTALLED)  ## measure the processor time of the commands that only read
	$(BIN)/python -m benchmarks.start_up

bench-large-runs: $(INSTALLED)  ## measure winnow inspect of runs that list very many files (RUN=...)
	$(BIN)/python -m benchmarks.large_runs $(RUN)

bench-memory: $(INSTALLED)  ## measure the memory of each stage by memory_mb, and requests to an object store
	$(BIN)/python -m benchmarks.memory
	$(BIN)/python -m benchmarks.store_calls

bench-small-files: $(INSTALLED)  ## measure 500 and 4,000 files of one line each beside the same bytes in one file
	$(BIN)/python -m benchmarks.small_files

bench-tokenizer: $(INSTALLED)  ## measure tokenizer training: Gini over languages by balance, time and memory beside Hugging Face
	$(BIN)/python -m benchmarks.tokenizer shares
	$(BIN)/python -m benchmarks.tokenizer speed 19

bench-worth: $(INSTALLED)  ## check the sign of `winnow worth` on 20 damaged sets of texts, and on 20 halves
	$(BIN)/python -m benchmarks.worth

bench-estimate: $(INSTALLED)  ## check the intervals of `winnow estimate` on 20 samples of four inputs
	$(BIN)/python -m benchmarks.estimate

bench-recipes: $(INSTALLED)  ## measure what the shipped recipes keep of texts that people judged, by language
	$(BIN)/python -m benchmarks.recipes

exits: $(INSTALLED)  ## count exit codes of 300 processes of each command beside two busy loops
	$(BIN)/python -m benchmarks.exits --all --at-once 4

chaos: $(INSTALLED)  ## kill, stop and starve 120 runs, and check what is left of them: half an hour
	$(BIN)/python -m benchmarks.chaos

RECORDS ?= 20000
fuzz: $(INSTALLED)  ## read damaged files until RECORDS (1000000: a night) were read; how times grow
	$(BIN)/python -m benchmarks.fuzz $(RECORDS)
	$(BIN)/python -m benchmarks.growth

bench-dedup: $(INSTALLED)  ## measure deduplication: speed compared with libraries, recall, precision, size
	$(BIN)/python -m benchmarks.dedup
	$(BIN)/python -m benchmarks.dedup_size
	$(BIN)/python -m benchmarks.dedup_adversarial

spark-test: $(INSTALLED)  ## check that Spark gives the same digest: two workers, one of them killed; jars go to .spark/
	$(BIN)/python -m benchmarks.spark_check .spark

flink-test: $(INSTALLED)  ## check that Flink gives the same digest, embedded in Beam's job server
	$(BIN)/python -m benchmarks.flink_check .spark

real: $(INSTALLED)  ## run the tests over real data, in the folder that WINNOW_DATA names
	$(BIN)/python -m pip install --quiet pyahocorasick fasteners
	$(BIN)/python -m pytest -m real -rs

content-model: $(INSTALLED)  ## train and measure the scorer of main content on the pages below WINNOW_DATA
	$(BIN)/python -m pip install --quiet lightgbm
	$(BIN)/python -m benchmarks.main_content_model --write

page-classifiers: $(INSTALLED)  ## train the classifiers that ship with winnow on the excerpts below WINNOW_DATA
	$(BIN)/python -m benchmarks.page_classifiers

wiki-locales: $(INSTALLED)  ## write what templates of wikis need of each language, from Unicode's CLDR
	$(BIN)/python -m pip install --quiet babel
	$(BIN)/python -m benchmarks.wiki_locales

rules: $(INSTALLED)  ## write docs/rules.md from the code
	$(BIN)/winnow rules --markdown > docs/rules.md

recipes: $(INSTALLED)  ## write docs/recipes.md from the code
	$(BIN)/python -m pipelines.recipe.reference > docs/recipes.md

alarms: $(INSTALLED)  ## write docs/alarms.md from the code
	$(BIN)/python -m manifests.alarms > docs/alarms.md

manifests: $(INSTALLED)  ## write docs/manifests.md from what commands print about the demo
	$(BIN)/python -m tests.manifests_page > docs/manifests.md

mistakes: $(INSTALLED)  ## write docs/mistakes.md from the commands of tests/mistakes.yaml
	$(BIN)/python -m tests.mistakes_page > docs/mistakes.md

python-docs: $(INSTALLED)  ## write docs/python.md from the docstrings
	$(BIN)/python -m tests.python_page > docs/python.md

picture: $(INSTALLED)  ## make the README's picture from a new run of the demo
	rm -rf runs/demo && $(BIN)/winnow run demo --out runs/demo --quiet
	$(BIN)/winnow inspect runs/demo --svg docs/summary.svg

lock: $(INSTALLED)  ## resolve the dependencies again and write requirements.lock
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-header --extra dev pyproject.toml --output-file requirements.lock

audit: $(INSTALLED)  ## compare the pinned dependencies with published advisories; it needs the network
	$(BIN)/uv tool run pip-audit --requirement requirements.lock --disable-pip --require-hashes --strict

report-picture: demo  ## write docs/report.png and docs/report-phone.png, with a Chromium
	$(BIN)/winnow report runs/demo --out runs/report.html
	$(BIN)/python -m tests.report_picture runs/report.html docs/report.png docs/report-phone.png

clean:  ## remove the environment and all runs
	rm -rf .venv runs build dist *.egg-info
