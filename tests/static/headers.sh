#!/usr/bin/env bash
# Every public header compiles alone, as C11 and as C++, without a warning.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
flags=(-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -fsyntax-only -Iinclude)
cxx=
for c in g++ clang++; do if command -v "$c" >/dev/null 2>&1; then cxx=$c; break; fi; done
[ -n "$cxx" ] || echo "headers: no C++ compiler installed, checked as C only"
n=0
while IFS= read -r header; do
  name=${header#include/}
  printf '#include <%s>\nextern int cspan_unused;\n' "$name" >"$work/t.c"
  "${CC:-cc}" -std=c11 "${flags[@]}" "$work/t.c"
  if [ -n "$cxx" ]; then "$cxx" -std=c++11 -x c++ "${flags[@]}" "$work/t.c"; fi
  n=$((n + 1))
done < <(find include -name '*.h' | sort)
[ "$n" -gt 0 ]
echo "headers: $n compile alone"
