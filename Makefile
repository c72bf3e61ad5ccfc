# The front door. Everything behind it is a script that can be run and read on its own.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run test bench fuzz dev check setup

help: ## Show this list
	@awk -F':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Install what is missing, build the release binary, start it with demo data
	@scripts/setup run
	@scripts/build
	@source scripts/environment && exec "$$HELIXGATEWAY" serve --demo

test: ## Run everything: lints, three databases, SDKs, browser journeys
	@scripts/test

bench: ## Measure the gateway against a bare proxy, and a ledger of ten million calls (half an hour)
	@scripts/setup test
	@scripts/bench
	@scripts/bench ledger

fuzz: ## Fuzz what reads the bytes of strangers, each target for ten minutes (two hours)
	@scripts/fuzz

dev: ## Start with demo data; rebuild and reload on every change
	@scripts/setup run
	@source scripts/environment && exec cargo leptos watch -- --demo

check: ## Formatting and lints only
	@scripts/lint

setup: ## Install what `make test` needs, and stop there
	@scripts/setup test
