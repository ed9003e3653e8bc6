/* SPDX-License-Identifier: Apache-2.0 */
/* Writing JSON values into a buffer; no locale is consulted. */
#ifndef TELEMETRY_JSON_TEXT_H
#define TELEMETRY_JSON_TEXT_H

#include "base/buf.h"

/* In quotes and escaped. The text must be valid UTF-8. */
void cspan_json_string(cspan_buf *out, const char *text, size_t len);
/* The shortest digits that give the same value back; "NaN", "Infinity" and
 * "-Infinity" in quotes, as protobuf's JSON mapping has them. */
void cspan_json_double(cspan_buf *out, double value);

#endif
