# Custody, from a shell.  Continuous integration calls the same targets.

SHELL := /bin/bash
.DEFAULT_GOAL := help

# The first Python from 3.11 to 3.14 that answers; `make setup PYTHON=…` overrides.
FITS := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.14 python3.11; do \
	"$$p" -c "$(FITS)" >/dev/null 2>&1 && echo "$$p" && break; done)
BIN := .venv/bin
WORKERS ?= 2
MINUTES ?= 10
PARALLEL := -n $(WORKERS) --dist loadgroup --no-loadscope-reorder
MARKS ?= not browser and not faults and not large and not long
# Covered whole, branches too; of everything together pyproject.toml asks less.
WHOLLY := include/custody/domain/*,include/custody/crypto/*,include/custody/application/*
CODE := include dags plugins tests benchmarks .ci

# DATA=folder takes real files; SMOKE=1 stops the demo again and checks what it says.
export DATA SMOKE

.PHONY: help setup lint format test test-all demo up down bench fuzz trace

help: ## show these targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: ## make .venv from the hashed lock; instant when it is up to date
	@test -n "$(PYTHON)" || { echo "no Python from 3.11 to 3.14 found: make setup PYTHON=…"; exit 1; }
	@"$(PYTHON)" .ci/environment.py

lint: setup ## ruff, mypy, import contracts
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: setup ## let ruff write the layout
	$(BIN)/ruff format $(CODE)
	$(BIN)/ruff check --fix-only --select I $(CODE)

test: setup ## unit, property, contract, integration and one real Airflow run
	@$(BIN)/pytest $(PARALLEL) -m "$(MARKS)"

test-all: setup ## everything, browser, faults and large data too, with coverage
	@$(BIN)/pytest $(PARALLEL) --timeout 1800 --cov --cov-report=term
	@$(BIN)/coverage report --include '$(WHOLLY)' --fail-under 100

demo: setup ## six deliveries in real Airflow runs; stays up until `make down`
	@$(BIN)/custody demo

up: setup ## start PostgreSQL and Airflow here and leave them running
	@$(BIN)/custody up

down: setup ## stop them cleanly
	@$(BIN)/custody down

.bench/ready: benchmarks/requirements.lock | setup
	@"$(PYTHON)" -m venv .bench
	@.bench/bin/python -m pip install --quiet --require-hashes --requirement $<
	@touch $@

bench: setup .bench/ready ## side-by-side measurements
	@for b in benchmarks/[a-z]*.py; do echo "== $$b"; PYTHONPATH=. $(BIN)/python "$$b" || exit 1; done

fuzz: setup ## feed hostile bytes to manifest, envelopes and readers for MINUTES
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null
	@$(BIN)/python -m pip install -q --no-deps --require-hashes --upgrade \
		--target .fuzz/site -r tests/fuzz/requirements.lock
	@for name in $$($(BIN)/python -c "from tests.fuzz.harnesses import HARNESSES; print(*HARNESSES)"); do \
		echo "== $$name"; PYTHONPATH=.fuzz/site:. $(BIN)/python -m tests.fuzz.run $$name \
		-max_total_time=$$((60 * $(MINUTES))) -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 \
		-verbosity=0 || exit 1; done

trace: setup ## write docs/traceability.md again
	$(BIN)/python -m tests.house.trace
