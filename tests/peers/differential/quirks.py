# SPDX-License-Identifier: Apache-2.0
"""Where we do otherwise than botocore on purpose: the call, what the line begins with, why."""

QUIRKS = []


def reason(name, lines):
    """The reason where every difference of a call is listed; None: it is a failure."""
    reasons = []
    for line in lines:
        why = [why for call, start, why in QUIRKS if call == name and line.startswith(start)]
        if not why:
            return None
        reasons += why
    return "; ".join(dict.fromkeys(reasons))
