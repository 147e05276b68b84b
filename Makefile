# Each target does its own set-up on a machine with Python 3.11 or newer, make and git.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEV_READY := $(VENV)/.dev-ready
NODE_READY := tests/clients/node/node_modules/.ready
SAM := .venv-sam/bin/sam
CHECKOV := .venv-checkov/bin/checkov

.PHONY: install up test check lint demo seed bench bench-scale bench-decisions bench-cold-start bench-load docs sam-validate checkov clean

install: $(READY)

$(READY): pyproject.toml constraints.txt src/requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Poolhouse needs Python 3.11 or newer; this is $$($(PYTHON) --version). Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@test -x $(BIN)/python || { echo "Making $(VENV) ..."; $(PYTHON) -m venv $(VENV); }
	@echo "Installing Poolhouse into $(VENV) (a minute or two the first time) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e . -r src/requirements.txt
	@touch $@

$(DEV_READY): $(READY)
	@echo "Installing what the tests need ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

$(NODE_READY): tests/clients/node/package.json tests/clients/node/package-lock.json
	@if command -v npm >/dev/null; then \
		echo "Installing the JavaScript clients ..."; \
		cd tests/clients/node && npm ci --silent --no-audit --no-fund && touch node_modules/.ready; fi

up: $(READY)
	@$(BIN)/poolhouse up $(ARGS)

test: $(DEV_READY)
	@$(MAKE) --no-print-directory $(NODE_READY)
	@$(BIN)/pytest -n auto --dist worksteal $(ARGS)

check: lint test

lint: $(DEV_READY)
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy poolhouse src tests bench demo
	@$(BIN)/cfn-lint template.yaml

demo: $(DEV_READY)
	@$(MAKE) --no-print-directory $(NODE_READY)
	@$(BIN)/python -m demo

seed: $(DEV_READY)
	@$(BIN)/python -m demo.seed $(ARGS)

bench: $(DEV_READY)
	@$(BIN)/python -m bench $(ARGS)

bench-cold-start: $(DEV_READY)
	@$(BIN)/python -m bench.cold_start

bench-load: $(DEV_READY)
	@$(BIN)/python -m bench.service_load $(ARGS)

bench-decisions: $(DEV_READY)
	@$(BIN)/python -m bench.decisions

bench-scale: $(DEV_READY)
	@$(BIN)/python -m bench.scale $(ARGS)

docs: $(DEV_READY)
	@$(BIN)/python tests/architecture/operations_page.py > docs/operations.md
	@PYTHONPATH=src $(BIN)/python -m tests.architecture.openapi > docs/openapi.json

$(SAM):
	@echo "Installing the SAM CLI into .venv-sam (its pins clash with ours) ..."
	@$(PYTHON) -m venv .venv-sam
	@.venv-sam/bin/python -m pip install --quiet --disable-pip-version-check aws-sam-cli==1.170.0

sam-validate: $(SAM)
	@SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=us-east-1 $(SAM) validate --lint

$(CHECKOV):
	@echo "Installing checkov into .venv-checkov (its pins clash with ours; it takes a while) ..."
	@$(PYTHON) -m venv .venv-checkov
	@.venv-checkov/bin/python -m pip install --quiet --disable-pip-version-check checkov==3.3.30

# It passes over what a condition leaves out, so it is shown a copy in which everything is asked for.
checkov: $(CHECKOV)
	@mkdir -p build
	@sed -e 's/Default: "off"/Default: "on"/' -e 's/Default: ""/Default: "x"/' template.yaml > build/template.yaml
	@$(CHECKOV) --file build/template.yaml --config-file .checkov.yaml --skip-download

clean:
	@rm -rf $(VENV) .venv-sam .venv-checkov .poolhouse .aws-sam tests/clients/node/node_modules
