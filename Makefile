# callfloor. `make` alone lists what there is to do.
# Needs Python 3.11, 3.12 or 3.13; PYTHON=/path/to/python3.12 names one, ARGS="..." passes words on to demo, test and bench.

BIN := .venv/bin
UV := $(BIN)/python -m uv

.PHONY: help demo test older faults bench lint lock wheel clean ready

help: ## list what there is to do
	@echo "callfloor: the call-centre floor on Asterisk"
	@sed -n 's/^\([a-z]*\):[^#]*## /  make \1\t/p' Makefile | expand -t 14

demo: ready ## set up all that is needed and show a living floor
	@$(BIN)/callfloor demo $(ARGS)

test: ready ## set up and run all tests, those on a real Asterisk included
	@$(BIN)/callfloor asterisk install
	@$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder $(ARGS)

older: ready ## listen to Asterisk 16 as well, Debian 11's
	@$(BIN)/python -m pytest -n auto --dist loadfile --older-asterisk \
		tests/ami_listeners/test_listener.py tests/ami_listeners/test_listening_alone.py $(ARGS)

faults: ready ## break, for as long as in life, what callfloor listens by
	@$(BIN)/python -m pytest -rP --long tests/scenarios/test_faults_of_listening.py $(ARGS)

bench: ready ## measure dispatch against Asterisk's own app_queue
	@$(BIN)/python -m tests.bench.dispatch $(ARGS)

lint: ready ## look for faults without running anything
	@$(BIN)/python -m pytest -q tests/test_house.py

lock: ready ## name anew the versions that pyproject.toml allows
	@$(BIN)/python -m pip install --quiet uv
	@$(UV) pip compile --quiet --upgrade --universal --python-version 3.11 --extra dev --generate-hashes \
		--no-emit-index-url --custom-compile-command "make lock" --output-file requirements.lock pyproject.toml

wheel: ready ## build the wheel and the source archive into dist/
	@$(BIN)/python -m build --no-isolation

clean: ## remove what these commands have made in this folder
	rm -rf .venv build dist bench.json *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

ready:
	@sh deploy/setup.sh
