#!/usr/bin/env bash
# make chaos: processes and the database are killed while people join and pay; nothing may be lost, nothing doubled.
# Takes the same options as the program: scripts/chaos.sh --rounds 12 --postgres 1
. "$(dirname "$0")/env.sh"
trap report_stages EXIT

stage "tools" scripts/setup.sh build
# Asked for like the tests' build, so that both share every dependency.
stage "programs" cargo build --quiet --workspace --features ssr --bin vantera --bin sandbox --bin embedded-pg
stage "chaos" node end2end/chaos/chaos.mjs "$@"
