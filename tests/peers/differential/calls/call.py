# SPDX-License-Identifier: Apache-2.0
from dataclasses import dataclass, field


@dataclass
class Call:
    service: str
    operation: str
    params: dict
    keep: dict = field(default_factory=dict)  # name: where it is in the output (JMESPath)
    fails: bool = False
    paginate: dict | None = None  # botocore's PaginationConfig
    wait: str | None = None

    @property
    def name(self):
        return f"{self.service}.{self.operation}"


def of_service(service, *rows):
    """Each row: an operation, its input, and what else is to be said of it."""
    return [Call(service, row[0], row[1] if len(row) > 1 else {}, **(row[2] if len(row) > 2 else {}))
            for row in rows]


FAILS = {"fails": True}
PAGES = {"paginate": {}}
