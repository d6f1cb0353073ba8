# Two commands do everything on a machine with Python (3.11 or later) and make: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CLIENTS := .venv-clients

.PHONY: demo test test-engines test-clients lint docs bench bench-engines daemon-start daemon-stop daemon-status clean

demo: $(VENV)/base  ## install, and speak a sentence with the embedded engine to demo.wav
	$(BIN)/vox --no-daemon "Hello! This is vox, one door to every neural voice on this machine." -o demo.wav
	@echo "wrote demo.wav"
	@$(BIN)/vox --no-daemon "Hello! This is vox." || true

test: lint  ## every check
	$(BIN)/python -m pytest

test-engines: $(VENV)/dev  ## the heavy engines, each in its own environment: minutes and gigabytes at first
	$(BIN)/python -m tests.engines $(if $(CHANGED),--changed) $(ENGINES)

test-clients: $(VENV)/dev $(CLIENTS)/ready  ## clients that others wrote, against a daemon: 0.8 GB and a minute at first
	VOX_TEST_PYTHON=$(CURDIR)/$(BIN)/python $(CLIENTS)/bin/python -m pytest -q -c tests/clients/pytest.ini tests/clients

lint: $(VENV)/dev
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m docs.generate --check

docs: $(VENV)/dev  ## write the generated parts of the documentation again
	$(BIN)/python -m docs.generate

bench: $(VENV)/dev  ## measure the limits and write bench/RESULTS.md
	$(BIN)/python -m bench --write

bench-engines: $(VENV)/dev  ## measure the heavy engines and write bench/ENGINES.md
	$(BIN)/python -m bench.engines --full --write $(ENGINES)

daemon-start daemon-stop daemon-status: $(VENV)/base
	$(BIN)/vox daemon $(@:daemon-%=%)

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/base: $(BIN)/python pyproject.toml scripts/vox
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/dev: $(BIN)/python pyproject.toml scripts/vox
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@ $(VENV)/base

$(CLIENTS)/ready: tests/clients/requirements.txt
	$(PYTHON) -m venv $(CLIENTS)
	$(CLIENTS)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

clean:
	rm -rf $(VENV) .venv-engines $(CLIENTS) tests/clients/node/node_modules demo.wav
