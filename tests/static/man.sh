#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The man pages: each is well formed, and every function of the public headers is named in one of
# them, and none that does not exist.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0

# A function is declared as `CSPAN_API <type> name(`, on one line or more. (telemetry_inline.h holds
# the bodies of what telemetry.h declares.)
find include -name '*.h' ! -name '*_inline.h' -exec cat {} + | tr '\n' ' ' |
  grep -oE '\bCSPAN_(API|INLINE) [^;(]*\(' | grep -oE 'cspan_[a-z0-9_]+\($' |
  tr -d '(' | sort -u >"$work/declared"
[ -s "$work/declared" ] || { echo "man: no function was found in the headers"; exit 1; }

# Lines of .Fn (also after another macro: `.Pq Fn`) name the function first.
grep -hoE '\bFn "?cspan_[a-z0-9_]+' docs/man/*.[0-9] | grep -oE 'cspan_[a-z0-9_]+' |
  sort -u >"$work/named"

while IFS= read -r name; do
  echo "$name is in no man page: name it in docs/man/"
  bad=1
done < <(comm -23 "$work/declared" "$work/named")
while IFS= read -r name; do
  echo "$name is in a man page, but in no public header"
  bad=1
done < <(comm -13 "$work/declared" "$work/named")

# A page that is referred to is there.
while IFS=' ' read -r page section; do
  if [ ! -e "docs/man/$page.$section" ]; then
    echo "a man page refers to $page($section), which does not exist"
    bad=1
  fi
done < <(grep -hE '^\.Xr c(loudspan|span_)' docs/man/*.[0-9] | awk '{print $2, $3}' | sort -u)

if command -v mandoc >/dev/null 2>&1; then
  mandoc -Tlint -W warning docs/man/*.[0-9] || bad=1
fi
[ "$bad" -eq 0 ] || exit 1
command -v mandoc >/dev/null 2>&1 || { echo "man: mandoc is not installed, pages not linted"; exit 77; }
echo "man: $(wc -l <"$work/declared") functions are in $(find docs/man -name '*.[0-9]' | wc -l) pages"
