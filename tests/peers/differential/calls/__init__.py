# SPDX-License-Identifier: Apache-2.0
"""The calls, as data. Each module is a family of protocols; the order within one matters: what a
call keeps of its output is referred to by later ones as "$name" or "...${name}..."."""
from . import ec2, json_rpc, query, rest_json, rest_xml, rpc_cbor


def all_calls():
    return [call for family in (json_rpc, rest_json, rest_xml, query, ec2, rpc_cbor)
            for call in family.CALLS]
