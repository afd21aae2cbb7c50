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

.PHONY: all build cc xla quick test test-go lint bench bench-engine bench-judge proto tools docker base-image clean

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

test: build xla tools base-image lint test-go

# One package at a time: tests of time limits want a machine that is not busy
# with other tests. Packages whose parts run side by side also run under the race detector.
RACE := ./core/store ./core/run ./core/step ./core/pluginhost ./core/sdk/... ./core/sandbox ./plugins/benchmarks/java/programs
TIMEOUT := 30m
LOG := $(BIN)/test.log
test-go:
	@mkdir -p $(BIN); echo "$(GO) test ./... (log: $(LOG))"; \
	$(GO) test -count=1 -p 1 -v -timeout $(TIMEOUT) ./... >$(LOG) 2>&1; status=$$?; \
	grep -E '^(ok|FAIL|panic:)' $(LOG); \
	echo "containers and boxes:"; grep -E 'NOT TESTED|NOT CHECKED|[0-9]+ candidates|killed [0-9]+ times' $(LOG) | sed 's/^ *//' | sort -u; \
	sed -n '/^PARITY/,/^└/p' $(LOG); \
	if [ $$status != 0 ]; then grep -vE '^(=== |ok|\?| *--- PASS)' $(LOG); fi; \
	exit $$status
	$(GO) test -count=1 -p 1 -timeout $(TIMEOUT) -race -short $(RACE)

lint:
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); [ -z "$$unformatted" ] || { echo "not gofmt'd: $$unformatted" >&2; exit 1; }
	$(GO) vet ./...
	$(GO) tool staticcheck ./...

bench: build xla
	$(GO) test -run '^$$' -bench . -benchtime 1x ./...

# The engine against torch + transformers + peft, in turns on the same shapes,
# as JSON lines. Wants an idle machine. TORCH_PYTHON has the three packages
# (made by pip if it is not there); REFERENCE is the peer's script, without
# which the engine alone is timed.
TORCH_PYTHON ?= $(BIN)/torch/bin/python
REFERENCE    ?= ../shared/bench/torch_reference.py
ONLY         ?=
bench-engine: build xla
	@[ -z "$(wildcard $(REFERENCE))" ] || $(TORCH_PYTHON) -c 'import torch, transformers, peft' 2>/dev/null || { \
		python3 -m venv $(BIN)/torch && $(BIN)/torch/bin/pip install -q torch transformers peft; } >&2
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
