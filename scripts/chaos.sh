#!/usr/bin/env bash
# make chaos: processes and the database are killed while work is under way; nothing may be lost, nothing doubled.
# Two parts: `joins` (people join and pay) and `engine` (webhooks, deliveries, jobs and streams). Both run when none is
# named; one that is named takes the options of its program:
#
#   scripts/chaos.sh joins --rounds 12 --postgres 1
#   scripts/chaos.sh engine --worker 300 --web 300 --postgres 100 --seed 1 --resume
. "$(dirname "$0")/env.sh"
trap report_stages EXIT

part=${1:-both}
(($# == 0)) || shift
case $part in
  both | joins | engine) ;;
  *)
    say "chaos.sh knows the parts joins and engine, not $part"
    exit 2
    ;;
esac

stage "tools" scripts/setup.sh build
# Asked for like the tests' build, so that both share every dependency.
stage "programs" cargo build --quiet --workspace --features ssr --bin vantera --bin sandbox --bin embedded-pg
[[ $part == engine ]] || stage "joins" node end2end/chaos/chaos.mjs "$@"
[[ $part == joins ]] || stage "engine" node end2end/chaos/engine/engine.mjs "$@"
