# The targets that people and CI run. `make` alone lists them. Each calls a script in scripts/, which says what it does.

SHELL := /bin/bash
.DEFAULT_GOAL := help
PREFIX ?= /usr/local
ROUNDS ?= 5
SECONDS_EACH ?= 30

.PHONY: help demo test check conformance prove-jobs bench-gateway bench-policies fuzz install clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## build, start the quickstart with traffic, say what to look at; up until Ctrl-C
	@scripts/demo

test: ## all tests: format, lints, rules of the code base, unit, end to end, conformance
	@scripts/test

check: ## the quick part of `make test`: format, lints, rules of the code base (no test is run)
	@scripts/test check

conformance: ## h2spec, h2load, wrk and hey against a running quickstart
	@scripts/conformance

prove-jobs: ## 10,000 jobs and 10,000 messages with naru and NATS, then RabbitMQ, killed meanwhile; about 3 minutes
	@scripts/setup nats-server rabbitmq-server
	cargo build --release --locked -p naru
	for broker in nats amqp; do "$${CARGO_TARGET_DIR:-target}/release/naru" verify jobs --broker $$broker || exit 1; done

bench-gateway: ## requests per CPU-second beside nginx, HAProxy and Envoy (ROUNDS=5); about 15 minutes
	@bench/gateway/run --rounds $(ROUNDS)

bench-policies: ## what keys, tokens, limits and conversions take from the bare route (ROUNDS=5); about 5 minutes
	@bench/gateway/policies --rounds $(ROUNDS) --keep

fuzz: ## run every fuzz target for a while (SECONDS_EACH=30)
	@scripts/fuzz $(SECONDS_EACH)

install: ## build a release and put naru into PREFIX/bin (PREFIX=/usr/local)
	cargo build --release --locked -p naru
	install -D -m 0755 "$${CARGO_TARGET_DIR:-target}/release/naru" "$(DESTDIR)$(PREFIX)/bin/naru"

clean: ## remove what was built, benched and fuzzed; nothing that runs, no state
	cargo clean
	rm -rf bench/.work fuzz/target fuzz/artifacts
