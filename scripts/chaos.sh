#!/usr/bin/env bash
# make chaos: the tests that kill parts of the running system. They are marked `#[ignore = "chaos"]` and have `chaos`
# in their names, so that ordinary runs leave them out.
. "$(dirname "$0")/env.sh"
trap report_stages EXIT

stage "tools" scripts/setup.sh build test
if has cargo-nextest; then
  stage "chaos" cargo nextest run --workspace --features ssr --run-ignored only -E 'test(chaos)' --test-threads 1 --no-tests warn
else
  stage "chaos" cargo test --workspace --features ssr chaos -- --ignored --test-threads 1
fi
