#!/usr/bin/env bash
# What a reader would stumble over: unformatted files (where clang-format is installed),
# functions longer than a screen, leftovers, machine paths.
set -euo pipefail
cd "$(dirname "$0")/../.."
bad=0
files=()
while IFS= read -r f; do files+=("$f"); done < <(find include src tests bench examples -name '*.[ch]' | sort)

if command -v clang-format >/dev/null 2>&1; then
  clang-format --dry-run -Werror "${files[@]}" || bad=1
else
  echo "style: clang-format is not installed, formatting not checked"
fi

long=$(awk 'FNR==1{start=0}
  /^\{/{start=FNR}
  /^[A-Za-z_].*\)[[:space:]]*\{[[:space:]]*$/{start=FNR}
  /^\}/{if(start && FNR-start+1>70) print FILENAME ":" start ": " FNR-start+1 " lines"; start=0}' "${files[@]}")
if [ -n "$long" ]; then echo "functions over 70 lines:"; echo "$long"; bad=1; fi

words='(/w[o]rk/|/r[o]ot/|\b(TOD[O]|FIXM[E]|XX[X]|HAC[K])\b)'
if grep -rnIE "$words" include src tests bench examples scripts docs cmake CMakeLists.txt ./*.md 2>/dev/null; then
  echo "leftovers or machine paths (above)"
  bad=1
fi
missing=$(grep -L 'SPDX-License-Identifier: Apache-2.0' "${files[@]}" || true)
if [ -n "$missing" ]; then echo "no SPDX line:"; echo "$missing"; bad=1; fi
readme=$(awk '/^```c$/{on=1; next} /^```$/{on=0} on' README.md)
if [ "$readme" != "$(sed -n '/^#include/,$p' examples/hello_s3.c)" ]; then
  echo "README.md does not show examples/hello_s3.c as it is"
  bad=1
fi
if [ "$bad" -ne 0 ]; then exit 1; fi
echo "style: ${#files[@]} files are fine"
