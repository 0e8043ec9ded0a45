# `make` lists the targets. Plain enough for GNU make and BSD make.

# Programs the tests start; apt package and program bear the same name.
TOOLS = strace nginx

EX     ?= 09_edge_triggered
ARGS   ?=
REPEAT ?= 20
# The tests in which threads meet.
THREADED = across_threads threads
# The targets beside x86_64-unknown-linux-gnu, and those of them that run here.
TARGETS ?= x86_64-unknown-linux-musl aarch64-unknown-linux-gnu x86_64-unknown-freebsd \
	x86_64-unknown-netbsd x86_64-unknown-openbsd x86_64-unknown-dragonfly \
	x86_64-apple-darwin aarch64-apple-darwin
RUNS_HERE = x86_64-unknown-linux-musl aarch64-unknown-linux-gnu

# What `make trace` shows. `write` carries the loop's own marks; `?` skips a
# call that this architecture does not have.
CALLS = network,?poll,ppoll,?select,pselect6,epoll_create1,epoll_ctl,?epoll_wait,epoll_pwait,?epoll_pwait2,?eventfd,eventfd2,fcntl,ioctl,read,write,close
# Whole lines, also when the program prints or Ctrl-C ends it; without the loader's.
LINES = trap "" INT; grep --line-buffered -vE "(close|read)[(].*([.]so[^>]*|/maps|/proc/[^>]*|/sys/[^>]*)>"

help:
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' Makefile

run: ## fetch five pages at once, served by a child process (ARGS="URL... --timeout 2")
	cargo run --release --example fetch -- $(ARGS)

test: tools release-examples ## all tests in debug, then the strace tests in release; EAGAIN_POLLER=poll, EAGAIN_FALLBACK=epoll_wait,pipe
	@if [ -n "$${EAGAIN_POLLER:-}$${EAGAIN_FALLBACK:-}" ]; then .ci/pollers; else set -ex; \
		cargo test --workspace --all-features; \
		cargo test --workspace --lib; cargo test --workspace --doc; \
		{ set +x; } 2>/dev/null; $(STRACE_TESTS); \
	fi

pollers: tools ## all tests on poll, on select and on every fallback (.ci/pollers.differs has what cannot pass)
	EAGAIN_POLLER=poll .ci/pollers
	EAGAIN_POLLER=select .ci/pollers
	EAGAIN_FALLBACK=epoll_wait,pipe .ci/pollers

# One build that takes poller and fallbacks from the environment, and has no accept4.
BY_ENV = RUSTFLAGS="--cfg eagain_by_env --cfg eagain_flags_afterwards" cargo test \
	--target-dir "$${CARGO_TARGET_DIR:-target}/by_env"

contract: ## what every poller does, on each of this kernel's, with fallbacks and without
	cargo test --package eagain-sys
	EAGAIN_FALLBACK=epoll_wait,pipe $(BY_ENV) --package eagain-sys

check: ## format, clippy, docs, the layers, the oldest Rust
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	cargo clippy --workspace --all-targets --all-features -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --all-features
	.ci/layers
	.ci/msrv

trace: tools ## one example under strace (EX=09_edge_triggered ARGS=...)
	@cargo build --quiet --release --example $(EX)
	@EAGAIN_TRACE=strace strace -qq -r -T -yy -s 64 -e trace='$(CALLS)' \
		-o '|$(LINES)' "$${CARGO_TARGET_DIR:-target}/release/examples/$(EX)" $(ARGS)

strace: tools release-examples ## compare transcripts and count system calls
	@$(STRACE_TESTS)

strace-bless: tools release-examples ## record the transcripts anew and show what changed, for a person to read
	@export EAGAIN_BLESS=1; $(STRACE_TESTS)
	@git --no-pager diff --stat -- tests/transcripts
	@git status --short -- tests/transcripts

doc: ## the documentation, in target/doc
	cargo doc --workspace --no-deps

bench: ## the benchmarks
	cargo bench

cross: ## clippy for other targets (TARGETS="..."), links with zig, the tests under musl and qemu
	.ci/cross check $(TARGETS)
	.ci/cross link $(TARGETS)
	.ci/cross run $(RUNS_HERE)

libkqueue: ## all tests on the kqueue poller, with the libkqueue in LIBKQUEUE=DIR for a kernel
	.ci/libkqueue "$(LIBKQUEUE)"

loom: ## the bell, the offload queue and its outcomes in every order that threads can take
	RUSTFLAGS="--cfg eagain_loom" cargo test --release --test loom \
		--target-dir "$${CARGO_TARGET_DIR:-target}/loom"

sanitize: ## the tests with threads under AddressSanitizer and ThreadSanitizer
	.ci/sanitize address $(THREADED)
	.ci/sanitize thread $(THREADED)

soak: tools loom sanitize cross ## models, sanitizers, the long tests, then the whole suite REPEAT=20 times
	EAGAIN_SOAK=1 cargo test --release --test soak --test faults -- --nocapture
	@i=1; while [ $$i -le $(REPEAT) ]; do \
		echo "round $$i of $(REPEAT)"; cargo test --workspace --quiet || exit 1; i=$$((i + 1)); \
	done

clean: ## remove what was built
	cargo clean

STRACE_TESTS = \
	if [ "$$(uname -s)" = Linux ]; then set -x; cargo test --release --test transcripts --test budgets; \
	else echo "strace tests skipped: $$(uname -s) has no strace"; fi

# What the strace tests run: debug builds of std add system calls.
release-examples:
	cargo build --release --examples

tools:
	@.ci/tools $(TOOLS)

.NOTPARALLEL:
.PHONY: help run test pollers contract check trace strace strace-bless doc bench cross libkqueue loom sanitize soak clean release-examples tools
