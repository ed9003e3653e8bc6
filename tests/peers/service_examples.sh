#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs the examples for services other than S3, which the sandbox does not have, against the peer of
# services_peer.sh: service_examples.sh CLOUDSPAN FOLDER_OF_EXAMPLES
set -euo pipefail
cloudspan=$1
examples=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export AWS_ENDPOINT_URL=$CLOUDSPAN_PEER_ENDPOINT AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=testing \
  AWS_SECRET_ACCESS_KEY=testing AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null

call() { # SERVICE OPERATION INPUT
  "$cloudspan" call "$1" "$2" -i "$3" >"$work/$2.json"
}
expect() { # file, pattern
  grep -qE "$2" "$1" || { echo "$1 has no line like '$2':"; cat "$1"; exit 1; }
}

call dynamodb create-table '{"TableName": "things", "BillingMode": "PAY_PER_REQUEST",
  "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
  "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}]}'
"$examples/dynamodb" things >"$work/first"
expect "$work/first" '^price: 9.5$'
"$examples/dynamodb" things >"$work/second"
expect "$work/second" '^it is there already$'

call sqs create-queue '{"QueueName": "work"}'
url=$(grep -oE 'http[^"]*' "$work/create-queue.json")
call sqs send-message "{\"QueueUrl\": \"$url\", \"MessageBody\": \"a parcel\"}"
stdbuf -oL "$examples/sqs" "$url" >"$work/sqs" &
pid=$!
for _ in $(seq 300); do
  grep -q parcel "$work/sqs" && break
  sleep 0.1
done
kill -INT "$pid"
wait "$pid"
expect "$work/sqs" '^a parcel$'
expect "$work/sqs" '^1 messages were handled$'

call iam create-role '{"RoleName": "runs", "AssumeRolePolicyDocument": "{}"}'
role=$(grep -oE 'arn:aws:iam[^"]*' "$work/create-role.json")
call lambda create-function "{\"FunctionName\": \"greet\", \"Role\": \"$role\", \"Handler\": \"f.f\",
  \"Runtime\": \"python3.9\", \"Code\": {\"ZipFile\": \"UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==\"}}"
"$examples/lambda" greet >"$work/lambda"
expect "$work/lambda" '^\{"name":"you"\}$' # it gives back what it is given
echo "the examples for DynamoDB, SQS and Lambda work"
