# What people type. Each target is a script in scripts/, or a command of watchglass itself.
SHELL := bash
VENV_BIN = $(if $(VENV),$(VENV),.venv)/bin
export VENV PYTHON

.PHONY: help demo test lint format bench privacy-table record soak arms fuzz clean

help:
	@echo "make demo    see it: real footage as cameras, in your browser"
	@echo "make test    everything that is checked before a change is taken"
	@echo "make lint    the part of it that reads the code without running it"
	@echo "make format  format the code"
	@echo "make bench   measure it on this machine: BENCH=redaction, cameras, catalogue, tracking, rules, alerts, census or live for a part of it"
	@echo "make privacy-table  measure what stays in sight, and write it into docs/privacy.md: ONLY='plain dark' for some rows"
	@echo "make record  record many cameras, beside ffmpeg unless ALONE=1: CAMERAS=20 for SECONDS=90"
	@echo "make soak    kill the recorder again and again and see what was lost: N=25 for so many times"
	@echo "make arms    stop all watchers, connect dead cameras, and see what was lost: SECONDS=300 CAMERAS=8 DEAD=50 OUT=FILE"
	@echo "make fuzz    feed damaged bytes to all that reads them: SECONDS=600 in all, ONLY='fmp4 wire' for some, JOBS=2"
	@echo "make clean   remove what these commands made"

# The two halves of the installation have nothing to do with each other, and half a minute is half a minute.
demo:
	@scripts/web & web=$$!; scripts/venv || { kill $$web; exit 1; }; wait $$web
	@exec $(VENV_BIN)/watchglass demo $(DEMO)

test:
	@scripts/test $(TESTS)

lint:
	@scripts/lint

format:
	@scripts/format

bench:
	@scripts/venv dev
	@exec $(VENV_BIN)/python -m benchmarks $(BENCH)

privacy-table:
	@scripts/venv dev
	@exec $(VENV_BIN)/python -m benchmarks.variants $(if $(ONLY),--only $(ONLY))

record:
	@scripts/venv dev
	@exec $(VENV_BIN)/python -m benchmarks.recording $(if $(CAMERAS),--cameras $(CAMERAS)) $(if $(SECONDS),--seconds $(SECONDS)) \
	  $(if $(ALONE),--alone) $(if $(OUT),--out $(OUT))

soak:
	@scripts/venv dev
	@exec $(VENV_BIN)/python -m benchmarks.soak $(if $(N),--kills $(N)) $(if $(SEED),--seed $(SEED)) $(if $(OUT),--out $(OUT))

arms:
	@scripts/venv dev
	@exec $(VENV_BIN)/python -m benchmarks.arms $(if $(SECONDS),--seconds $(SECONDS)) $(if $(CAMERAS),--cameras $(CAMERAS)) \
	  $(if $(DEAD),--dead $(DEAD)) $(if $(ALONE),--alone $(ALONE)) $(if $(OUT),--out $(OUT))

fuzz:
	@scripts/venv dev
	@exec $(VENV_BIN)/python -m benchmarks.fuzz $(if $(SECONDS),--seconds $(SECONDS)) $(if $(JOBS),--jobs $(JOBS)) \
	  $(if $(OUT),--out $(OUT)) $(if $(ONLY),--only $(ONLY))

clean:
	rm -rf .venv web/node_modules watchglass/console/static test-artefacts bench-results build dist \
	  .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find watchglass tests benchmarks scripts -name __pycache__ -type d -prune -exec rm -rf {} +
