# Everything a person or CI calls. `make help` lists it.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
PEERS := .venv-peers
BIN := $(VENV)/bin
# Quiet twice: pip warns of the old form of a package that jenkins-job-builder needs, which nobody here can change.
PIP_INSTALL := $(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help demo test test-quick test-postgresql test-peers test-jenkins check bench golden pictures lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-15s %s\n", $$1, $$2}' Makefile

$(VENV)/run.stamp: locks/run.txt pyproject.toml
	@$(PYTHON) scripts/check_machine.py
	@echo "setting up $(VENV) (once, about half a minute)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP_INSTALL) --require-hashes -r locks/run.txt
	@$(PIP_INSTALL) --no-build-isolation --no-deps -e .
	@$(BIN)/python -m compileall -q fuego_jenkins_remote
	@touch $@

$(VENV)/dev.stamp: locks/dev.txt $(VENV)/run.stamp
	@echo "adding the test tools to $(VENV)"
	@$(PIP_INSTALL) --require-hashes -r locks/dev.txt
	@touch $@

demo: $(VENV)/run.stamp ## run the main job here: hub, vision, a lab with its Jenkins, requests, runs (KEEP=1 leaves all running)
	@$(BIN)/python scripts/demo $(if $(KEEP),--keep)

test: test-quick test-postgresql ## all tests that need no real Jenkins, the quick ones first
	$(BIN)/python -m pytest -n $$(nproc) --dist loadfile -m "(slow or browser) and not peers" $(PYTEST_ARGS)

# Thousands of small databases wait for the disk, which is not what they test: in memory, where there is room.
test-quick test-postgresql: export PYTEST_DEBUG_TEMPROOT = $(shell scripts/room_in_memory.sh)

# Twice as many workers as cores: many tests wait for processes of theirs.
test-quick: $(VENV)/dev.stamp ## the quick tests only (no long waits, no browser)
	$(BIN)/python -m pytest -n $$((2 * $$(nproc))) -m "not slow and not browser" $(PYTEST_ARGS)

$(PEERS)/stamp: locks/peers.txt
	@test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	@$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r locks/peers.txt
	@touch $@

test-peers: $(VENV)/dev.stamp $(PEERS)/stamp ## what is delivered to others, on a real SQUAD, over SQLite and PostgreSQL
	FUEGO_PEERS_VENV=$(PEERS) $(BIN)/python -m pytest -m peers tests/publish $(PYTEST_ARGS)

# Of the slow ones those that say what is right, the API's description for one caller; the others say how soon something comes.
SLOW_ON_POSTGRESQL = $(addprefix tests/hub/,postgresql who_may fserver test_audit.py test_board_search.py test_campaigns_api.py \
  test_openapi.py::test_schemathesis_finds_nothing[ann] test_private_queue.py test_private_things.py) \
  $(wildcard tests/hub/*_stateful.py)

test-postgresql: $(VENV)/dev.stamp ## the hub's tests once more, on a PostgreSQL server that is started for them (Debian's postgresql)
	$(BIN)/python -m pytest -n $$((2 * $$(nproc))) --database=postgresql -m "not slow and not browser" $(PYTEST_ARGS) tests/hub tests/service
	$(BIN)/python -m pytest -n $$(nproc) --dist loadfile --database=postgresql -m slow $(PYTEST_ARGS) $(SLOW_ON_POSTGRESQL)

test-jenkins: $(VENV)/dev.stamp ## what a lab asks of its Jenkins, on a real one: JENKINS_WAR (JENKINS_PLUGINS) or JENKINS_URL
	$(BIN)/python -m pytest tests/contract -m real_jenkins $(PYTEST_ARGS)

check: $(VENV)/dev.stamp ## lint and types: ruff, mypy, yamllint, shellcheck
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/yamllint --strict jenkins_jobs
	$(BIN)/shellcheck --exclude=SC1091 scripts/*.sh jenkins_jobs/shell/*.sh fuego_jenkins_remote/standin/*.sh fuego_jenkins_remote/lab/probe/*/*.sh

bench: $(VENV)/run.stamp ## measure what has a goal (BENCH="claims puts": those alone); exit status 1 when one misses
	@PYTHONPATH=scripts/demo $(BIN)/python scripts/bench $(BENCH)

golden: $(VENV)/dev.stamp ## rewrite the golden files; review the diff
	UPDATE_GOLDEN=1 $(BIN)/python -m pytest -q -k golden

pictures: $(VENV)/dev.stamp ## take the pictures in docs/pictures anew (needs chromium); look at them
	UPDATE_PICTURES=1 $(BIN)/python -m pytest -q -m browser tests/browser/test_pictures.py

lock: ## resolve the locks anew from pyproject.toml (needs uv)
	uv pip compile pyproject.toml --extra all --group build --group demo --universal --generate-hashes \
	  --python-version 3.11 --custom-compile-command "make lock" -q -o locks/run.txt
	uv pip compile pyproject.toml --extra all --group build --group dev --universal --generate-hashes \
	  --python-version 3.11 --custom-compile-command "make lock" -q -c locks/run.txt -o locks/dev.txt
	uv pip compile --group peers --universal --generate-hashes \
	  --python-version 3.11 --custom-compile-command "make lock" -q -o locks/peers.txt

clean: ## remove the virtual environment and everything generated
	rm -rf $(VENV) $(PEERS) .pytest_cache .mypy_cache .ruff_cache .hypothesis demo-data
