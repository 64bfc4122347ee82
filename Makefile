# Front door; no logic inside. Needs python3 (>= 3.11), python3-venv and make.
PYTHON ?= $(shell command -v /usr/bin/python3.11 || command -v python3)
BIN := .venv/bin
export PYTHONSAFEPATH = 1

.PHONY: dev demo check test soak fuzz lab layers shots bench shape fmt clean

.venv/.ready: pyproject.toml constraints.txt
	[ -d .venv ] || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[dev,recordings]'
	touch $@

dev: .venv/.ready ## virtual environment with everything, editable

demo: .venv/.ready ## a simulated ward and the agent on it: full screen, or one line per event
	$(BIN)/wardops demo

# A simulated vCenter of govmomi's, which Debian ships as a library; see .ci/run. Not optimised: it
# builds sooner.
build/vcenter-peer: tests/probes/vm/vcenter_peer/main.go
	GO111MODULE=off GOFLAGS= GOPATH=/usr/share/gocode GOCACHE=$(CURDIR)/build/go-cache go build \
	  '-gcflags=github.com/vmware/...=-N -l' -ldflags '-s -w' -o $@ $<

check: .venv/.ready ## format, lint, layers, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy

layers: .venv/.ready
	$(BIN)/lint-imports

test: .venv/.ready ## everything pytest has
	.ci/test

soak: .venv/.ready ## the long forms: storms, a normal month, random faults; hours
	WARDOPS_SOAK=1 $(BIN)/pytest -n auto tests/soak tests/walks tests/playbooks/verdict \
	  tests/agent tests/probes/snmp tests/probes/vm tests/tui/test_truth.py

fuzz: .venv/.ready ## random mixes of faults against the verdict, the long form
	WARDOPS_SOAK=1 $(BIN)/pytest -n auto tests/walks/faults tests/playbooks/verdict

lab: .venv/.ready ## a ward of real programs in network namespaces, every fault; as root, 20 min
	WARDOPS_LAB=1 WARDOPS_SOAK=1 $(BIN)/pytest -s -m lab tests/lab

shots: .venv/.ready ## pictures of every screen in shots/, to be looked at; needs Debian's chromium
	mkdir -p shots
	WARDOPS_SHOTS=$(CURDIR)/shots $(BIN)/pytest -q -n auto tests/tui
	$(BIN)/python bench/shots.py shots

bench: .venv/.ready ## how fast, light and true screen, faults, SNMP polls and pings are; nothing is judged
	$(BIN)/python bench/tui.py
	$(BIN)/python bench/detect.py
	PYTHONPATH=. $(BIN)/python -m bench.snmp.run
	PYTHONPATH=. $(BIN)/python -m bench.line
	PYTHONPATH=. $(BIN)/python -m bench.ping
	PYTHONPATH=. $(BIN)/python -m bench.vm
	PYTHONPATH=. $(BIN)/python -m bench.vc

shape: ## a report, never a failure: modules over 400 lines
	@git ls-files '*.py' | xargs wc -l | awk '$$2 != "total" && $$1 > 400'

fmt: .venv/.ready
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf .venv shots dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
