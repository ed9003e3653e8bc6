#!/usr/bin/env bash
# ARCHITECTURE.md is the map: every source file of the library and the tools is on it (by name
# or by a pattern), and it names no file that is gone.
set -euo pipefail
cd "$(dirname "$0")/../.."
bad=0
patterns=$(grep -oE '`[a-z0-9_*/]+\.c`' ARCHITECTURE.md | tr -d '`' | sed 's|.*/||' | sort -u)
count=0
while IFS= read -r file; do
  name=${file##*/}
  found=
  while IFS= read -r pattern; do
    # shellcheck disable=SC2053
    if [[ $name == $pattern ]]; then found=1; break; fi
  done <<<"$patterns"
  if [ -z "$found" ]; then echo "$file is not on the map (ARCHITECTURE.md)"; bad=1; fi
  count=$((count + 1))
done < <(find src -name '*.c' | sort)
while IFS= read -r pattern; do
  if [ -z "$(find src examples bench -name "$pattern" -print -quit)" ]; then
    echo "ARCHITECTURE.md names $pattern, which does not exist"
    bad=1
  fi
done <<<"$patterns"
if [ "$bad" -ne 0 ]; then exit 1; fi
echo "map: $count files are on it"
