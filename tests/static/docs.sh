#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every C program and snippet of the documents compiles against the headers. A snippet is a part
# of a function that has a tracer, a provider and an error at hand.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
flags=(-std=c11 -Wall -Wextra -Werror -Wno-unused -fsyntax-only -Iinclude -D_POSIX_C_SOURCE=200809L)

for doc in docs/*.md README.md; do
  awk -v to="$work/$(basename "$doc" .md)" '
    /^```c$/ { n++; inside = 1; next }
    /^```/ { inside = 0 }
    inside { print > (to "-" n ".snippet") }' "$doc"
done

n=0
for snippet in "$work"/*.snippet; do
  source=${snippet%.snippet}.c
  if grep -q 'int main(' "$snippet"; then
    cp "$snippet" "$source"
  else
    {
      for header in include/cloudspan/*.h include/cloudspan/ext/*.h; do
        case $header in */sandbox.h) ;; *) echo "#include <${header#include/}>" ;; esac
      done
      printf '#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n#include <unistd.h>\n'
      echo 'void snippet(cspan_tracer *tracer, cspan_tracer_provider *provider, cspan_error *error);'
      echo 'void snippet(cspan_tracer *tracer, cspan_tracer_provider *provider, cspan_error *error) {'
      cat "$snippet"
      echo '}'
    } >"$source"
  fi
  "${CC:-cc}" "${flags[@]}" "$source" || { echo "docs: $(basename "$snippet" .snippet) does not compile"; exit 1; }
  n=$((n + 1))
done
[ "$n" -gt 0 ]
echo "docs: $n snippets compile"
