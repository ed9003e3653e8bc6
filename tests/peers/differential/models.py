# SPDX-License-Identifier: Apache-2.0
"""One folder of models for both clients: those of botocore's package that the calls need, and
some once more with a protocol that the clients would not choose by themselves."""
import gzip
import json
import os
import pathlib
import subprocess

import botocore

PACKAGE = pathlib.Path(botocore.__file__).parent / "data"
DEBIAN = pathlib.Path("/usr/lib/python3/dist-packages/botocore/data")
PROTOCOLS = {"cbor": "smithy-rpc-v2-cbor", "query": "query"}


def _derive(source, folder, name, protocol):
    """`cloudwatch-cbor` is `cloudwatch`, offered by one protocol only."""
    service = name.rpartition("-")[0]
    for version in (source / service).iterdir():
        target = folder / name / version.name
        target.mkdir(parents=True, exist_ok=True)
        for file in version.iterdir():
            if file.name.startswith("service-2.json"):
                model = json.loads(gzip.decompress(file.read_bytes()))
                model["metadata"]["protocols"] = [protocol]
                model["metadata"]["protocol"] = protocol
                (target / "service-2.json").write_text(json.dumps(model))
            elif not (target / file.name).exists():
                os.symlink(file, target / file.name)


def prepare(command, source, folder, services):
    """Makes folder/data and folder/models.csm; returns their paths."""
    data = folder / "data"
    data.mkdir(exist_ok=True)
    for name in sorted(services):
        suffix = name.rpartition("-")[2]
        if (source / name).exists():
            if not (data / name).exists():
                os.symlink(source / name, data / name)
        else:
            _derive(source, data, name, PROTOCOLS[suffix])
    for file in source.iterdir():
        if file.is_file() and not (data / file.name).exists():
            os.symlink(file, data / file.name)
    compiled = folder / "models.csm"
    subprocess.run([command, "models", "compile", "--quiet", "-o", compiled, data], check=True)
    return data, compiled
