/* SPDX-License-Identifier: Apache-2.0 */
/* Errors of the protocols whose bodies are JSON or CBOR. */
#ifndef AWS_PROTOCOL_FAILURE_H
#define AWS_PROTOCOL_FAILURE_H

#include "aws/protocol/protocol.h"

/* Where the code of an error is looked for first, after the header. */
typedef enum cspan_failure_style {
  CSPAN_FAILURE_JSON,      /* "__type", then "code" */
  CSPAN_FAILURE_REST_JSON, /* "code", then "__type"; members may be in headers */
  CSPAN_FAILURE_CBOR       /* "__type" */
} cspan_failure_style;

/* Fills *out from the headers and the parsed body, which is changed. `parsed` is what parsing it came
 * to: a body that could not be read does not count. Fails for memory only. */
cspan_status cspan_failure_read(const cspan_protocol_response *response, cspan_failure_style style,
                                cspan_status parsed, cspan_value *body, cspan_arena *arena,
                                cspan_protocol_failure *out, cspan_error **error);
/* The same from a body of JSON. */
cspan_status cspan_json_failure(const cspan_protocol_response *response, cspan_failure_style style,
                                cspan_arena *arena, cspan_protocol_failure *out,
                                cspan_error **error);

#endif
