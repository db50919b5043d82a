# What there is to do with Switchboard. It needs Python 3.11 or newer and make; all else is made in .venv from uv.lock.
# PYTHON=… names an interpreter, ARGS=… goes on to pytest.

UV_VERSION := 0.13.8
TOOLS := .venv/tools
UV ?= $(TOOLS)/bin/uv
PY := .venv/bin/python
SYNC = UV_PROJECT_ENVIRONMENT=.venv $(UV) sync --frozen --quiet --compile-bytecode --python $(PY)
NOT_FAST := services or browser or upstreams or clients

.DEFAULT_GOAL := help
.PHONY: help setup run test lint test-services test-browser test-upstreams test-clients bench clean

help:
	@echo "make run             serve on HOST:PORT (127.0.0.1:4000)"
	@echo "make setup           only build the environment"
	@echo "make test            the fast suite"
	@echo "make lint            ruff, mypy and the import rules"
	@echo "make test-services   everything again on PostgreSQL and Redis"
	@echo "make test-browser    the pages in Chromium"
	@echo "make test-upstreams  against a real llama.cpp server and LiteLLM proxy"
	@echo "make test-clients    Claude Code, SDKs and other programs against a running Switchboard"
	@echo "make bench           the speed table"
	@echo "make clean           take the environment and caches away; the data directory stays"

setup: .venv/run.stamp
	@echo "The environment is in .venv; make run starts Switchboard."

run: .venv/run.stamp
	@$(PY) manage.py up

test: export HYPOTHESIS_PROFILE := quick
test: .venv/dev.stamp
	@$(PY) -m pytest -q -n auto --dist loadfile -m "not ($(NOT_FAST))" $(ARGS)

lint: export DATA_DIR := $(CURDIR)/.venv/lint-data
lint: .venv/dev.stamp
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@$(PY) -c "from importlinter.cli import lint_imports_command as check; check()"

test-services: .venv/dev.stamp
	@$(PY) -m tests.services -q -m "not (browser or upstreams or clients)" $(ARGS)

test-browser: .venv/dev.stamp
	@$(PY) -m pytest -q -m browser $(ARGS)

test-upstreams: .venv/dev.stamp
	@$(PY) -m pytest -q -m upstreams $(ARGS)

test-clients: .venv/dev.stamp
	@$(PY) -m pytest -q -m clients $(ARGS)

bench: .venv/dev.stamp
	@$(PY) -m tests.benchmarks $(ARGS)

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- the environment ---------------------------------------------------------------------------
# A stamp is younger than uv.lock when the environment holds what the lock says. `run` adds to what is there, so that
# the tools of `test` stay; `dev` makes the environment exactly the lock's.

.venv/run.stamp: uv.lock pyproject.toml .venv/tools.stamp
	@$(SYNC) --no-dev --inexact
	@touch $@

.venv/dev.stamp: uv.lock pyproject.toml .venv/tools.stamp
	@$(SYNC)
	@touch $@ .venv/run.stamp

.venv/tools.stamp: .ci/environment
	@PYTHON="$(PYTHON)" UV_VERSION=$(UV_VERSION) sh .ci/environment .venv $(TOOLS)
	@touch $@
