.PHONY: help demo test lint slow wheel clean
PYTHON ?= python3
BIN = .venv/bin

help:     ## list the targets
	@grep -E '^[a-z]+: .*##' Makefile | sed -E 's/:[^#]*##/\t/'

.venv/ready: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "bonsaic needs Python 3.11 or newer, but $(PYTHON) is older: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 3; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	@touch $@

demo: .venv/ready ## grow, lower and prove programs/replace_111.bp
	$(BIN)/bonsaic build programs/replace_111.bp

test: .venv/ready ## run the whole default test suite on every core
	$(BIN)/python -m pytest -n auto --dist worksteal

slow: .venv/ready ## run the long campaigns
	$(BIN)/python -m pytest -m slow

lint: .venv/ready ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

wheel: .venv/ready ## build dist/*.whl
	$(BIN)/python -m build --wheel

clean:    ## remove everything that was made
	rm -rf .venv out dist build .pytest_cache .hypothesis .mypy_cache .ruff_cache
