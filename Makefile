# Everything that people and CI run. `make` alone lists it.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
export PYTHON
BIN := .venv/bin
RESULTS := tests/artifacts/results
# Two processes: the least that this is run on has two cores.
PYTEST = $(1)/bin/pytest --junitxml=$(RESULTS)/$(2).xml

.PHONY: help
help: ## What can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 20

# --- environments -----------------------------------------------------------

.venv/bin/python:
	scripts/need venv
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'

.venv/.demo: pyproject.toml | .venv/bin/python
	$(BIN)/pip install --quiet --editable . --group demo
	touch $@

.venv/.ready: pyproject.toml | .venv/bin/python
	$(BIN)/pip install --quiet --editable . --group test --group lint
	touch .venv/.demo $@

.PHONY: venv
venv: .venv/.ready ## .venv with this package, editable, and all that development needs

# --- for a first look -------------------------------------------------------

.PHONY: demo
demo: .venv/.demo ## Run the example notebook, print what each cell cost, write a page
	$(BIN)/python scripts/demo.py examples/first_cell.ipynb demo-out

# --- tests ------------------------------------------------------------------

.PHONY: test
test: lint test-js test-data test-python test-browser ## Everything that must be green, under 15 minutes
	@$(PYTHON) scripts/test_counts.py $(RESULTS)/*.xml

.PHONY: lint
lint: .venv/.ready ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

.PHONY: test-js
test-js: js/node_modules/.ready ## Types, lint and tests of the widget; its built file is that of its sources
	cd js && npm run --silent check && npm test --silent
	scripts/same green_notebook/show/static npm --prefix js run --silent build

js/node_modules/.ready: js/package-lock.json
	scripts/need node
	npm --prefix js ci --silent
	touch $@

.PHONY: test-data
test-data: .venv/.ready ## The tables of green_notebook/data are those that data-src builds
	scripts/same green_notebook/data $(BIN)/python data-src/build.py

.PHONY: data
data: .venv/.ready ## Build green_notebook/data from data-src
	$(BIN)/python data-src/build.py

.PHONY: results
results:
	@mkdir -p $(RESULTS) && rm -f $(RESULTS)/*.xml

.PHONY: test-python
test-python: .venv/.ready colab-env results ## Python tests; those that measure time run alone, after the others
	scripts/need gcc
	$(call PYTEST,.venv,python) -n 2 --dist worksteal -m 'not browser and not alone'
	$(call PYTEST,.venv,python-alone) -m 'alone and not browser'

.PHONY: colab-env
colab-env: ## .venv-colab: the versions that Colab ships, on the Python that is here
	scripts/need venv
	sh tests/colab/make_venv.sh
	@echo "Colab's versions of IPython and ipykernel run on $$(.venv-colab/bin/python --version); Colab's own Python is 3.13"

.PHONY: test-browser
test-browser: .venv/.ready colab-env js/node_modules/.ready results ## JupyterLab, Notebook, nbclassic and Voila in headless Chromium; pictures go to tests/artifacts
	scripts/need chromium fonts
	$(call PYTEST,.venv,browser) -n 2 --dist loadfile -m browser

.PHONY: test-frameworks
test-frameworks: .venv-frameworks/.ready ## Advice and sensors against real machine-learning frameworks
	@mkdir -p $(RESULTS)
	$(call PYTEST,.venv-frameworks,frameworks) tests/frameworks

.venv-frameworks/.ready: pyproject.toml tests/frameworks/requirements.txt
	scripts/need venv
	rm -rf .venv-frameworks
	$(PYTHON) -m venv .venv-frameworks
	.venv-frameworks/bin/pip install --quiet --editable . --requirement tests/frameworks/requirements.txt
	touch $@

.PHONY: test-vision
test-vision: .venv-vision/.ready ## Advice against timm and torchvision; several GB, not in CI
	@mkdir -p $(RESULTS)
	$(call PYTEST,.venv-vision,vision) tests/frameworks/test_vision.py

.venv-vision/.ready: pyproject.toml tests/frameworks/requirements-vision.txt
	scripts/need venv
	rm -rf .venv-vision
	$(PYTHON) -m venv .venv-vision
	.venv-vision/bin/pip install --quiet --editable . --requirement tests/frameworks/requirements-vision.txt
	touch $@

# --- figures and pictures ---------------------------------------------------

.PHONY: bench
bench: .venv/.bench ## This package beside its peers on simulated hardware, and what it costs: docs/benchmarks.md; 25 minutes
	scripts/need gcc
	$(BIN)/python benchmarks/peers.py

.PHONY: bench-quick
bench-quick: .venv/.bench ## The same with few rounds, for a look: tests/artifacts/bench; 7 minutes
	scripts/need gcc
	$(BIN)/python benchmarks/peers.py --quick

.PHONY: bench-cost
bench-cost: .venv/.ready ## What the meter itself costs, beside its limits
	$(BIN)/python benchmarks/bench.py

.venv/.bench: pyproject.toml | .venv/.ready
	$(BIN)/pip install --quiet --group bench
	touch $@

.PHONY: screenshots
screenshots: .venv/.ready ## Every view, dark and light: docs/images (README.md, docs/) and tests/artifacts
	scripts/need chromium fonts
	$(BIN)/python scripts/screenshots.py
