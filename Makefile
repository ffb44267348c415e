# Two commands do everything: `make run` and `make test`. The logic is in scripts/.

.PHONY: help run test bench fuzz fmt lint check deny sample starter codegen

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand --tabs=12

run: ## Set up, build and open Outcrop; without a display, scan the sample; ARGS="scan IMAGE"
	@scripts/run.sh

test: ## Set up, then run every check and every test
	@scripts/test.sh

bench: ## Compare with Syft and with the engine itself
	@scripts/bench.sh

fuzz: ## Mutation loops over the fixtures of every cataloger and feed, longer than the tests; OUTCROP_FUZZ_ROUNDS=N
	@OUTCROP_FUZZ_ROUNDS=$${OUTCROP_FUZZ_ROUNDS:-1000000} \
		cargo test --profile quick --package outcrop-catalog --package outcrop-advisory --lib -- \
		whatever_bytes_come_it_goes_on feeds::fuzz::

check: ## Compile everything but the desktop app
	@cargo check --all-targets

fmt: ## Format Rust and the interface
	@cargo fmt --all
	@npm --prefix ui run --silent format

lint: ## Clippy, tidy and the linters of the interface
	@cargo clippy --all-targets -- --deny warnings
	@cargo xtask tidy
	@npm --prefix ui run --silent lint

deny: ## Bans, licences and sources of the crates, with cargo-deny
	@command -v cargo-deny >/dev/null || cargo install --locked cargo-deny --version 0.20.2
	@cargo deny check bans licenses sources

sample: ## Write the sample archive
	@cargo xtask sample

starter: ## Make the starter advisories from Debian changelogs
	@cargo xtask starter

codegen: ## Write the TypeScript types of the interface
	@cargo xtask codegen
