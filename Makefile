# What can be done here. `make` alone lists it.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
DATA_DIR ?= var
export DATA_DIR

# What a browser gets, and what a person reads: made again only when a source is newer.
STATIC_SOURCES := $(shell find static -name '.*' -prune -o -print 2>/dev/null)
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard locale/*/LC_MESSAGES/django.po))

.DEFAULT_GOAL := help
.PHONY: help install run run-production test check format messages soak faults screenshots face-model clean

help: ## list what can be done
	@echo "Usage: make TARGET"
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' Makefile

install: $(VENV)/installed $(CATALOGUES) $(DATA_DIR)/static/staticfiles.json ## make the environment: packages, languages, static files

run: install ## start the server with the demo plan (HOST, PORT, TLS=self-signed …: docs/deployment.md)
	@$(PY) -m examplatform

run-production: install ## start it as an exam day runs it: PostgreSQL, Redis, SERVERS=2 servers, WORKERS=2 verifier workers
	@$(PY) scripts/production.py --servers $(or $(SERVERS),2) --workers $(or $(WORKERS),2)

test: install ## run everything: lint, types, unit, database and browser tests
	@$(PY) scripts/test.py

check: $(VENV)/installed ## lint and types only
	@$(PY) scripts/test.py check

format: $(VENV)/installed ## put the code into its one form
	@$(PY) -m ruff check --fix-only --quiet .
	@$(PY) -m ruff format .

messages: $(VENV)/installed ## collect the texts to translate into locale/en/LC_MESSAGES/django.po
	@$(PY) scripts/messages.py extract

soak: install ## simulated cameras through the real path: CAMERAS=200 MINUTES=10
	@$(PY) -m scripts.soak --cameras $(or $(CAMERAS),200) --minutes $(or $(MINUTES),10)

faults: install ## break the real servers and browsers in every way an exam must survive (SHORT=1, ONLY=1,4)
	@$(PY) -m scripts.faults $(if $(SHORT),--short) $(if $(ONLY),--only $(ONLY))

screenshots: install ## take the pictures of the README
	@$(PY) scripts/screenshots.py

face-model: $(VENV)/installed ## fetch a more accurate face model, with its licence and caveats (docs/identity.md)
	@$(PY) scripts/face_model.py

clean: ## remove what was made, but never the data: environment, caches, static files
	rm -rf $(VENV) $(DATA_DIR)/static $(DATA_DIR)/test $(DATA_DIR)/test-artifacts locale/*/LC_MESSAGES/*.mo
	rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/installed: requirements.txt scripts/install.py
	@$(PYTHON) scripts/install.py $(VENV)

%.mo: %.po $(VENV)/installed
	@$(PY) scripts/messages.py compile

$(DATA_DIR)/static/staticfiles.json: $(VENV)/installed $(STATIC_SOURCES)
	@echo "Collecting the static files …"
	@$(PY) manage.py collectstatic --noinput --clear --verbosity 0
	@touch $@
