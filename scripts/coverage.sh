#!/usr/bin/env bash
# make coverage: how much of the server the Rust tests reach, as a page and as lcov.
. "$(dirname "$0")/env.sh"
trap report_stages EXIT

stage "tools" scripts/setup.sh build test coverage
# Beside the ordinary builds, which carry no counters.
export CARGO_TARGET_DIR="$CARGO_TARGET_DIR/coverage"
if has cargo-nextest; then
  stage "tests" cargo llvm-cov nextest --workspace --features ssr --no-report
else
  stage "tests" cargo llvm-cov test --workspace --features ssr --no-report
fi
stage "page" cargo llvm-cov report --html
stage "lcov" cargo llvm-cov report --lcov --output-path "$CARGO_TARGET_DIR/lcov.info"
say "open $CARGO_TARGET_DIR/llvm-cov/html/index.html"
