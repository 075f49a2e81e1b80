#!/usr/bin/env bash
# Installs what is missing and nothing else: setup.sh [build] [test] [e2e] [coverage]; `build` when nothing is named.
. "$(dirname "$0")/env.sh"

CARGO_LEPTOS=0.3.11
# These tools run for seconds and are compiled once: time spent optimising them never comes back.
QUICK=(CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16
  CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_DEBUG=0)

# install_tool NAME VERSION CARGO-INSTALL-FLAGS…: a prebuilt one if it can be had, else compiled outside our target folder.
install_tool() {
  local name=$1 version=$2
  shift 2
  say "installing $name $version"
  if has cargo-binstall && cargo binstall --no-confirm --quiet --force "$name@$version"; then
    return
  fi
  env -u CARGO_TARGET_DIR "${QUICK[@]}" cargo install "$name" --version "$version" --force --quiet "$@"
}

# is_version WANTED COMMAND…: whether the command's second word of output is that version.
is_version() {
  local wanted=$1
  shift
  [[ "$("$@" 2>/dev/null | awk 'NR == 1 { print $2 }')" == "$wanted" ]]
}

add_rust_target() {
  [[ -d "$(rustc --print target-libdir --target "$1")" ]] && return
  say "installing the Rust target $1"
  rustup target add "$1"
}

install_packages() {
  if [[ node_modules/.package-lock.json -nt package-lock.json ]]; then
    return
  fi
  say "installing npm packages"
  # Browser tests use the system's Chromium.
  PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --no-audit --no-fund
  touch node_modules/.package-lock.json
}

require() {
  has "$1" || {
    say "missing: $1. $2"
    exit 1
  }
}

for_build() {
  require cargo "Install Rust: https://rustup.rs"
  require npm "Install Node 20 or newer: https://nodejs.org"
  require cc "Install a C compiler (Debian: apt-get install gcc libc6-dev; macOS: xcode-select --install)"
  add_rust_target wasm32-unknown-unknown
  is_version "$CARGO_LEPTOS" cargo leptos --version ||
    install_tool cargo-leptos "$CARGO_LEPTOS" --locked --ignore-rust-version --features no_downloads
  # The program must equal the library; the lock file has the last word. Not --locked: its own lock does not build.
  local bindgen
  bindgen=$(awk -F'"' '/^name = "wasm-bindgen"$/ { getline; print $2 }' Cargo.lock)
  is_version "$bindgen" wasm-bindgen --version || install_tool wasm-bindgen-cli "$bindgen"
  install_packages
}

for_test() {
  require python3 "A sample for partners is run with it (Debian: apt-get install python3)"
  require php "A sample for partners is run with it (Debian: apt-get install php-cli; macOS: brew install php)"
  require redis-server "Its tests start one of their own (Debian: apt-get install redis-server; macOS: brew install redis)"
  # Without it the tests run too, through `cargo test`.
  has cargo-nextest || install_tool cargo-nextest 0.9.143 --locked --no-default-features --features default-no-update || say "cargo-nextest could not be installed"
}

for_e2e() {
  has chromium && return
  if [[ $(id -u) == 0 ]] && has apt-get; then
    say "installing Chromium"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-noto-core
    return
  fi
  has google-chrome || has chromium-browser || [[ -n ${CHROMIUM:-} ]] ||
    say "no Chromium found: install one (Debian: sudo apt-get install chromium) or set CHROMIUM to its path"
}

for_coverage() {
  rustup component list --installed | grep -q '^llvm-tools' || {
    say "installing llvm-tools"
    rustup component add llvm-tools
  }
  has cargo-llvm-cov || install_tool cargo-llvm-cov 0.6.21 --locked
}

(($# > 0)) || set -- build
for purpose in "$@"; do
  case $purpose in
    build | test | e2e | coverage) "for_$purpose" ;;
    *)
      say "setup.sh knows build, test, e2e and coverage, not $purpose"
      exit 2
      ;;
  esac
done
