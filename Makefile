# lfine's own work: one environment in .venv, and the checks that every change passes.
# Another interpreter: make PYTHON=python3.12 …     More test processes: make test WORKERS=4

PYTHON  ?= python3
WORKERS ?= 2
VENV    := .venv
BIN     := $(VENV)/bin
STAMP   := $(VENV)/.installed
FLOORS  := schemas evaluation finetune task_configs
# What mypy reads: the link tree (see `types`) and every other folder that holds Python files by now.
LUDWIG  := .venv-ludwig
LUDWIG_PYTHON ?= python3.12
TYPED   := .dev/lfine $(patsubst %/,%,$(sort $(dir $(wildcard benchmarks/*.py docs/*.py)))) tests

SHELL       := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS   += --no-print-directory
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help venv demo test test-tasks soak mutation check lint types architecture generate generate-check validate links format clean

# Nothing here needs the network once installed; two test processes must not each start a thread for every core.
export HF_HUB_OFFLINE := 1
export TOKENIZERS_PARALLELISM := false
export PYTHONUTF8 := 1

help: ## list these targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

venv: $(STAMP) ## install lfine and its libraries into .venv (again only when pyproject.toml or constraints.txt changed)

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "lfine needs Python 3.11 or newer, and $(PYTHON) is $$($(PYTHON) --version 2>&1): make PYTHON=python3.12 …" >&2; exit 1; }
	@test -x $(BIN)/python || { echo "creating $(VENV) with $$($(PYTHON) --version)"; $(PYTHON) -m venv $(VENV); }
	@echo "installing lfine and its libraries into $(VENV): some minutes, torch is the largest"
	@# -qq: pip's errors are shown, its warnings about the machine's own package sources are not.
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt -e '.[all,dev]'
	@touch $@
	@echo "installed lfine $$($(BIN)/python -c 'import lfine; print(lfine.__version__)')"

demo: venv ## validate, compile, train, evaluate and report one small task
	@$(BIN)/python benchmarks/demo.py

test: venv ## run the whole test suite, offline
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n $(WORKERS) --dist loadfile -m 'not tasks and not compiler'

test-tasks: venv ## train every task file for two updates on its real rows and score their gold answers (minutes)
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q tests/task_configs -m tasks

test-compiled: venv ## compare compiled decoder layers with the plain loop, in every number format (minutes)
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q tests/finetune/train/test_convergence.py -m compiler

soak: venv ## kill 200 trainings at random moments, go on with each, compare the ends bit for bit
	@$(BIN)/python -m benchmarks.soak

mutation: venv ## damage every task file in every way; write docs/explanation/mutation.md
	@$(BIN)/python -m benchmarks.mutation --out docs/explanation/mutation.md

# Ludwig wants Python 3.12 and a torch of its own (6 GB on Linux), so it has an environment of its own; not part of `test`.
test-ludwig: venv $(LUDWIG)/.installed ## ask Ludwig 0.17 whether it takes what --target ludwig writes, and train 5 updates with it
	@OMP_NUM_THREADS=1 PYTHONPATH=. $(BIN)/python tests/ludwig/prepare.py build/ludwig
	@OMP_NUM_THREADS=1 $(LUDWIG)/bin/python tests/ludwig/accept.py build/ludwig

$(LUDWIG)/.installed: pyproject.toml
	@$(LUDWIG_PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 12))' || { echo "Ludwig needs Python 3.12 or newer: make LUDWIG_PYTHON=… test-ludwig" >&2; exit 1; }
	@test -x $(LUDWIG)/bin/python || { echo "creating $(LUDWIG) and installing Ludwig into it: some minutes"; $(LUDWIG_PYTHON) -m venv $(LUDWIG); }
	@$(LUDWIG)/bin/python -m pip install -qq --disable-pip-version-check '.[ludwig]'
	@touch $@

check: lint types generate-check validate architecture ## everything a change must pass besides the tests

lint: venv ## ruff: rules and format
	@echo "ruff"
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet . || { echo "not formatted; cure: make format" >&2; exit 1; }

types: venv links ## mypy --strict, tests included
	@echo "mypy --strict"
	@$(BIN)/mypy --strict $(TYPED)

# The folders at the top level are imported as lfine.schemas, lfine.finetune, …; mypy, which knows no package-dir
# mapping, reads them through links laid out as an installed lfine would be.
links:
	@mkdir -p .dev/lfine
	@find -L .dev/lfine -maxdepth 1 -type l -exec rm -f {} +
	@for entry in $(filter-out lfine/__pycache__,$(wildcard lfine/*)) $(FLOORS); do \
	  ln -sfn "../../$$entry" ".dev/lfine/$${entry##*/}"; done

architecture: venv ## floors, packages, house numbers, error codes, import budget
	@echo "architecture tests"
	@$(BIN)/python -m pytest -q tests/architecture

generate: venv ## write the generated pages of docs/reference and the table of measured speeds
	@$(BIN)/python docs/generate.py
	@$(BIN)/python benchmarks/speed.py --write

generate-check: venv ## say whether the generated pages are up to date
	@echo "generated pages"
	@$(BIN)/python docs/generate.py --check
	@$(BIN)/python benchmarks/speed.py --check

validate: venv ## lfine validate task_configs
	@echo "lfine validate task_configs"
	@env -u LFINE_DATA $(BIN)/lfine validate task_configs

format: venv ## let ruff mend format and what it can mend safely
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format --quiet .

clean: ## remove what the targets above make, but neither .venv nor runs/
	@rm -rf build dist .dev .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
	@find . -path ./$(VENV) -prune -o -path ./runs -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +
