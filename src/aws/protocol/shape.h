/* SPDX-License-Identifier: Apache-2.0 */
/* What the protocols share when they walk a value along its shape. */
#ifndef AWS_PROTOCOL_SHAPE_H
#define AWS_PROTOCOL_SHAPE_H

#include "aws/protocol/protocol.h"

/* Where a walk is: "Item.price", "Tags[2].Key". On the stack of the walk. */
typedef struct cspan_value_path {
  const struct cspan_value_path *up; /* NULL: the root */
  const char *name;                  /* NULL: an index */
  size_t name_len;
  size_t index;
} cspan_value_path;

/* Sets "PATH: MESSAGE", or "MESSAGE" at the root. */
cspan_status cspan_path_error(cspan_error **error, cspan_status status,
                              const cspan_value_path *path, const char *fmt, ...)
    CSPAN_PRINTF(4, 5);

/* "a map", "a string": for errors. */
const char *cspan_kind_name(cspan_value_kind kind);
const char *cspan_shape_type_name(const cspan_shape *shape);

/* The name on the wire. Older models name lists and maps at their shapes (SQS' tags); that of a
 * structure is only its name as a root element. */
static inline const char *cspan_member_wire_name(const cspan_service_model *model,
                                                 const cspan_member_model *member) {
  const cspan_shape *shape = cspan_member_shape(model, member);
  bool is_named_by_shape = shape->type == CSPAN_SHAPE_LIST || shape->type == CSPAN_SHAPE_MAP;
  cspan_text_ref of_shape =
      is_named_by_shape && shape->location_name != 0 ? shape->location_name : member->name;
  return cspan_model_text(model, member->location_name != 0 ? member->location_name : of_shape);
}

typedef enum cspan_member_name { CSPAN_NAME_API, CSPAN_NAME_WIRE } cspan_member_name;

/* Finds members of a structure by name, fast where they come in the model's order: the one behind
 * the last found is tried first. Begin with {model, shape, which, 0}. */
typedef struct cspan_member_cursor {
  const cspan_service_model *model;
  const cspan_shape *shape;
  cspan_member_name which;
  uint32_t next;
} cspan_member_cursor;

/* NULL: no such member. */
const cspan_member_model *cspan_member_cursor_find(cspan_member_cursor *cursor, const char *name,
                                                   size_t len);

/* The value of the member by its API name; NULL where it is null or not there. */
const cspan_value *cspan_member_value(const cspan_service_model *model,
                                      const cspan_member_model *member, const cspan_value *value);

/* The member that is an event stream; NULL: none. Protocols without HTTP bindings have no other
 * sign of it. */
const cspan_member_model *cspan_event_stream_member(const cspan_service_model *model,
                                                    const cspan_shape *shape);

/* The format of a timestamp: what the model says, else the place's. */
static inline cspan_timestamp_format cspan_format_or(uint8_t format,
                                                     cspan_timestamp_format otherwise) {
  return format != CSPAN_TIMESTAMP_DEFAULT ? (cspan_timestamp_format)format : otherwise;
}

/* A scalar as it stands in URIs, headers and XML: true, 1.5, NaN, 2014-04-29T18:30:38Z, base64.
 * Appends; INVALID for what is no scalar. `format` is of timestamps. */
cspan_status cspan_scalar_text(cspan_buf *out, const cspan_shape *shape, const cspan_value *value,
                               cspan_timestamp_format format);
/* The reverse; texts go to the arena. False: the text is not of that shape, or out of memory
 * (*status is not OK then). */
bool cspan_scalar_read(const cspan_shape *shape, const char *text, size_t len, cspan_arena *arena,
                       cspan_value *out, cspan_status *status);

#endif
