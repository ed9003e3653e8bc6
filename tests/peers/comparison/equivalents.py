# SPDX-License-Identifier: Apache-2.0
"""What a peer emits and ours does not, because ours says the same by another name: entries of
(kind, services or None for all, the peer's key, ours as (kind, key) in a list, the reason)."""

_RPC = "renamed in version 1.39 of the conventions"
TABLE = [
    ("attributes", None, "rpc.system", [("attributes", "rpc.system.name")], _RPC),
    ("attributes", None, "rpc.service", [("attributes", "rpc.method")],
     "part of rpc.method since version 1.39 of the conventions"),
]
