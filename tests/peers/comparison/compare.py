# SPDX-License-Identifier: Apache-2.0
"""compare.py FOLDER OURS [--print|--write]: see compare.sh. The calls are made by all programs at
the same time, then everything that they exported is reduced to a table (table.py). Fails where a
peer emits what ours does not, and where docs/comparison.md is not what comes out."""
import io
import json
import os
import pathlib
import subprocess
import sys
import zipfile

import boto3

import equivalents
import report
import table
from gateway import Gateway
from intake import Intake

HERE = pathlib.Path(__file__).parent
DOCUMENT = HERE.parents[2] / "docs" / "comparison.md"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing",
               "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1",
               "AWS_EC2_METADATA_DISABLED": "true"}
LIMIT_S = 120


def prepare(server):
    """What the calls find there: a function that answers with what it is given, and a stream."""
    def client(service):
        return boto3.client(service, endpoint_url=server, region_name="us-east-1",
                            aws_access_key_id="testing", aws_secret_access_key="testing")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("f.py", "")
    role = client("iam").create_role(RoleName="comparison", AssumeRolePolicyDocument="{}")
    client("lambda").create_function(
        FunctionName="comparison", Role=role["Role"]["Arn"], Runtime="python3.12",
        Handler="f.handler", Code={"ZipFile": archive.getvalue()})
    kinesis = client("kinesis")
    kinesis.create_stream(StreamName="comparison", ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(
        StreamName="comparison", WaiterConfig={"Delay": 1, "MaxAttempts": 30})


def programs(folder, ours):
    calls = HERE / "calls.json"
    return {
        "go": [folder / "go-calls", calls],
        "botocore": [sys.executable, HERE / "python_calls.py", calls, "botocore"],
        "boto3sqs": [sys.executable, HERE / "python_calls.py", calls, "boto3sqs"],
        "js": ["node", "--no-warnings", folder / "js" / "calls.cjs", calls],
        "ours": [ours, calls],
    }


def run(commands, server, intake, gateway):
    """All at once; what they say is shown where one fails."""
    running = {}
    for name, command in commands.items():
        environment = {
            **os.environ, **CREDENTIALS, "AWS_ENDPOINT_URL": server,
            "COMPARISON_GATEWAY": gateway.url, "OTEL_SERVICE_NAME": name,
            "COMPARISON_MODELS": os.environ["CLOUDSPAN_PEER_MODELS"],
            "OTEL_EXPORTER_OTLP_ENDPOINT": intake.url,
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf", "OTEL_METRICS_EXPORTER": "otlp",
        }
        running[name] = subprocess.Popen(command, env=environment, text=True,
                                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    failed = False
    for name, process in running.items():
        said, _ = process.communicate(timeout=LIMIT_S)
        if process.returncode != 0:
            print(f"{name} failed ({process.returncode}):\n{said}")
            failed = True
    if failed:
        sys.exit(1)


def main():
    folder, ours, option = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
    server = os.environ["CLOUDSPAN_PEER_ENDPOINT"]
    calls = json.loads((HERE / "calls.json").read_text(encoding="utf-8"))
    intake, gateway = Intake(), Gateway(server)
    prepare(server)
    run(programs(folder, ours), server, intake, gateway)
    seen = {column: table.observe(intake, names, calls)
            for column, names in report.COLUMNS.items()}
    missing, unused = table.compare(seen, calls, equivalents.TABLE)
    text = report.document(seen, calls, equivalents.TABLE)
    if option == ["--print"]:
        print(text)
    elif option == ["--write"]:
        DOCUMENT.write_text(text, encoding="utf-8")
    elif not DOCUMENT.exists() or DOCUMENT.read_text(encoding="utf-8") != text:
        (folder / "comparison.md").write_text(text, encoding="utf-8")
        missing.append("docs/comparison.md is not what came out; see the difference to "
                       f"{folder / 'comparison.md'}, and write it with --write")
    for line in missing + unused:
        print(line)
    print(f"{len(calls)} calls, {len(missing)} rows missing, {len(unused)} equivalents unused")
    return 1 if missing or unused else 0


if __name__ == "__main__":
    sys.exit(main())
