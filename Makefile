# Everything that a person or the CI does with the project. `make` alone lists it.
# Needs Python 3.11 or newer, a C++20 compiler and a package index that pip can reach.

PYTHON ?= python3
VENV ?= .venv
BENCH ?= .venv-bench
JOBS ?= 2

PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check --no-input
SOURCES := $(shell find cpp src -type f -not -name '*.so' -not -path '*/__pycache__/*')
REPORT := taut-report.html
ASAN_SITE := build/sanitize/site
CXX ?= g++

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test test-quick test-torch lint format sanitize wheel clean bench bench-quick bench-guard

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/taut.stamp ## build taut, compare techniques on the diabetes data, write a report
	$(VENV)/bin/taut compare --report $(REPORT)
	@echo
	@echo "The report is one file: open file://$(CURDIR)/$(REPORT) in a browser."

test: $(VENV)/test.stamp ## install what the tests need and run them all
	$(PY) -m pytest -n $(JOBS)

test-quick: $(VENV)/test.stamp ## the same without the slow ones
	$(PY) -m pytest -n $(JOBS) -m "not slow"

test-torch: $(VENV)/test.stamp ## install PyTorch (large outside CI) and run the tests that use it
	$(PIP) install --quiet --group torch
	$(PY) -m pytest -n $(JOBS) tests/nn tests/test_examples.py
	$(PY) -m pytest -k torch --ignore tests/nn

lint: $(VENV)/test.stamp ## check style, formatting and the import rules
	$(PIP) install --quiet --group lint
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/lint-imports --no-cache --no-logo

format: $(VENV)/test.stamp ## put the code into its format
	$(PIP) install --quiet --group lint
	$(VENV)/bin/ruff check --fix
	$(VENV)/bin/ruff format

# The sanitizers must be in the process before Python starts, hence LD_PRELOAD; libstdc++ comes
# along so that AddressSanitizer finds the real __cxa_throw. PYTHONMALLOC=malloc shows it every
# allocation. Leaks are told by the three innermost callers: with more, every stack would reach the
# interpreter, whose own leaks tests/core/leaks.supp sets aside.
sanitize: $(VENV)/test.stamp ## build the core with ASan and UBSan and run its tests
	rm -rf $(ASAN_SITE)
	$(PIP) install --quiet --no-deps --no-build-isolation --target $(ASAN_SITE) \
	  -C build-dir=build/sanitize/core -C install.strip=false -C cmake.build-type=Debug \
	  -C cmake.define.TAUT_SANITIZE=ON .
	LD_PRELOAD="$$($(CXX) -print-file-name=libasan.so) $$($(CXX) -print-file-name=libstdc++.so)" \
	  ASAN_OPTIONS=detect_leaks=1:malloc_context_size=3 \
	  LSAN_OPTIONS=suppressions=tests/core/leaks.supp:print_suppressions=0 \
	  UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 PYTHONMALLOC=malloc \
	  PYTHONPATH=$(ASAN_SITE) $(PY) -m pytest tests/core --capture=sys -p no:cacheprovider

wheel: $(VENV)/tools.stamp ## build the wheel and the source archive into dist/
	$(PIP) install --quiet build
	$(PY) -m build

# The peers live in an environment of their own: some of them need an older NumPy.
bench: $(BENCH)/taut.stamp ## time taut and its peers at equal accuracy (an hour or two)
	$(BENCH)/bin/python -m benchmarks.run

bench-quick: $(BENCH)/taut.stamp ## the same on few problems, within short limits
	$(BENCH)/bin/python -m benchmarks.run --quick

bench-guard: $(VENV)/taut.stamp ## fail where this tree is slower than its parent commit
	$(PY) -m benchmarks.guard

clean: ## remove everything that was built or installed
	rm -rf $(VENV) $(BENCH) build dist $(REPORT) .pytest_cache .ruff_cache .hypothesis
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

# Build tools live in the environment, so that a second build reuses what the first compiled.
$(VENV)/tools.stamp: pyproject.toml
	$(PYTHON) -c "import sys; assert sys.version_info >= (3, 11), \
	  'taut needs Python 3.11 or newer, got ' + sys.version + ': make PYTHON=python3.12'"
	test -x $(PY) || $(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --upgrade "pip>=25.1"
	$(PIP) install --quiet --group build
	touch $@

$(VENV)/taut.stamp: $(VENV)/tools.stamp $(SOURCES) CMakeLists.txt README.md LICENSE
	$(PIP) install --quiet --no-build-isolation ".[all]"
	touch $@

$(VENV)/test.stamp: $(VENV)/taut.stamp
	$(PIP) install --quiet --group test
	touch $@

$(BENCH)/peers.stamp: benchmarks/install.py
	test -x $(BENCH)/bin/python || $(PYTHON) -m venv $(BENCH)
	$(BENCH)/bin/python -m benchmarks.install
	touch $@

$(BENCH)/taut.stamp: $(BENCH)/peers.stamp $(SOURCES) CMakeLists.txt pyproject.toml
	$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check "numpy<2" .
	touch $@
