# Two commands matter: `make run` and `make test`. Both begin with `make install`.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
CHECKERS := tests/checkers

.PHONY: help install install-dev run test check lock bench faults faults-short faults-table translations clean
.DEFAULT_GOAL := help

help:
	@echo "make run      start everything on this machine, with the sample newsroom"
	@echo "make test     install what the tests need and run them"
	@echo "make check    formatting, lint and types"
	@echo "make bench    requests and mails a second, each beside its floor"
	@echo "make faults   break everything, count the mail: ROW=... and ON=... for a part (docs/faults.md)"
	@echo "make translations   gather new strings for people into the catalogs, and compile them"
	@echo "make lock     pin the dependencies anew (needs uv)"

install: $(VENV)/.installed
install-dev: $(VENV)/.installed-dev $(CHECKERS)/node_modules/.installed

# One clear line for each thing a machine may lack.
$(BIN)/python:
	@if [ -z "$(PYTHON)" ]; then \
	  echo "ActionHub needs Python 3.11 or newer; this machine has: $$(python3 --version 2>&1 || echo none)." >&2; exit 1; fi
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "ActionHub needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1)." >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "$(PYTHON) lacks venv (Debian and Ubuntu: apt-get install python3-venv), then: make $(MAKECMDGOALS)" >&2; exit 1; }
	@rm -rf $(VENV)
	@echo "Making $(VENV) with $$($(PYTHON) --version) ..."
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements-build.lock requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing ActionHub ..."
	@$(PIP) install --quiet --require-hashes -r requirements-build.lock
	@$(PIP) install --quiet --no-build-isolation --use-pep517 --require-hashes -r requirements.lock
	@$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	@echo "Installing what the tests need ..."
	@$(PIP) install --quiet --no-build-isolation --use-pep517 --require-hashes -r requirements-dev.lock
	@touch $@

# axe-core and the HTML checker; the tests that need them say so where npm is not.
$(CHECKERS)/node_modules/.installed: $(CHECKERS)/package-lock.json
	@if command -v npm >/dev/null; then \
	  (cd $(CHECKERS) && npm ci --silent --no-audit --no-fund --ignore-scripts) && touch $@ \
	    || echo "npm could not fetch the checkers: the accessibility and HTML checks will be skipped."; \
	else echo "npm is not here: the accessibility and HTML checks will be skipped."; fi

run: install
	@exec $(BIN)/actionhub up --demo

test: install-dev
	$(BIN)/python -m pytest -n 2 -rs $(ARGS)

check: install-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: install-dev
	$(BIN)/python -m bench $(ARGS)

# Hours: `make faults ARGS=--list` names the rows, ON is one of the three stacks.
ROW ?= all
ON ?= all
faults: install-dev
	$(BIN)/python -m tests.faults --row $(ROW) --on $(ON) $(ARGS)

# Some of each fault on each stack, which `make test` runs too.
faults-short: install-dev
	$(BIN)/python -m pytest -rs -m faults tests/faults $(ARGS)

faults-table: install-dev
	$(BIN)/python -m tests.faults --table

# Afterwards fill what is new in actionhub/translations/es, and run it again: the .mo is committed.
CATALOGS := actionhub/translations
translations: install
	@mkdir -p build
	@$(BIN)/pybabel --quiet extract -F $(CATALOGS)/babel.cfg -k _l -k lazy_gettext -k lazy_pgettext:1c,2 \
	  --add-location=file --sort-by-file --project=ActionHub --copyright-holder=ActionHub -o build/messages.pot .
	@$(BIN)/pybabel --quiet update --width 100 -i build/messages.pot -d $(CATALOGS) \
	  --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date
	@$(BIN)/pybabel compile -d $(CATALOGS) --statistics

# The locks name no index: whichever one pip is set up for is asked.
UV ?= uv
COMPILE = env -u PIP_FIND_LINKS $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"
lock:
	@command -v $(UV) >/dev/null || { echo "make lock needs uv: https://docs.astral.sh/uv/" >&2; exit 1; }
	$(COMPILE) --group build -o requirements-build.lock
	$(COMPILE) pyproject.toml --group build -c requirements-build.lock -o requirements.lock
	$(COMPILE) pyproject.toml --group build --group dev -c requirements.lock -o requirements-dev.lock

clean:
	rm -rf $(VENV) $(CHECKERS)/node_modules .mypy_cache .ruff_cache .pytest_cache dist
