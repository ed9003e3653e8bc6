# SPDX-License-Identifier: Apache-2.0
"""differential.py COMMAND FOLDER [NAME...]: see run.sh."""
import concurrent.futures
import copy
import os
import pathlib
import queue
import re
import socket
import subprocess
import sys
import time

import botocore.config
import botocore.exceptions
import botocore.loaders
import botocore.parsers
import botocore.session
import jmespath

import calls
import models
import results
import wire
from recorder import Recorder, Tape

HERE = pathlib.Path(__file__).parent
REGION = "us-east-1"
WORKERS = 2
FEWEST_CALLS, FEWEST_SERVICES = 200, 25


class Unusable(Exception):
    """The call shows nothing: it does not do what the table says already with botocore."""


class Refused(Exception):
    """The models are older than what the call says."""


class Moto:
    """The server as a process of its own, which ends with its input."""

    def __init__(self, folder):
        self.log = open(folder / "moto.log", "wb")

    def __enter__(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = subprocess.Popen(
            [sys.executable, HERE.parent / "moto_server.py", str(self.port)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log)
        if self.process.stdout.readline() != b"ready\n":
            sys.exit(f"the moto server did not start, see {self.log.name}")
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()
        self.log.close()


class Botocore:
    """Makes the calls for the first time, and keeps what later ones refer to."""

    def __init__(self, recorder, data):
        self.recorder = recorder
        self.session = botocore.session.get_session()
        self.session.set_credentials("testing", "testing")
        self.session.register_component(
            "data_loader", botocore.loaders.create_loader(str(data)))
        self.clients = {}
        self.kept = {}

    def _config(self):
        return botocore.config.Config(
            proxies={"http": self.recorder.url}, retries={"total_max_attempts": 1},
            s3={"addressing_style": "virtual"})

    def client(self, service):
        if service not in self.clients:
            resolved = self.session.create_client(service, REGION).meta.endpoint_url
            self.clients[service] = self.session.create_client(
                service, REGION, endpoint_url=resolved.replace("https:", "http:"),
                config=self._config())
        return self.clients[service]

    def _kept(self, name):
        if name not in self.kept:
            raise Unusable(f"no earlier call kept ${name}")
        return self.kept[name]

    def _filled(self, value):
        """`params` with what earlier calls kept in the place of "$name" and "...${name}..."."""
        if isinstance(value, dict):
            return {self._filled(key): self._filled(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._filled(item) for item in value]
        if isinstance(value, str) and re.fullmatch(r"\$[a-z]\w*", value):
            return self._kept(value[1:])
        if isinstance(value, str):
            return re.sub(r"\$\{(\w+)\}", lambda m: str(self._kept(m[1])), value)
        return value

    def _carry_out(self, client, call, params):
        method = {v: k for k, v in client.meta.method_to_api_mapping.items()}[call.operation]
        if call.wait:
            name = re.sub(r"(?<!^)(?=[A-Z])", "_", call.wait).lower()
            known = {n.replace("_", ""): n for n in client.waiter_names}
            client.get_waiter(known[name.replace("_", "")]).wait(**copy.deepcopy(params))
            return {}
        if call.paginate is not None:
            pages = client.get_paginator(method)
            return pages.paginate(
                PaginationConfig=call.paginate, **copy.deepcopy(params)).build_full_result()
        return getattr(client, method)(**copy.deepcopy(params))

    def run(self, call):
        """The input that was sent, what came out of it, and the tape."""
        client = self.client(call.service)
        params = self._filled(call.params)
        self.recorder.tape = tape = Tape(model=client.meta.service_model)
        try:
            output = self._carry_out(client, call, params)
        except botocore.exceptions.ClientError as error:
            if not call.fails:
                raise Unusable(f"botocore got {results.error_of_botocore(error)}") from error
            return params, {"error": results.error_of_botocore(error)}, tape
        except botocore.exceptions.ParamValidationError as error:
            raise Refused(str(error)) from error
        except (botocore.exceptions.BotoCoreError,
                botocore.parsers.ResponseParserError) as error:
            raise Unusable(f"botocore refuses: {error}") from error
        if call.fails:
            raise Unusable(f"botocore got no error: {output!r:.500}")
        output = dict(output)
        for name, path in call.keep.items():
            self.kept[name] = jmespath.search(path, output)
            if self.kept[name] is None:
                raise Unusable(f"nothing at {path} in {output!r:.500}")
        return params, {"output": results.of_botocore(output)}, tape


class Cloudspan:
    """Makes the same calls again; several at a time, each with a recorder of its own."""

    def __init__(self, command, folder, compiled):
        self.command = command
        self.folder = folder
        self.recorders = queue.Queue()
        for _ in range(WORKERS):
            self.recorders.put(Recorder(0))
        self.env = {
            "PATH": os.environ["PATH"], "HOME": str(folder), "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_MAX_ATTEMPTS": "1", "CLOUDSPAN_MODELS": str(compiled),
            # An endpoint of one's own is taken for a server that may not know newer checksums.
            "AWS_REQUEST_CHECKSUM_CALCULATION": "when_supported",
            "AWS_RESPONSE_CHECKSUM_VALIDATION": "when_supported",
        }
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"):
            if name in os.environ:
                self.env[name] = os.environ[name]

    def arguments(self, call, endpoint, file):
        arguments = [self.command, "call", "--endpoint-url", endpoint, call.service,
                     call.operation, "--input", f"@{file}", "--output", "json"]
        if call.wait:
            arguments += ["--wait", call.wait]
        if call.paginate is not None:
            arguments.append("--paginate")
            for key, option in (("PageSize", "--page-size"), ("MaxItems", "--max-items"),
                                ("StartingToken", "--starting-token")):
                if key in call.paginate:
                    arguments += [option, str(call.paginate[key])]
        return arguments

    def run(self, index, call, endpoint, params, responses):
        file = self.folder / "inputs" / f"{index}.json"
        file.parent.mkdir(exist_ok=True)
        file.write_text(results.as_input(params))
        recorder = self.recorders.get()
        try:
            recorder.tape = tape = Tape(responses=responses, replays=True)
            done = subprocess.run(
                self.arguments(call, endpoint, file), env={**self.env, "http_proxy": recorder.url},
                stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
        finally:
            self.recorders.put(recorder)
        if done.returncode == 0 and call.wait:
            return {"output": {}}, tape
        if done.returncode == 0:
            return {"output": results.of_command(done.stdout)}, tape
        return {"error": results.error_of_command(done.stderr)}, tape


def differences(path, one, other):
    """Where two values differ, as lines of text."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted({*one, *other}, key=str):
            if key not in one or key not in other:
                side = "botocore" if key in one else "cloudspan"
                yield f"{path}.{key}: only {side}: {(one.get(key), other.get(key))!r:.300}"
            else:
                yield from differences(f"{path}.{key}", one[key], other[key])
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, (a, b) in enumerate(zip(one, other)):
            yield from differences(f"{path}[{index}]", a, b)
    elif one != other or (isinstance(one, bool) != isinstance(other, bool)):
        if isinstance(one, list) and isinstance(other, list):
            one, other = ([a for a in one if a not in other], [b for b in other if b not in one])
        yield f"{path}: {one!r:.400}\n      is not {other!r:.400}"


def compare(params, first, second):
    (result, tape), (again, tape_again) = first, second
    known = repr(params)
    lines = []
    if len(tape.requests) != len(tape_again.requests):
        lines.append(f"{len(tape.requests)} requests, and then {len(tape_again.requests)}")
    for one, other in zip(tape.requests, tape_again.requests):
        one, other = wire.normal(one, known), wire.normal(other, known)
        wire.align(one, other)
        lines += differences("request", one, other)
    results.align(result, again)
    lines += differences("result", result, again)
    return lines


# Of the older models: what speaks another protocol there, and a few that do not.
OF_DEBIAN = {"sqs", "cloudwatch", "dynamodb", "sns", "kms", "ec2", "iam", "route53", "lambda"}


def chosen(names):
    """Calls before the ones that are asked for set things up: those of a service go together."""
    services = {name.partition(".")[0] for name in names}
    return [call for call in calls.all_calls() if not names or call.service in services]


class Run:
    def __init__(self, command, source, folder, todo):
        folder.mkdir(exist_ok=True)
        self.started = time.monotonic()
        self.todo = todo
        self.folder = folder
        self.services = {call.service for call in todo}
        self.failures, self.refused = [], []
        data, compiled = models.prepare(command, source, folder, self.services)
        with Moto(folder) as moto, concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            first = Botocore(Recorder(moto.port), data)
            second = Cloudspan(command, folder, compiled)
            for call, outcome, future in list(self._calls(first, second, pool)):
                self._judge(call, outcome, future.result())

    def _calls(self, first, second, pool):
        for index, call in enumerate(self.todo):
            try:
                params, result, tape = first.run(call)
            except Refused:
                self.refused.append(call.name)
                continue
            except Unusable as error:
                self.failures.append((call.name, [str(error)]))
                continue
            endpoint = first.client(call.service).meta.endpoint_url
            yield call, (params, result, tape), pool.submit(
                second.run, index, call, endpoint, params, tape.responses)

    def _judge(self, call, outcome, again):
        params, result, tape = outcome
        lines = compare(params, (result, tape), again)
        if lines:
            self.failures.append((call.name, lines))

    def report(self, title):
        for name, lines in self.failures:
            print(f"FAIL {name}")
            for line in lines:
                print(f"    {line}")
        print(f"{title}: {len(self.todo) - len(self.refused)} calls of {len(self.services)} "
              f"services, {len(self.failures)} differ; {time.monotonic() - self.started:.1f} s",
              flush=True)


def check_promises(run, asked_for):
    if run.refused:
        sys.exit(f"botocore refuses the input of {run.refused}")
    few = len(run.todo) < FEWEST_CALLS or len(run.services) < FEWEST_SERVICES
    if few and not asked_for:
        sys.exit(f"{FEWEST_CALLS} calls over {FEWEST_SERVICES} services are promised")


def forget_environment(folder):
    """Settings of whoever runs this are not for botocore."""
    for name in list(os.environ):
        if name.startswith("AWS_") or name.lower().endswith("_proxy"):
            del os.environ[name]
    os.environ["HOME"] = str(folder)


def main():
    command, folder, names = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3:]
    forget_environment(folder)
    todo = chosen(names)
    run = Run(command, models.PACKAGE, folder / "package", todo)
    run.report("botocore's models")
    failed = bool(run.failures)
    older = [call for call in todo if call.service in OF_DEBIAN]
    if models.DEBIAN.exists() and older:
        second = Run(command, models.DEBIAN, folder / "debian", older)
        second.report("Debian's models")
        failed = failed or bool(second.failures)
    check_promises(run, names)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
