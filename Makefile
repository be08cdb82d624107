# Everything a person types here. `make` alone shows this list.
SHELL := /bin/bash
PY := .venv/bin/python
.DEFAULT_GOAL := help

help: ## show this list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

setup: .venv/.ready ## create the environment, install what is missing on this machine
	@deploy/system-packages mosquitto

.venv/.ready: requirements.lock requirements-dev.lock pyproject.toml
	@test -x $(PY) || python3 -m venv .venv
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

test-tools: setup
	@deploy/system-packages mosquitto-clients chromium
	@deploy/system-packages gammu || echo "The tests of modems are left out."

run: setup ## start everything on this machine, with a demo province
	@.venv/bin/giamsat up --demo

check: setup ## format, lint, types, and the direction of imports
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports

test: test-tools ## run every test; WORKERS=0 runs one after another
	.venv/bin/pytest -q -n $(or $(WORKERS),2)

e2e: test-tools ## run only the end-to-end tests
	.venv/bin/pytest -q -m e2e tests/e2e

bench: test-tools ## measure; ONLY=ingest runs one group
	@$(PY) -m tests.bench $(if $(ONLY),--only $(ONLY))

chaos: test-tools ## kill, cut and delay what runs; ONLY=ingest SECONDS=60 SEED=1 DEVICES=5000
	@$(PY) -m tests.chaos $(if $(ONLY),--only $(ONLY)) $(if $(SECONDS),--seconds $(SECONDS)) $(if $(SEED),--seed $(SEED)) $(if $(DEVICES),--devices $(DEVICES))

probe: test-tools ## ask as everybody for what is not theirs; ONE_IN=10 for a sample
	@$(PY) -m tests.probe $(if $(ONE_IN),--one-in $(ONE_IN)) $(if $(SEED),--seed $(SEED))

fuzz: setup ## millions of broken messages; SECONDS=600 SEED=1 ONLY=inbox
	@$(PY) -m tests.fuzz $(ONLY) $(if $(SECONDS),--seconds $(SECONDS)) $(if $(SEED),--seed $(SEED))

mutants: setup ## slips in the policy that no expectation notices
	@$(PY) -m tests.policy

schema: setup ## hold every answer against the API's description; SECONDS=300 SEED=1
	@$(PY) -m tests.api_schema $(if $(SECONDS),--seconds $(SECONDS)) $(if $(SEED),--seed $(SEED))

disconnects: setup ## callers who hang up in mid-query; COUNT=10000 SEED=1
	@$(PY) -m tests.disconnects $(if $(COUNT),--count $(COUNT)) $(if $(SEED),--seed $(SEED))

lock: ## pin every version with its hashes
	@$(PY) -m pip install --quiet --disable-pip-version-check uv
	.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header pyproject.toml -o requirements.lock
	.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header pyproject.toml --group dev -o requirements-dev.lock

clean: ## remove the environment and everything made, but not var/
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis bench

.PHONY: help setup test-tools run check test e2e bench chaos probe fuzz mutants schema disconnects lock clean
