#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The same calls by botocore and by `cloudspan call`, against one moto server: requests and
# results have to be equal.
#   run.sh CLOUDSPAN FOLDER [NAME...]
# FOLDER keeps what it needs (a virtual environment, models, what was recorded); NAME takes only
# the calls whose name (service.Operation) begins with it. What cannot be installed is a reason to
# skip (77), or to fail under CI=true.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
command=$(realpath "$1")
mkdir -p "$2/differential"
folder=$(cd "$2" && pwd)
shift 2

venv=$folder/botocore-venv
"$here/../../../scripts/peer-venv" "$venv" 'moto[server]==5.2.5' boto3==1.44.5 botocore==1.44.5 ||
  exit $?
export PYTHONDONTWRITEBYTECODE=1
exec "$venv/bin/python" "$here/differential.py" "$command" "$folder/differential" "$@"
