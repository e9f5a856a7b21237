# `make run` and `make test` need Python 3.11+, git and make; everything else is installed into .venv.
SHELL := /bin/sh
PYTHON ?= python3
PORT ?= 8000
# GPU=1 installs the CUDA build of torch from the ordinary package index.
GPU ?=
TORCH := torch==2.13.0
TORCH_CPU_INDEX ?= https://download.pytorch.org/whl/cpu

# A file's tests stay on one worker, which makes their homes and releases once.
WORKERS ?= -n 2 --dist loadfile

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
RUN_STAMP := .venv/.run-installed
DEV_STAMP := .venv/.dev-installed

# Where no bytecode may be kept, every process compiles thousands of modules anew, and pytest rewrites every test.
unexport PYTHONDONTWRITEBYTECODE

export MLFLOW_DISABLE_TELEMETRY := true
export PREFECT_SERVER_ANALYTICS_ENABLED := false
export DO_NOT_TRACK := 1

.PHONY: env setup run test check slow long bench lint types architecture secrets audit sbom docs lock clean

setup: $(RUN_STAMP)

# For `docker compose up`: a .env with generated secrets. What is set there already stays.
env:
	@$(PYTHON) deploy/environment.py

$(RUN_STAMP): requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing the locked dependencies into .venv (the first time takes some minutes)..."
	@$(BIN)/python -c "import sys; sys.exit(sys.version_info < (3, 11))" || { echo "Python 3.11 or newer is needed."; exit 1; }
	@$(BIN)/python -c "import importlib.metadata as m; assert m.version('torch').split('+')[0] == '$(TORCH)'.split('==')[1]" 2>/dev/null \
	  || { test -z "$(GPU)" && $(PIP) install --no-deps --timeout 15 --retries 1 --index-url $(TORCH_CPU_INDEX) $(TORCH) 2>/dev/null; } \
	  || { echo "PyTorch's CPU index is out of reach or not wanted; taking $(TORCH) from the ordinary index."; $(PIP) install $(TORCH); }
	@$(PIP) install --no-deps --no-compile --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@$(PIP) check
	@touch $@

$(DEV_STAMP): $(RUN_STAMP) requirements-dev.lock
	@$(PIP) install --no-deps --no-compile --require-hashes -r requirements-dev.lock
	@$(PIP) check
	@touch $@

run: $(RUN_STAMP)
	@exec $(BIN)/vivier run --port $(PORT)

test: $(DEV_STAMP)
	$(BIN)/python -m pytest -m "not slow" --durations 15 $(WORKERS)

slow: $(DEV_STAMP)
	$(BIN)/python -m pytest -m "slow and not long" --durations 25 $(WORKERS)

long: $(DEV_STAMP)
	$(BIN)/python -m pytest -m long --durations 10

check: lint types architecture test

# Lines that look like keys and are not in .secrets.baseline, which holds those that a person has looked at.
SCANNED := -- . ':!*.lock' ':!*.csv' ':!*.jsonl' ':!*.png' ':!*.ipynb' ':!*.graphql' ':!.secrets.baseline' ':!Makefile'
secrets: $(DEV_STAMP)
	@git rev-parse --git-dir >/dev/null 2>&1 || { echo "No git checkout: there is no list of files to scan."; exit 0; }; \
	known=$$(mktemp) && trap 'rm -f "$$known"' EXIT && cp .secrets.baseline $$known && git ls-files -z $(SCANNED) | \
	  xargs -0 sh -c '$(BIN)/detect-secrets-hook --baseline '$$known' "$$@"; test $$? -ne 1' sh  # 3: only lines moved

# Known holes in what the locks pin. It asks PyPI; a package it could not ask about is listed, and is no finding.
audit: $(DEV_STAMP)
	for lock in requirements.lock deploy/locks/*.lock; do \
	  $(BIN)/pip-audit --disable-pip --require-hashes -r $$lock || exit 1; done

# What the images are made of, as CycloneDX.
sbom: $(DEV_STAMP)
	@mkdir -p build
	for image in api mlflow prefect; do \
	  $(BIN)/cyclonedx-py requirements deploy/locks/$$image.lock -o build/sbom-$$image.json || exit 1; done
	$(BIN)/cyclonedx-py requirements requirements.lock -o build/sbom-worker.json

lint: $(DEV_STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(DEV_STAMP)
	$(BIN)/mypy --num-workers 2

architecture: $(DEV_STAMP)
	$(BIN)/lint-imports

bench: $(DEV_STAMP)
	$(BIN)/python -m tests.load.bench
	$(BIN)/python -m tests.load.switching
	$(BIN)/python -m tests.load.enriching
	$(BIN)/python -m tests.load.scraping
	$(BIN)/python -m tests.load.git_history
	$(BIN)/python -m tests.load.refreshing
	$(BIN)/python -m tests.load.refreshing --large
	$(BIN)/python -m tests.load.page

# What docs/ takes from the program itself.
docs: $(DEV_STAMP)
	$(BIN)/python -m service.api_document docs

# One lock for every platform; torch is left to the set-up above.
lock:
	$(PIP) install uv
	$(BIN)/uv pip compile pyproject.toml --extra pipeline --universal --python-version 3.11 \
	  --generate-hashes --no-emit-package torch --no-header -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --extra pipeline --extra dev --universal --python-version 3.11 \
	  --generate-hashes --no-emit-package torch --no-header -c requirements.lock -o requirements-dev.lock
	for image in api mlflow prefect; do $(BIN)/uv pip compile deploy/locks/$$image.in --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-annotate -c requirements.lock -o deploy/locks/$$image.lock; done

clean:
	rm -rf .venv build ./*.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
