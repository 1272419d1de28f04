# One way to set the project up: `make run`, `make test`, `make bench` and `make check` each make what
# they need in .venv from the locks, and do nothing where it is there already.
PYTHON ?= python3
BIN := .venv/bin
RUN_STAMP := .venv/.installed
DEV_STAMP := .venv/.installed-dev
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: run test bench check check-style check-types check-chains check-docs lock tour lighthouse gallery baselines system clean

run: $(RUN_STAMP)
	$(BIN)/zhaoshang serve

test: $(DEV_STAMP) system
	$(BIN)/python -m pytest -n auto --dist loadfile --cov --cov-report=term:skip-covered

bench: $(DEV_STAMP)
	$(BIN)/python -m tests.bench

# `make -k check` goes on after the first that fails.
check: check-style check-types check-chains check-docs

check-style: $(DEV_STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

check-types: $(DEV_STAMP)
	$(BIN)/mypy --strict service

check-chains: $(RUN_STAMP)
	$(BIN)/zhaoshang chains check

check-docs: $(DEV_STAMP)
	$(BIN)/python -m tests.docs_drift

# Debian's browser and fonts for the browser tests; without root those tests skip and say so.
system:
	@sh tests/system_packages.sh

# Walk through the pages in a real browser and draw docs/tour/ anew.
tour: $(DEV_STAMP) system
	$(BIN)/python -m tests.browser.tour

# Lighthouse on every page, by hand: it comes by npm into tests/lighthouse at the first use.
lighthouse: $(DEV_STAMP) system
	$(BIN)/python -m tests.lighthouse

# Draw every output of a briefing anew (needs LibreOffice and poppler-utils).
gallery: $(DEV_STAMP) system
	$(BIN)/python -m tests.scripts.gallery

# Take the pictures anew that test_baselines compares the pages with; look at them before they are committed.
baselines: $(DEV_STAMP) system
	$(BIN)/python -m tests.browser.test_baselines

# pip comes last into a new .venv: where it is there, the folder is whole.
$(BIN)/pip:
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" || \
		{ echo "Python 3.11 or newer is needed: make PYTHON=python3.11 ..." >&2; exit 1; }
	$(PYTHON) -m venv .venv || \
		{ rm -rf .venv; echo "venv is missing; as root: apt-get install python3-venv" >&2; exit 1; }

$(RUN_STAMP): requirements.lock pyproject.toml service/web/frontend/package-lock.json service/web/frontend/hatch_build.py | $(BIN)/pip
	@echo "installing into .venv: one to three minutes, once"
	$(PIP) install --require-hashes -r requirements.lock
	$(PIP) install --no-deps --no-build-isolation -e .
	touch $@

$(DEV_STAMP): requirements-dev.lock $(RUN_STAMP)
	$(PIP) install --require-hashes -r requirements-dev.lock
	touch $@

# Remake the locks after a change of the dependencies (needs `uv`, from PyPI).
lock:
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
		pyproject.toml --group build --extra postgres -o requirements.lock
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
		pyproject.toml --group build --group dev --extra postgres -c requirements.lock -o requirements-dev.lock

clean:
	rm -rf .venv dist build service/web/static/vendor service/web/frontend/node_modules
