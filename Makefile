# make lab      set everything up and open JupyterLab at the first notebook
# make course   set everything up, run every notebook in order, write runs/course/report.html
# make test     set everything up and run all checks
# The first start installs and fetches a model (network needed); every later one starts at once and needs no network.
# Choose a Python with `make lab PYTHON=/path/to/python3.12`.

VENV := .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
PY := $(BIN)/python
STAMP := $(VENV)/installed.stamp
PYTHON ?=

.NOTPARALLEL:
.PHONY: help install models lab course test test-unit test-notebooks notebooks lock bench claims pretrain format clean

help:
	@sed -n '1,/^$$/s/^# //p' Makefile

install: $(STAMP)

$(PY):
	@found=""; \
	for name in $(PYTHON) $(if $(PYTHON),,python3.11 python3.12 python3.13 python3 python); do \
	  if "$$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1; \
	  then found="$$name"; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "ftlab needs Python 3.11, 3.12 or 3.13, and found none$(if $(PYTHON), at PYTHON=$(PYTHON))."; \
	  echo "Install one (python.org, your package manager, or conda with environment.yml), or name it:"; \
	  echo "    make lab PYTHON=/path/to/python3.12"; \
	  exit 1; \
	fi; \
	echo "Making $(VENV) with $$("$$found" --version)"; \
	"$$found" -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "That Python cannot make virtual environments. On Debian and Ubuntu install its venv package,"; \
	  echo "for example: sudo apt install python3-venv"; exit 1; }

# The stamp is written last, so an interrupted installation is taken up again at the next start.
$(STAMP): requirements.lock pyproject.toml
	@$(MAKE) --no-print-directory $(PY)
	@echo "Installing the course's packages (the first time takes some minutes)"
	@$(PY) -m pip install --disable-pip-version-check -r requirements.lock
	@$(PY) -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation -e .
	@touch $(STAMP)

# What `ftlab lab`, `ftlab run` and `ftlab notebooks` do by themselves, for the checks, which run with the network cut.
models: $(STAMP)
	@$(PY) -m ftlab.cli fetch

lab: $(STAMP)
	@$(PY) -m ftlab.cli lab

course: $(STAMP)
	@$(PY) -m ftlab.cli run

test: models test-unit test-notebooks

# Two at once, each with half of the cores: two cores get more done so than with both on one thing after the other.
SIDE_BY_SIDE = OMP_NUM_THREADS=$$(( ($$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2) + 1) / 2 )) \
  $(PY) -m ftlab.course.offline $(PY) -m pytest -n 2 --dist loadfile --no-loadscope-reorder

test-unit: $(STAMP)
	$(PY) -m ruff check .
	$(BIN)/lint-imports --no-logo
	$(SIDE_BY_SIDE)

test-notebooks: $(STAMP) models
	$(SIDE_BY_SIDE) --nbval-lax --nbval-current-env --nbval-cell-timeout 900 -v notebooks/

# For those who work on the course: CONTRIBUTING.md says when to use which.
notebooks: $(STAMP)
	@$(PY) -m ftlab.cli notebooks

lock: $(STAMP)
	@$(PY) -m pip install --disable-pip-version-check --quiet uv
	@$(PY) -m ftlab.workshop.lock $(if $(UPGRADE),--upgrade $(UPGRADE))

bench: $(STAMP)
	@missed=0; $(PY) -m ftlab.cli bench || missed=1; $(PY) -m ftlab.curation.speed || missed=1; \
	$(PY) -m ftlab.workshop.bench_retrieval || missed=1; exit $$missed

claims: $(STAMP)
	@$(PY) -m ftlab.cli claims

pretrain: $(STAMP)
	@$(PY) -m ftlab.cli pretrain --keep-every 750

format: $(STAMP)
	$(PY) -m ruff check --fix .

clean:
	rm -rf $(VENV) runs build dist .pytest_cache .ruff_cache .hypothesis *.egg-info
