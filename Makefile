# Every target works on a fresh clone with Python 3.11 to 3.13 and nothing of ours installed.
PYTHON ?= python3
BIN = .venv/bin
PORT ?= 8000
T ?= tests
FUZZ_EXAMPLES ?= 500
SCHEDULES ?= 200
PAYMENT_EXAMPLES ?= 300
MUTANT_EXAMPLES ?= 500
# How many run tests at once, one more than two cores have, for some wait; 0: one after the other, where
# a debugger can stop them.
PROCESSES ?= 3
# What a database decides is decided again by PostgreSQL: races, and what is marked `sql`, which the
# sweeps over every operation are too. In these folders is nothing of the kind, and nobody looks.
NO_SQL = test_fuzzing.py test_openapi.py docs scenarios hotspot/sheets routers/routeros routers/simulator \
	payments/gateways payments/machine payments/simulator
PYTEST = $(BIN)/python -m pytest -n $(PROCESSES)
PYTEST_ON_POSTGRESQL = $(BIN)/python -m tests.on_postgres $(PYTEST) --dist worksteal \
	$(NO_SQL:%=--ignore=tests/%) -p no:schemathesis
NO_TESTS = 5
# A run starts hundreds of processes; each reads what the first has compiled.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup run docs test lint types rules format campaign benchmark

help:
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

.venv/run: requirements.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/dev: .venv/run requirements-docs.txt requirements-celery.txt requirements-dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

setup: .venv/dev  ## everything that the other targets need

run: .venv/run  ## the product with a simulated router, from nothing; PORT=8000
	$(BIN)/python manage.py run_demo --port $(PORT)

test: .venv/dev lint  ## everything: lint, types, tests on SQLite and again on PostgreSQL; T=tests/users
	$(BIN)/python -m tests.browser
	$(BIN)/python -m tests.wireguard
	$(PYTEST) --dist worksteal $(T)
	$(PYTEST_ON_POSTGRESQL) -m "race or sql" $(T) || [ $$? -eq $(NO_TESTS) ]

lint: .venv/dev  ## style, types, imports, migrations, settings
	$(MAKE) --no-print-directory --jobs 2 types rules

types:
	$(BIN)/mypy .

rules:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache
	$(BIN)/python manage.py makemigrations --check --dry-run

format: .venv/dev  ## put the code in its form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: .venv/dev  ## the documentation at http://127.0.0.1:8001
	$(BIN)/mkdocs serve -a 127.0.0.1:8001

campaign: .venv/dev  ## hours, not minutes: fuzzing, every test on PostgreSQL, random days, payments while all fails; FUZZ_EXAMPLES=2000
	AT_RANDOM=1 FUZZ_EXAMPLES=$(FUZZ_EXAMPLES) $(BIN)/python -m pytest -m fuzz tests
	AT_RANDOM=1 $(PYTEST) -m "hypothesis and not fuzz" tests
	EVERY_VALUE=1 $(PYTEST) tests/test_nasty_input.py
	$(PYTEST_ON_POSTGRESQL) -m "not browser and not wireguard" tests
	SCHEDULES=$(SCHEDULES) $(PYTEST) tests/hotspot/test_random_schedules.py
	PAYMENT_EXAMPLES=$(PAYMENT_EXAMPLES) MUTANT_EXAMPLES=$(MUTANT_EXAMPLES) $(BIN)/python -m pytest tests/payments/machine
	$(BIN)/python -m benchmarks.payments_campaign
	$(BIN)/python -m benchmarks.payments_campaign postgresql

benchmark: .venv/dev  ## what is measured, as ratios
	$(BIN)/python -m benchmarks.routeros
	$(BIN)/python -m benchmarks.fleet
	$(BIN)/python -m benchmarks.auth
	$(BIN)/python -m benchmarks.hotspot
	$(BIN)/python -m benchmarks.networks
	$(BIN)/python -m benchmarks.sheets
	$(BIN)/python -m benchmarks.checks
	$(BIN)/python -m benchmarks.reconcile
	$(BIN)/python -m benchmarks.jobs
