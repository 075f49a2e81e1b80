#!/usr/bin/env bash
# make coverage: how much of the server the Rust tests reach, as a page, as lcov, and as two figures that must hold
# (scripts/covered.mjs).
. "$(dirname "$0")/env.sh"

# Beside the ordinary builds, which carry no counters.
COUNTED="$CARGO_TARGET_DIR/coverage"
TEST_POSTGRES="$COUNTED/test-postgres"

finish() {
  local code=$?
  if [[ -e $TEST_POSTGRES ]]; then
    embedded_pg --data "$TEST_POSTGRES" destroy || true
  fi
  report_stages
  exit "$code"
}
trap finish EXIT

run_tests() {
  embedded_pg --data "$TEST_POSTGRES" destroy
  embedded_pg --data "$TEST_POSTGRES" --throw-away start >/dev/null
  export VANTERA_TEST_POSTGRES="$TEST_POSTGRES"
  if has cargo-nextest; then
    CARGO_TARGET_DIR="$COUNTED" cargo llvm-cov nextest --workspace --features ssr --no-report
  else
    CARGO_TARGET_DIR="$COUNTED" cargo llvm-cov test --workspace --features ssr --no-report
  fi
}

write_reports() {
  CARGO_TARGET_DIR="$COUNTED" cargo llvm-cov report --lcov --output-path "$COUNTED/lcov.info"
  CARGO_TARGET_DIR="$COUNTED" cargo llvm-cov report --html
}

stage "tools" scripts/setup.sh build test coverage
stage "tests" run_tests
stage "reports" write_reports
say "open $COUNTED/llvm-cov/html/index.html"
stage "figures" node scripts/covered.mjs "$COUNTED/lcov.info" 80
