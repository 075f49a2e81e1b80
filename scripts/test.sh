#!/usr/bin/env bash
# make test. Names stages to run only these: scripts/test.sh fmt lint rust
#
#   TEST_PROFILE=release (default) or dev: how the front end and the server of the browser tests are built.
#   Byte budgets hold for release only.
. "$(dirname "$0")/env.sh"

ALL=(setup fmt lint rust front budgets sdk e2e chaos)
PROFILE=${TEST_PROFILE:-release}
TEST_POSTGRES="$CARGO_TARGET_DIR/test-postgres"

finish() {
  local code=$?
  if [[ -e $TEST_POSTGRES ]]; then
    embedded_pg --data "$TEST_POSTGRES" destroy || true
  fi
  report_stages
  exit "$code"
}
trap finish EXIT

run_setup() {
  scripts/setup.sh build test e2e
}

run_fmt() {
  cargo fmt --all --check
}

# Server and tests are linted against a live database, which is also what shows stale query data: one pass for both.
run_lint() {
  scripts/sqlx.sh --check
  cargo clippy --quiet --lib --no-default-features --features hydrate --target wasm32-unknown-unknown -- -D warnings
}

# One server for all tests that want one: their harness adopts it by this folder, and makes databases of its own.
run_rust() {
  embedded_pg --data "$TEST_POSTGRES" destroy
  embedded_pg --data "$TEST_POSTGRES" --throw-away start >/dev/null
  export VANTERA_TEST_POSTGRES="$TEST_POSTGRES"
  if has cargo-nextest; then
    cargo nextest run --workspace --features ssr --no-fail-fast
    # nextest leaves out the examples in documentation.
    cargo test --quiet --workspace --features ssr --doc
  else
    cargo test --quiet --workspace --features ssr --no-fail-fast
  fi
}

run_front() {
  local flags=(--split)
  [[ $PROFILE == dev ]] || flags+=(--release)
  # The server is built with it: front end and server must come from the same sources.
  cargo leptos build "${flags[@]}"
}

run_budgets() {
  if [[ $PROFILE == dev ]]; then
    say "a dev build has no byte budgets"
  elif [[ -f docs/budgets.toml ]]; then
    node scripts/budgets.mjs docs/budgets.toml
  else
    say "there is no docs/budgets.toml yet"
  fi
}

run_sdk() {
  if compgen -G 'end2end/sdk/*.test.*' >/dev/null; then
    cargo build --quiet --package sandbox
    export SANDBOX_BIN="$CARGO_TARGET_DIR/debug/sandbox"
    node --test end2end/sdk/*.test.*
  else
    say "there are no tests in end2end/sdk yet"
  fi
}

# The server as it was built with the front end, and the outside world beside it.
name_programs() {
  local folder=release
  [[ $PROFILE == dev ]] && folder=debug
  export VANTERA_BIN="$CARGO_TARGET_DIR/$folder/vantera"
  cargo build --quiet --package sandbox
  export SANDBOX_BIN="$CARGO_TARGET_DIR/debug/sandbox"
}

# Playwright's configuration starts the servers; it reads the names of the programs.
run_e2e() {
  name_programs
  if compgen -G 'playwright.config.*' >/dev/null; then
    playwright test
  else
    say "there are no browser tests yet"
  fi
}

# A few kills at named points of the engine room; `make chaos` has the full number.
run_chaos() {
  name_programs
  cargo build --quiet --workspace --features ssr --bin embedded-pg
  export EMBEDDED_PG_BIN="$CARGO_TARGET_DIR/debug/embedded-pg"
  node end2end/chaos/engine/engine.mjs --short
}

(($# > 0)) || set -- "${ALL[@]}"
for name in "$@"; do
  [[ " ${ALL[*]} " == *" $name "* ]] || {
    say "test.sh knows the stages ${ALL[*]}, not $name"
    exit 2
  }
done
# A stage that was named alone needs its tools all the same; nothing is done when they are there.
[[ " $* " == *" setup "* ]] || scripts/setup.sh build
for name in "$@"; do
  stage "$name" "run_$name"
done
