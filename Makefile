# harness: `make` builds everything and runs a first study; `make test` runs
# all tests. Both bring what they need; as root on Debian nothing has to be
# installed by hand but Go, Python 3 with pip and JDK 17.

GO      ?= go
BIN     := bin
STUDY   := studies/quick.hcl
PLUGINS := $(foreach kind,model adapter benchmark dataset,$(patsubst plugins/$(kind)s/%/main.go,$(BIN)/harness-$(kind)-%,$(wildcard plugins/$(kind)s/*/main.go)))
VERSION := 0.2.0-dev
# The same source gives the same bytes, whatever the commit, the machine and the folder.
BUILD   := $(GO) build -trimpath -buildvcs=false -ldflags "-X main.version=$(VERSION)" -o

.PHONY: all build cc xla quick test test-go test-slow test-go-slow lint fuzz endurance goldens torch bench bench-engine bench-judge proto tools docker base-image clean

all: build xla quick

# ---- building ---------------------------------------------------------------

build: $(BIN)/harness $(BIN)/harness-engine-gomlx $(PLUGINS)

# Go knows what is stale; make only knows the names.
.PHONY: $(BIN)/harness $(BIN)/harness-engine-gomlx $(PLUGINS)
$(BIN)/harness:
	$(BUILD) $@ ./core/cmd/harness
$(BIN)/harness-engine-gomlx: cc
	$(BUILD) $@ ./core/cmd/harness-engine-gomlx
$(filter $(BIN)/harness-model-%,$(PLUGINS)): $(BIN)/harness-model-%:
	$(BUILD) $@ ./plugins/models/$*
$(filter $(BIN)/harness-adapter-%,$(PLUGINS)): $(BIN)/harness-adapter-%:
	$(BUILD) $@ ./plugins/adapters/$*
$(filter $(BIN)/harness-benchmark-%,$(PLUGINS)): $(BIN)/harness-benchmark-%:
	$(BUILD) $@ ./plugins/benchmarks/$*
$(filter $(BIN)/harness-dataset-%,$(PLUGINS)): $(BIN)/harness-dataset-%:
	$(BUILD) $@ ./plugins/datasets/$*

# The engine loads XLA through cgo.
cc:
	@command -v gcc >/dev/null || { $(call apt,gcc libc6-dev); }

# The XLA CPU runtime, into the user's cache folder; and tcmalloc, which makes
# training faster where it can be had (see harness-engine-gomlx).
xla: $(BIN)/harness-engine-gomlx
	@ls /usr/lib/*/libtcmalloc_minimal.so.4 >/dev/null 2>&1 || ( $(call apt,libtcmalloc-minimal4) ) || echo "without it training takes a little longer, and that is all" >&2
	$(BIN)/harness-engine-gomlx install

# The first study. Its sandbox is Docker where a daemon answers, else bubblewrap.
quick: build xla tools
	@if docker version >/dev/null 2>&1; then $(MAKE) --no-print-directory base-image; fi
	$(BIN)/harness run $(STUDY)

# ---- what the sandbox needs -------------------------------------------------

apt = DEBIAN_FRONTEND=noninteractive; export DEBIAN_FRONTEND; \
	[ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null || { echo "please install: $(1)" >&2; exit 1; }; \
	apt-get update -qq && apt-get install -y -qq --no-install-recommends $(1) >/dev/null

# bubblewrap, JUnit and two libraries of HumanEval-Java, for boxes without a
# container engine.
tools:
	@command -v bwrap >/dev/null && ls /usr/share/java/junit4.jar /usr/share/java/asm.jar /usr/share/java/js.jar /usr/share/java/jaxb-api.jar >/dev/null 2>&1 || { $(call apt,bubblewrap junit4 libasm-java librhino-java libjaxb-api-java); }

# A running container engine. A daemon started here goes on after make.
docker:
	@docker version >/dev/null 2>&1 && exit 0; \
	command -v dockerd >/dev/null || { $(call apt,docker.io); }; \
	rm -f /var/run/docker.pid; \
	nohup dockerd >/tmp/harness-dockerd.log 2>&1 & \
	for i in $$(seq 60); do docker version >/dev/null 2>&1 && exit 0; sleep 1; done; \
	echo "dockerd did not start; see /tmp/harness-dockerd.log" >&2; exit 1

# The image that the benchmarks' images start from: pulled, or where no
# registry can be reached, made from Debian's packages.
BASE := debian:bookworm-slim
base-image: docker
	@docker image inspect $(BASE) >/dev/null 2>&1 && exit 0; \
	timeout 60 docker pull -q $(BASE) 2>/dev/null && exit 0; \
	command -v debootstrap >/dev/null || { $(call apt,debootstrap); }; \
	root=$$(mktemp -d) && trap 'rm -rf "$$root"' EXIT && \
	debootstrap --variant=minbase bookworm "$$root" >/dev/null && \
	tar -C "$$root" -c . | docker import - $(BASE)

# ---- testing ----------------------------------------------------------------

# Everything that a change should pass; test-slow has what takes longer.
test: build xla tools base-image lint test-go

lint:
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); [ -z "$$unformatted" ] || { echo "not gofmt'd: $$unformatted" >&2; exit 1; }
	$(GO) vet ./...
	$(GO) tool staticcheck ./...

# Packages that watch the clock run alone, one after another; the others side by
# side. Packages with goroutines of their own run under the race detector, and only
# there.
ALONE   := ./core/pluginhost ./core/sandbox/...
RACE    := ./core/store ./core/run ./core/step ./core/judge ./core/pluginhost ./core/sdk/... ./core/sandbox ./plugins/benchmarks/java/programs
TIMEOUT := 30m
LOG     := $(BIN)/test.log

# Every test of programs takes those that `make build` made.
GO_TEST := $(GO) test -count=1 -v -vet=off -timeout $(TIMEOUT)
test-go test-go-slow: export HARNESS_BIN := $(CURDIR)/$(BIN)

test-go:
	@mkdir -p $(BIN); : >$(LOG); status=0; \
	all=$$($(GO) list ./...) && alone=$$($(GO) list $(ALONE)) && race=$$($(GO) list $(RACE)) || exit; \
	only() { printf '%s\n' $$1 | grep -xF "$$2"; }; but() { printf '%s\n' $$1 | grep -vxF "$$2"; }; \
	run() { echo "go test $$1 (log: $(LOG))"; $(GO_TEST) $$1 $$2 >>$(LOG) 2>&1 || status=1; }; \
	beside=$$(but "$$all" "$$alone"); \
	run "" "$$(but "$$beside" "$$race")"; \
	run "-race" "$$(only "$$beside" "$$race")"; \
	run "-p 1" "$$(but "$$alone" "$$race")"; \
	run "-p 1 -race" "$$(only "$$alone" "$$race")"; \
	$(call summary,$$status)

# What a log of tests says, and all of it that is about a failure.
summary = grep -E '^(ok|FAIL|panic:)' $(LOG); \
	echo "containers and boxes:"; grep -E 'NOT TESTED|SLOW, NOT RUN|[0-9]+ candidates|killed [0-9]+ times' $(LOG) | sed 's/^ *//' | sort -u; \
	sed -n '/^PARITY/,/^└/p' $(LOG); \
	if [ $(1) != 0 ]; then grep -vE '^(=== |ok|\?| *--- PASS)' $(LOG); fi; \
	exit $(1)

# What takes longer: tests that only run here (needs.Slow; their names begin with
# TestSlow), comparisons with transformers and PEFT themselves (TestHF), the judge
# under every sandbox driver, parity with more goldens, fuzzing, and minutes of
# judging without a break.
test-slow: build xla tools base-image torch maven test-go-slow fuzz endurance

test-go-slow: export HARNESS_SLOW := 1
test-go-slow: export HARNESS_FIXTURES ?= $(abspath $(wildcard ../shared/fixtures/models))
test-go-slow: export TORCH_PYTHON := $(abspath $(TORCH_PYTHON))
test-go-slow:
	@mkdir -p $(BIN); : >$(LOG); status=0; \
	run() { echo "go test $$* (log: $(LOG))"; $(GO_TEST) "$$@" >>$(LOG) 2>&1 || status=1; }; \
	run -p 1 -run '^(TestSlow|TestHF)' ./...; \
	run -p 1 -skip '^TestSlow' ./plugins/benchmarks/...; \
	[ -z "$$HARNESS_FIXTURES" ] || run -run '^TestParity' ./core/...; \
	$(call summary,$$status)

# Every fuzz target for FUZZTIME, two at a time. What a target finds is kept in
# testdata/fuzz of its package, to be committed; inputs that only reach new code are
# kept in Go's cache, from which the next run goes on. Without a limit, go test spends
# nearly all of the time on making such inputs smaller. It also may fail with nothing
# but "context deadline exceeded" when the time is over (golang.org/issue/75804).
FUZZTIME ?= 8s
fuzz:
	@grep -rE --include='*_test.go' '^func Fuzz' . | sed -E 's|^(.*)/[^/]*:func (Fuzz[A-Za-z0-9_]*).*|\1 \2|' | sort | \
	xargs -P 2 -L 1 sh -c 'out=$$($(GO) test -run "^$$" -fuzz "^$$1\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 20x -parallel 1 "$$0" 2>&1) || \
		{ echo "$$out" | grep -q "context deadline exceeded" && ! echo "$$out" | grep -qE "Failing input|panic|_test.go"; } || \
		{ echo "$$0 $$1:"; echo "$$out"; exit 1; }; \
		echo "$$0 $$1: $$(echo "$$out" | grep ^fuzz | tail -n 1)"'

# The judge for minutes without a break, where recorded candidates are there.
ENDURANCE ?= 1000
endurance:
	@$(if $(and $(wildcard $(RECORDINGS)),$(wildcard $(BUGS))),\
		$(MAKE) --no-print-directory bench-judge ONLY=endurance BENCH_JUDGE="-bugs 3 -endurance $(ENDURANCE)",\
		echo "NOT TESTED HERE: endurance: no recorded candidates in $(RECORDINGS) and $(BUGS)")

# Golden checkpoints, made anew by transformers and PEFT; see core/goldens.
goldens: torch
	$(TORCH_PYTHON) core/goldens/make core/goldens/models

# Maven with the plugins that an import needs, which it finds offline.
maven:
	@command -v mvn >/dev/null && ls -d $(addprefix /usr/share/maven-repo/org/apache/maven/plugins/maven-,$(addsuffix -plugin,compiler resources dependency)) >/dev/null 2>&1 || { $(call apt,maven maven-debian-helper libmaven-dependency-plugin-java junit4); }

# A Python with the packages of Hugging Face that tests compare with: 5.6 GB.
TORCH_PYTHON ?= $(BIN)/torch/bin/python
torch:
	@$(TORCH_PYTHON) -c 'import torch, transformers, peft, gguf, sentencepiece' 2>/dev/null || { \
		{ python3 -m venv $(BIN)/torch || { $(call apt,python3-venv); python3 -m venv $(BIN)/torch; }; } && $(BIN)/torch/bin/pip install -q torch transformers peft gguf sentencepiece; } >&2

bench: build xla
	$(GO) test -run '^$$' -bench . -benchtime 1x ./...

# The engine against torch + transformers + peft, in turns on the same shapes,
# as JSON lines. Wants an idle machine. REFERENCE is the peer's script, without
# which the engine alone is timed.
REFERENCE ?= ../shared/bench/torch_reference.py
ONLY      ?=
bench-engine: build xla $(if $(wildcard $(REFERENCE)),torch)
	@$(BUILD) $(BIN)/tools/bench-engine ./core/bench/engine
	@$(BIN)/tools/bench-engine -plugins $(BIN) -python $(TORCH_PYTHON) -reference '$(wildcard $(REFERENCE))' -only '$(ONLY)'

# The judge against the naive way, and against itself under load, as JSON lines.
# RECORDINGS is a folder of CLM's recorded candidates, with those of arXiv
# 2406.05639 in peft4apr/; BUGS, of the bugs in portable form. ONLY=endurance
# judges 100,000 candidates.
RECORDINGS ?= ../shared/replay
BUGS       ?= ../shared/benchmarks
bench-judge: build base-image
	@$(BUILD) $(BIN)/tools/bench-judge ./core/bench/judge
	@$(BIN)/tools/bench-judge -bin $(BIN) -recordings $(RECORDINGS) -benchmarks $(BUGS) $(if $(ONLY),-only $(ONLY)) $(BENCH_JUDGE)

# ---- generating -------------------------------------------------------------

PROTO := core/protocol/proto
proto:
	@command -v protoc >/dev/null || { $(call apt,protobuf-compiler); }
	$(GO) build -o $(BIN)/tools/ google.golang.org/protobuf/cmd/protoc-gen-go google.golang.org/grpc/cmd/protoc-gen-go-grpc
	PATH=$(CURDIR)/$(BIN)/tools:$$PATH protoc -I $(PROTO) --go_out=. --go_opt=module=harness --go-grpc_out=. --go-grpc_opt=module=harness $(PROTO)/harness/v1/*.proto

clean:
	rm -rf $(BIN)
