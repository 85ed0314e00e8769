# Commands for people and for CI. Bare "make" lists them.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --warn-undefined-variables --no-builtin-rules

PACKAGES ?= ./...
BENCH ?= .
export FUZZTIME ?= 60s
export CLIENT ?=

# Where install puts things. A package is made with PREFIX=/usr and a DESTDIR.
PREFIX ?= /usr/local
DESTDIR ?=

program := bin/memcachedsoap
sources := go.mod $(shell find cmd service sessionstore soap wsdl -type f ! -name '*_test.go') \
	$(wildcard scripts/clients/*.go scripts/clients/*/README.md)
share := $(DESTDIR)$(PREFIX)/share
manual := $(share)/man/man1/memcachedsoap.1
completions := $(share)/bash-completion/completions/memcachedsoap \
	$(share)/zsh/site-functions/_memcachedsoap \
	$(share)/fish/vendor_completions.d/memcachedsoap.fish
# A client has a program run. The session adapters of frameworks, which stand beside the
# clients, have a program adapter-test.
adapters := $(dir $(wildcard scripts/clients/*/*/adapter-test))
clients := $(filter-out $(adapters),$(dir $(wildcard scripts/clients/*/*/run)))
golangci-lint := go tool -modfile=scripts/tools/go.mod golangci-lint

.PHONY: help
help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: build ## Start the service on its embedded store
	bin/memcachedsoap serve

.PHONY: build
build: ## Build bin/memcachedsoap
	go build -trimpath -o $(program) ./cmd/memcachedsoap

$(program): $(sources) # not build: root may have no Go
	@$(MAKE) build

.PHONY: install
install: $(program) ## Install program, manual page, completions (PREFIX=/usr/local DESTDIR=)
	install -d $(DESTDIR)$(PREFIX)/bin $(dir $(manual) $(completions))
	install -m 755 $(program) $(DESTDIR)$(PREFIX)/bin/memcachedsoap
	$(program) man >$(manual)
	$(program) completion bash >$(word 1,$(completions))
	$(program) completion zsh >$(word 2,$(completions))
	$(program) completion fish >$(word 3,$(completions))
	chmod 644 $(manual) $(completions)

.PHONY: uninstall
uninstall: ## Remove what install has installed, with the same PREFIX and DESTDIR
	rm -f $(DESTDIR)$(PREFIX)/bin/memcachedsoap $(manual) $(completions)

.PHONY: deps
deps: ## Install what the tests need (Debian and Ubuntu, root or sudo)
	@scripts/tools/deps

.PHONY: generate
generate: ## Generate the code of the WSDL, and the dashboard
	go generate ./...

.PHONY: check
check: test lint ## test and lint

# Their tests take longest. They begin first, so that no core waits for them at the end.
longest := ./cmd/memcachedsoap ./sessionstore/memcached
longest-scripts := $(addprefix ./scripts/test/,cost interop apache chaos)
testreport := go run ./scripts/test/testreport -shuffle=on -p 3 -count=1 -timeout=15m

.PHONY: test
test: deps ## Run all tests, those of the service under the race detector (PACKAGES=./soap/...)
	go vet $(PACKAGES)
ifeq ($(PACKAGES),./...)
	@$(testreport) -race $(longest) $$(go list ./... | grep -v /scripts/)
# The tests of scripts call services that are processes of their own: the race detector
# would watch the calls only.
	@$(testreport) $(longest-scripts) ./scripts/...
	@scripts/test/newest
else
	@$(testreport) -race $(PACKAGES)
endif

.PHONY: interop
interop: build ## Run client programs of SOAP toolkits (CLIENT=php)
	@scripts/tools/deps $(wildcard $(addsuffix packages,$(clients)))
	go vet -tags interop ./scripts/test/clients ./scripts/test/apache
	@go test -tags interop -count=1 -timeout=30m ./scripts/test/clients -v | scripts/test/clients/summary
	@[[ "$(CLIENT)" ]] || go test -tags interop -count=1 -timeout=10m -skip Restart ./scripts/test/apache

adapter-packages = $(wildcard $(addsuffix packages,$(dir $(wildcard scripts/clients/*/*/adapter-test))))

.PHONY: adapters
adapters: build ## Run the session handlers of frameworks (CLIENT=php)
	@scripts/tools/deps $(adapter-packages)
	go vet -tags interop ./scripts/test/adapters
	@go run ./scripts/test/testreport -tags interop -count=1 -timeout=20m ./scripts/test/adapters

.PHONY: browser
browser: ## Run the tests of the pages in Chromium (screenshots: build/screenshots)
	@scripts/tools/deps scripts/test/browser/packages
	go vet -tags interop ./scripts/test/browser
	go test -tags interop -count=1 -timeout=10m ./scripts/test/browser

.PHONY: lemonldap
lemonldap: ## Run LemonLDAP::NG on the service (LEMONLDAP_RELEASE=sid)
	@scripts/tools/deps scripts/test/lemonldap/packages
	go vet -tags interop,speed ./scripts/test/lemonldap
	@scripts/test/lemonldap/run

.PHONY: alerts
alerts: ## Test alerts and dashboard with a real Prometheus
	@scripts/tools/deps scripts/test/alerts/packages
	go vet -tags interop ./scripts/test/alerts
	@go run ./scripts/test/testreport -tags interop -count=1 -timeout=5m ./scripts/test/alerts

.PHONY: packages
packages: ## Build deb, rpm, tar.gz, SBOM and checksums into build/packages
	@scripts/tools/packages

.PHONY: install-test
install-test: packages ## Install, start, upgrade and purge what packages has built (root or sudo)
	@scripts/tools/deps scripts/test/install/packages
	go vet -tags interop ./scripts/test/install
	go test -tags interop -c -o build/install.test ./scripts/test/install
	@cd scripts/test/install && $(if $(filter 0,$(shell id -u)),,sudo -E env "PATH=$$PATH") ../../../build/install.test -test.timeout=20m

.PHONY: lint
lint: ## Run every linter and look at the formatting
	$(golangci-lint) run

.PHONY: format
format: ## Format the code as lint wants it
	$(golangci-lint) fmt

.PHONY: fuzz
fuzz: ## Run every fuzz target (FUZZTIME=60s PACKAGES=./soap/...)
	@scripts/tools/fuzz $(PACKAGES)

.PHONY: bench
bench: ## Run benchmarks and compare with the run before (BENCH=Get PACKAGES=./soap/...)
	@scripts/tools/microbench '$(BENCH)' $(PACKAGES)

ROUNDS ?= 12
SECONDS ?= 2
PEERS ?=
CURVES ?=
.PHONY: bench-peers
bench-peers: ## Compare with gSOAP, CXF, PHP, Node, Perl (ROUNDS=2 SECONDS=1 PEERS=gsoap)
	@go run ./scripts/test/peers -rounds $(ROUNDS) -seconds $(SECONDS) $(if $(PEERS),-peers $(PEERS))

.PHONY: scale
scale: ## Measure and draw the curves of docs/scaling.md (CURVES=connections)
	@go run ./scripts/test/scale $(if $(CURVES),-only $(CURVES))

.PHONY: clean
clean: ## Remove what was built
	rm -rf bin build
