# Two commands do everything on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
SOURCE := inkt_mfg tui labels

.PHONY: help install demo test test-all trace words pictures bench lint clean

help: ## what each target does
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

install: $(STAMP) ## make .venv from the lock with hashes

$(STAMP): requirements-dev.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "python3 (3.11 or newer) is missing: apt install python3"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "python3 must be 3.11 or newer"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "python3-venv is missing: apt install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(BIN)/python -m compileall -q $(SOURCE)
	@touch $@

demo: $(STAMP) ## simulate the trial, walk one patient through, open the terminal application
	@rm -rf demo
	@$(BIN)/inkt demo --out demo

lint: $(STAMP) ## style, types, floors
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint ## lint, types, import contracts and every test at reduced counts
	$(BIN)/python -m pytest -n 2

test-all: lint ## full counts, kills, and everything slow
	# The whole demo has a bound in seconds: it is timed with the machine to itself, once.
	INKT_TEST_PROFILE=full $(BIN)/python -m pytest tests/demo/test_whole_demo.py
	INKT_TEST_PROFILE=full $(BIN)/python -m pytest -n 2 --ignore=tests/demo/test_whole_demo.py

trace: $(STAMP) ## which requirement which test shows, gaps included
	INKT_TRACE=.trace.json $(BIN)/python -m pytest -n 2 >/dev/null; $(BIN)/python -m tools.trace .trace.json

words: $(STAMP) ## bring the translations up to the sentences of the source
	$(BIN)/python -m tools.words

pictures: $(STAMP) ## draw the terminal's pictures of the README again
	$(BIN)/python -m tools.pictures

bench: $(STAMP) ## speeds as ratios in one run, a table and JSON
	$(BIN)/python -m bench

clean: ## forget what was built
	rm -rf $(VENV) demo .mypy_cache .ruff_cache .hypothesis .import_linter_cache
