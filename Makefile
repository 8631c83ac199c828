# The two commands that do all the set-up on a fresh machine with Python >= 3.11:
#
#   make demo    the gateway with a simulated board   (ARGS="--json --for 10s" is passed on)
#   make test    everything that is checked
#
# Set-up talks on stderr; stdout belongs to the command. No target uses sudo.

PYTHON ?= python3
VENV := .venv
UV := $(VENV)/bin/uv
RUN := $(UV) run --quiet
TEST := $(RUN) --group test
SETUP := sh tests/support/setup.sh
# A desktop has a display; a server or a container only gets the printed link.
OPEN := $(if $(DISPLAY)$(WAYLAND_DISPLAY)$(filter Darwin,$(shell uname -s)),--open)
# A worker for each core and one more; what stays together on one: tests/support/turns.py. ARGS="-n0" uses none.
WORKERS := -n auto --dist loadfile --no-loadscope-reorder

# A container may forbid bytecode: each of the hundreds of processes that the tests start would compile everything anew.
unexport PYTHONDONTWRITEBYTECODE

.SILENT:
.PHONY: help demo test lint lint-mypy lint-pyright lint-web firmware docs fuzz soak bench clean

help:
	echo "make demo | test | lint | firmware | docs | fuzz | soak | bench | clean"

demo: $(UV)
	$(RUN) ardugate demo $(OPEN) $(ARGS)

test: $(UV)
	$(SETUP) system
	$(SETUP) sync
	$(MAKE) --no-print-directory lint
	$(TEST) pytest $(WORKERS) $(ARGS)

lint: $(UV)
	$(TEST) ruff check .
	$(TEST) ruff format --check .
	$(MAKE) --no-print-directory -j3 lint-mypy lint-pyright lint-web

lint-mypy:
	$(TEST) mypy

lint-pyright:
	$(TEST) pyright --warnings

lint-web:
	$(SETUP) web

# The shipped sketch for each board, as `ardugate flash` writes it; needs Debian's Arduino tools.
firmware: $(UV)
	$(SETUP) system
	$(TEST) python -m tests.support.make_firmware

# The docs as a site, in build/site; a link that leads nowhere is an error.
docs: $(UV)
	NO_MKDOCS_2_WARNING=1 $(UV) run --quiet --no-project --with mkdocs-material mkdocs build --quiet --strict
	echo build/site/index.html

fuzz: $(UV)
	$(TEST) python -m tests.fuzz $(ARGS)

soak: $(UV)
	$(SETUP) system
	$(TEST) pytest tests/soak $(ARGS)

# Some minutes on a quiet machine; ARGS="wire --json" picks questions and the form.
bench: $(UV)
	$(TEST) python -m benchmarks $(ARGS)

clean:
	rm -rf $(VENV) build dist src/ardugate/dashboard src/ardugate/firmware web/node_modules

$(UV):
	$(SETUP) venv "$(PYTHON)" $(VENV)
