/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies of JSON, and what JSON and CBOR share in reading. */
#ifndef AWS_PROTOCOL_BODY_JSON_H
#define AWS_PROTOCOL_BODY_JSON_H

#include "aws/protocol/protocol.h"

/* Appends the value as JSON by its shape. `body_only`: members of the outermost structure that HTTP
 * bindings put elsewhere are left out. */
cspan_status cspan_json_write_shape(cspan_buf *out, const cspan_service_model *model,
                                    const cspan_shape *shape, const cspan_value *value,
                                    bool body_only, cspan_error **error);

/* Makes of a value as it was sent one as the model names it, in place: members get their API names,
 * unknown ones and nulls go, blobs and timestamps are read. `value` and all below it must be in
 * memory of `arena` that is the caller's to change, as parsers leave it. Names are those of
 * the wire, or (`api_names`) of the API. CSPAN_ERR_PROTOCOL names the path. */
cspan_status cspan_shape_fit(const cspan_service_model *model, const cspan_shape *shape,
                             bool body_only, bool api_names, cspan_arena *arena, cspan_value *value,
                             cspan_error **error);

/* JSON text to a value of the shape. No text, or null, is an empty structure. */
cspan_status cspan_json_read_shape(const cspan_service_model *model, const cspan_shape *shape,
                                   const char *data, size_t size, bool body_only,
                                   cspan_arena *arena, cspan_value *out, cspan_error **error);

/* For the vtables. */
cspan_status cspan_json_write_payload(const cspan_service_model *model, const cspan_shape *shape,
                                      const cspan_value *value, cspan_buf *out,
                                      cspan_error **error);
cspan_status cspan_json_read_payload(const cspan_service_model *model, const cspan_shape *shape,
                                     const char *data, size_t size, cspan_arena *arena,
                                     cspan_value *out, cspan_error **error);

#endif
