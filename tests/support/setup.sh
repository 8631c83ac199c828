#!/bin/sh
# What the Makefile's targets need before they can run. Everything is said on stderr, with a line of cause and a line of
# remedy; nothing here calls sudo.
#
#   setup.sh venv PYTHON DIR   a virtual environment with uv
#   setup.sh system            Debian's packages for the tests' real parts
#   setup.sh sync              the project and its test tools, with a word while it takes long
#   setup.sh web               type check and unit tests of the page's sources
set -eu

say() { printf '%s\n' "$*" >&2; }
fail() { say "cause:  $1"; say "remedy: $2"; exit 1; }

# The chip's compiler and simulator, and the browser.
PACKAGES="gcc g++ gcc-avr avr-libc binutils-avr arduino-core-avr arduino-builder avrdude libsimavr-dev libelf-dev chromium socat"

in_container() { [ -e /.dockerenv ] || [ -e /run/.containerenv ] || [ -n "${container:-}" ]; }

# Arduino's own example sketches, as they are, out of Debian's package of the IDE, whose Java nobody needs here. Nobody
# has to be root for that.
EXAMPLES=build/arduino-examples
fetch_examples() {
  [ ! -d "$EXAMPLES" ] && [ ! -d /usr/share/doc/arduino/examples ] || return 0
  command -v apt-get >/dev/null || return 0
  folder=$(mktemp -d)
  if (cd "$folder" && apt-get download -qq arduino && dpkg-deb -x arduino_*.deb unpacked) >/dev/null 2>&1; then
    mkdir -p build && cp -R "$folder/unpacked/usr/share/doc/arduino/examples" "$EXAMPLES.$$" && mv "$EXAMPLES.$$" "$EXAMPLES"
  else
    say "Arduino's example sketches could not be fetched: the tests that run them are left out (apt-get download arduino)"
  fi
  rm -rf "$folder"
}

missing_packages() {
  for package in $PACKAGES; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || printf '%s ' "$package"
  done
}

case "$1" in
venv)
  command -v "$2" >/dev/null || fail "there is no $2" "install Python 3.11 or newer, or give make PYTHON=/path/to/python"
  "$2" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "$("$2" --version) is too old, ardugate needs 3.11" "install a newer Python, then: make PYTHON=python3.12 demo"
  say "setting up $3 (once, about 20 s) ..."
  "$2" -m venv "$3" >&2 || { rm -rf "$3"; fail "this Python cannot make virtual environments" \
    "install its venv module (Debian: apt install python3-venv), then run make again"; }
  "$3/bin/pip" install --quiet --disable-pip-version-check uv >&2 || { rm -rf "$3"; fail "uv could not be installed" \
    "look at pip's message above; is the network there?"; }
  ;;
system)
  command -v dpkg-query >/dev/null || exit 0   # no Debian: the tests say what they leave out
  missing=$(missing_packages)
  [ -n "$missing" ] || { fetch_examples; exit 0; }
  if [ "$(id -u)" = 0 ] && { in_container || [ "${CI:-}" = true ]; }; then
    say "installing $missing..."
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing; } >&2 ||
      fail "apt-get could not install: $missing" "look at its message above"
  else
    say "some tests are left out; for all of them:  sudo apt install $missing"
  fi
  fetch_examples
  ;;
sync)
  say "installing the test tools (once, about 20 s) ..."
  .venv/bin/uv run --quiet --group test python -c '' >&2
  ;;
web)
  if ! command -v npm >/dev/null; then
    [ "${CI:-}" != true ] || fail "there is no npm" "install Node.js 20 or newer"
    say "the page's sources are not checked: no npm (install Node.js 20 or newer)"
    exit 0
  fi
  cd web
  [ -d node_modules ] || npm ci --silent --no-audit --no-fund >&2
  npm run --silent check >&2
  npm test --silent >&2
  ;;
*)
  fail "setup.sh has no part named $1" "read its first lines"
  ;;
esac
