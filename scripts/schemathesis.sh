#!/usr/bin/env bash
# make api: schemathesis against the API of a running server (end2end/api). Wants Python 3 with pip; schemathesis comes
# into a folder of its own. Arguments go to schemathesis.
. "$(dirname "$0")/env.sh"
trap report_stages EXIT

VENV="$CARGO_TARGET_DIR/schemathesis"
fetch_schemathesis() {
  [[ -x $VENV/bin/schemathesis ]] && return 0
  python3 -m venv "$VENV"
  "$VENV/bin/pip" install --quiet --disable-pip-version-check schemathesis==4.32.5
}

stage "schemathesis" fetch_schemathesis
if [[ -z ${VANTERA_BIN:-} ]]; then
  stage "tools" scripts/setup.sh build e2e
  stage "server" cargo leptos build --split
fi
stage "stand-ins" cargo build --quiet --workspace --features ssr --bin sandbox --bin embedded-pg
export SCHEMATHESIS="$VENV/bin/schemathesis"
stage "the API against its document" node end2end/api/schemathesis.mjs -- "$@"
