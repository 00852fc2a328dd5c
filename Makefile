# make demo    runs the example notebook in production mode          make lab     opens JupyterLab on the examples
# make test    installs everything and runs the tests                make bench   measures the speed bars, side by side
PYTHON ?= python3
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest
.DEFAULT_GOAL := help
.PHONY: help install demo test test-all lab labextension lint format bench chromium postgres clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /\1\t/' | expand -t 12

install: .venv/.installed  ## build .venv and install everything in it

.venv/.installed: pyproject.toml constraints.txt
	@echo "building .venv from constraints.txt: a few minutes, once"
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[lab,examples,polars,arrow,duckdb,dask,remote,postgres,pii,notify,dev]"
	@touch $@

demo: install  ## run the example notebook in production mode
	$(BIN)/nbops run example_notebooks/flights_daily.ipynb

test: install chromium postgres  ## run every test but the slow ones
	$(PYTEST) -m "not slow" -n 2 --dist loadfile

test-all: install chromium postgres  ## run every test
	$(PYTEST) -n 2 --dist loadfile

chromium:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || { \
		echo "installing Chromium for the tests in a browser"; \
		sudo=$$(test "$$(id -u)" = 0 || echo sudo); \
		$$sudo apt-get -qq update && $$sudo apt-get -qq install -y --no-install-recommends chromium fonts-dejavu-core >/dev/null; }

postgres:
	@command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || { \
		echo "installing PostgreSQL for the tests of databases"; \
		sudo=$$(test "$$(id -u)" = 0 || echo sudo); \
		$$sudo apt-get -qq update && $$sudo apt-get -qq install -y --no-install-recommends postgresql >/dev/null; }

lab: install  ## open JupyterLab on the examples
	$(BIN)/jupyter lab --ip=127.0.0.1 $$(test "$$(id -u)" != 0 || echo --allow-root) example_notebooks

labextension: install  ## build the extension of JupyterLab after a change of its sources (needs node)
	$(BIN)/python labextension/typescript_of_records.py
	cd labextension && PATH="$(CURDIR)/$(BIN):$$PATH" && jlpm install --immutable && jlpm build

lint: install  ## check style, types and docstrings
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/interrogate --quiet nbops tests

format: install  ## format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: install  ## measure the speed bars and write docs/benchmarks.md
	$(BIN)/python -m tests.bench

clean:  ## remove the virtual environment and what runs left
	rm -rf .venv .nbops example_notebooks/output
