#!/usr/bin/env bash
# make run: everything on this machine, with stand-ins for the outside services and a demo building.
#
#   VANTERA_PORT (4100), SANDBOX_PORT (4200), METRICS_PORT (4190), VANTERA_RELEASE=1 for an optimised build.
. "$(dirname "$0")/env.sh"

PORT=${VANTERA_PORT:-4100}
SANDBOX_PORT=${SANDBOX_PORT:-4200}
FLAGS=(--split)
FOLDER=debug
if [[ -n ${VANTERA_RELEASE:-} ]]; then
  FLAGS+=(--release)
  FOLDER=release
fi
CHILDREN=()

stop_all() {
  local pid
  trap - EXIT INT TERM
  for pid in ${CHILDREN[@]+"${CHILDREN[@]}"}; do
    kill -TERM "$pid" 2>/dev/null || true
  done
  # The embedded database is stopped by the server on its way out, so wait for it.
  wait
  say "stopped"
}
trap stop_all EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

scripts/setup.sh build
say "building the browser's part and the server (the first time takes some minutes)"
cargo leptos build "${FLAGS[@]}"
say "building the stand-ins of the outside services"
cargo build --quiet --package sandbox

say "starting the stand-ins on http://127.0.0.1:$SANDBOX_PORT"
"$CARGO_TARGET_DIR/debug/sandbox" --port "$SANDBOX_PORT" --public-url "http://localhost:$SANDBOX_PORT" \
  --webhook "http://127.0.0.1:$PORT/webhooks/stripe=whsec_vantera_sandbox" &
CHILDREN+=($!)

say "starting Vantera on http://127.0.0.1:$PORT (its database is in .vantera/ unless DATABASE_URL says otherwise)"
export LEPTOS_OUTPUT_NAME=vantera LEPTOS_SITE_ROOT=target/site LEPTOS_SITE_PKG_DIR=pkg
export LEPTOS_HASH_FILES=true LEPTOS_SITE_ADDR="127.0.0.1:$PORT"
export VANTERA_METRICS_LISTEN="127.0.0.1:${METRICS_PORT:-4190}"
export VANTERA_LISTEN="127.0.0.1:$PORT" STRIPE_BASE_URL="http://127.0.0.1:$SANDBOX_PORT" STRIPE_CHECKOUT_ORIGIN="http://localhost:$SANDBOX_PORT" SMS_BASE_URL="http://127.0.0.1:$SANDBOX_PORT" GOOGLE_OAUTH_BASE_URL="http://127.0.0.1:$SANDBOX_PORT"
export MORNING_BASE_URL="http://127.0.0.1:$SANDBOX_PORT/morning/api/v1" ICOUNT_BASE_URL="http://127.0.0.1:$SANDBOX_PORT/icount/api/v3.php" PAYME_BASE_URL="http://127.0.0.1:$SANDBOX_PORT/payme/api"
export GROW_BASE_URL="http://127.0.0.1:$SANDBOX_PORT/grow/api/light/server/1.0" VOICENTER_BASE_URL="http://127.0.0.1:$SANDBOX_PORT/voicenter"
"$CARGO_TARGET_DIR/$FOLDER/vantera" serve --demo &
CHILDREN+=($!)

say "Ctrl-C stops everything"
# When one of them ends by itself, so do we. (`wait -n` would do, but macOS comes with an older bash.)
while kill -0 "${CHILDREN[0]}" 2>/dev/null && kill -0 "${CHILDREN[1]}" 2>/dev/null; do
  sleep 1
done
say "one of the two ended by itself; its last words are above"
exit 1
