# Sourced by every script: where builds go, how stages are timed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Each clone has its own. Cargo tells sources by their times and takes two clones for one, so a shared folder can serve
# the newer clone's parts to the older one; .ci/run may share, because its clones are always fresh.
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}"
export PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PWD/node_modules/.bin:$PATH"
# Builds read the committed query data; scripts/sqlx.sh alone asks a live database.
export SQLX_OFFLINE="${SQLX_OFFLINE:-true}"

say() { printf '▸ %s\n' "$*"; }
has() { command -v "$1" >/dev/null 2>&1; }

STAGES=()
STAGE=""

# stage NAME COMMAND… runs the command and notes its seconds.
# Never call it behind `if`, `&&` or `||`: bash would then ignore failures inside.
stage() {
  local begun=$SECONDS
  STAGE=$1
  shift
  say "$STAGE"
  "$@"
  STAGES+=("$(printf '%5d s  %s' $((SECONDS - begun)) "$STAGE")")
  say "$STAGE: done in $((SECONDS - begun)) s"
  STAGE=""
}

# For the end of a script, also of one that failed.
report_stages() {
  ((${#STAGES[@]} == 0)) || printf '%s\n' "${STAGES[@]}"
  [[ -z $STAGE ]] || printf '  failed  %s\n' "$STAGE"
  printf '%5d s  in all\n' "$SECONDS"
}

# embedded_pg ARGUMENTS…: the project's own private PostgreSQL, built on first use.
embedded_pg() {
  [[ -x $CARGO_TARGET_DIR/debug/embedded-pg ]] || say "building embedded-pg"
  # Asked for like the tests' build, so that both share every dependency.
  cargo build --quiet --workspace --features ssr --bin embedded-pg
  "$CARGO_TARGET_DIR/debug/embedded-pg" --npm-root "$PWD" "$@"
}
