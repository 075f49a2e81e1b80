#!/usr/bin/env bash
# make bench: the optimised server, then every program in benches/ in the order of their names; docs/bench.md is
# written by them.
. "$(dirname "$0")/env.sh"
trap report_stages EXIT

stage "tools" scripts/setup.sh build e2e
stage "optimised build" cargo leptos build --release --split
# Asked for like the tests' build, so that both share every dependency.
stage "stand-ins" cargo build --quiet --workspace --features ssr --bin sandbox --bin embedded-pg
export VANTERA_BIN="$CARGO_TARGET_DIR/release/vantera"
shopt -s nullglob
for program in benches/*.sh benches/*.mjs; do
  case $program in
    *.sh) stage "$program" bash "$program" ;;
    *.mjs) stage "$program" node "$program" ;;
  esac
done
