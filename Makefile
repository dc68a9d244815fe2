# Everything that CI checks, and the heavy sets. GO can name another go command.
GO ?= go
RACE = ./meter/... ./price/... ./trial/... ./github/... ./review/... ./compare/... ./ledger/... ./internal/linefile ./cmd/pertask/wrap ./app/queue ./app/record ./app/secret ./app/signin ./app/enroll ./app/work ./app/measure ./app/courier ./app/ingest ./app/promise ./session/... ./telemetry
# With the race detector SQLite takes some ten minutes to compile, so only "make soak" does these.
RACE_SQL = ./app/sqldb/... ./app/hook ./app

.PHONY: check fmt vet staticcheck actionlint test race demo act agents web webhooks fuzz soak simulate

# check is what to run before sending a change. CI runs it and, for a moment each, the fuzz targets: see .ci/run.
check: fmt vet staticcheck actionlint test race demo

fmt:
	@out=$$(gofmt -l $$(git ls-files '*.go')); test -z "$$out" || { echo "not gofmt-ed:"; echo "$$out"; exit 1; }

vet:
	$(GO) vet ./...
	$(GO) vet -tags chaos ./cmd/action

staticcheck:
	$(GO) tool staticcheck ./...

actionlint:
	$(GO) tool actionlint -shellcheck= -pyflakes= $(wildcard .github/workflows/*.yml) testdata/act/*.yml

# Tests mostly wait, for processes, a disk or a time, so more packages are tested at once than there are cores.
P = $(shell expr 2 '*' $$(getconf _NPROCESSORS_ONLN))

test:
	$(GO) test -p $(P) ./...

# At its end a program with the race detector sleeps for a second, in case others of its goroutines still race; some of
# these tests start hundreds of programs.
RACE_ENV = GORACE=atexit_sleep_ms=50

race:
	list=$$(GO="$(GO)" sh scripts/concurrent.sh $(RACE)) && $(RACE_ENV) $(GO) test -p $(P) -race -short $$list

# demo runs the README's first command and holds what it must print.
demo:
	@dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT && \
	$(GO) run ./cmd/pertask demo --out "$$dir/demo" | tee "$$dir/out" && \
	grep -q "Don't switch" "$$dir/out" && grep -q '2\.66' "$$dir/out" && test -s "$$dir/demo/report.json"

# act runs the Action in a real runner; "make test" does it too where act is on the PATH.
act:
	PERTASK_NEED_ACT=1 $(GO) test -count=1 -run TestAct ./cmd/action

# agents installs every coding agent that can be, below .ci/agents, and runs each from a task to a provider on this
# machine. It takes some 2.5 GB of disk.
AGENTS = codex pi claude-code gemini opencode qwen copilot cline ccusage
comma = ,
empty =
agents:
	@dir=$$(scripts/agents.sh $(AGENTS)) && \
	PERTASK_AGENTS="$$dir" PERTASK_NEED_AGENTS="$(subst $(empty) ,$(comma),$(AGENTS))" $(GO) test -count=1 -timeout 30m ./internal/agentstest

# web looks at comments as GitHub shows them and at pages in a browser, below .ci/web.
web:
	@dir=$$(scripts/web.sh) && PERTASK_WEB="$$dir" CI=true $(GO) test -count=1 -run 'TestOnGitHub|TestInABrowser' ./report ./report/html ./report/spending ./app/page

# webhooks has GitHub's own packages send and receive webhooks, below .ci/webhooks.
webhooks:
	@dir=$$(scripts/webhooks.sh) && PERTASK_WEBHOOKS="$$dir" CI=true $(GO) test -count=1 -run 'TestExamples|TestProbot|TestEverything' ./app/hook

# fuzz runs every fuzz target for FUZZTIME of one core.
FUZZTIME ?= 10s
fuzz:
	GO="$(GO)" FUZZTIME=$(FUZZTIME) sh scripts/fuzz.sh

# soak runs the heavy sets whole; CI runs a twentieth of them.
soak:
	$(MAKE) fuzz FUZZTIME=40s FUZZ_SQL=1
	$(RACE_ENV) PERTASK_SOAK=1 $(GO) test -race -count=1 -timeout 60m $(RACE)
	$(RACE_ENV) $(GO) test -race -short -count=1 -timeout 60m $(RACE_SQL)
	PERTASK_SOAK=1 $(GO) test -count=1 -timeout 60m -run 'Kill|Noticed' -v ./cmd/pertask ./app/sqldb/... ./cmd/app
	PERTASK_SOAK=1 $(GO) test -count=1 -timeout 60m -parallel 4 -run 'TestChaos$$' -v ./cmd/action

# simulate works out docs/simulation.md and docs/followup.md: some five minutes of one core each. It fails when a number
# misses what is promised.
RUNS ?= 4000
simulate:
	$(GO) run ./stats/simulation/tables -runs $(RUNS) -out docs/simulation.md
	$(GO) run ./stats/series/tables -out docs/followup.md
