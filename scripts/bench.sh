#!/usr/bin/env bash
# make bench: the optimised server, then every program in benches/ in the order of their names.
. "$(dirname "$0")/env.sh"
trap report_stages EXIT

stage "tools" scripts/setup.sh build
stage "optimised build" cargo leptos build --release --split
export VANTERA_BIN="$CARGO_TARGET_DIR/release/vantera"
shopt -s nullglob
for program in benches/*.sh benches/*.mjs; do
  case $program in
    *.sh) stage "$program" bash "$program" ;;
    *.mjs) stage "$program" node "$program" ;;
  esac
done
