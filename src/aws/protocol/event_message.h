/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What messages of an event stream mean, by the model and the protocol of its operation.
 *
 * Source: Smithy's specification, "Event streams".
 */
#ifndef AWS_PROTOCOL_EVENT_MESSAGE_H
#define AWS_PROTOCOL_EVENT_MESSAGE_H

#include "aws/protocol/event_stream.h"
#include "aws/protocol/protocol.h"
#include "aws/sigv4.h"

typedef enum cspan_event_kind {
  CSPAN_EVENT_KNOWN,   /* value: {"Records": {...}} */
  CSPAN_EVENT_UNKNOWN, /* the model has no such event: it is passed over; value: {} */
  CSPAN_EVENT_INITIAL, /* value: the members of the output beside the stream */
  CSPAN_EVENT_FAILURE  /* the stream ends with it */
} cspan_event_kind;

/* In memory of the arena and of the model. */
typedef struct cspan_event {
  cspan_event_kind kind;
  cspan_value value;
  cspan_protocol_failure failure; /* of a FAILURE; its request id is not told */
} cspan_event;

cspan_status cspan_event_read(const cspan_service_model *model,
                              const cspan_operation_model *operation,
                              const cspan_protocol *protocol, const cspan_event_message *message,
                              cspan_arena *arena, cspan_event *out, cspan_error **error);

/* Appends the frame of an event of the input's stream, a map with one member: its name and what
 * it holds. CSPAN_ERR_INVALID names what is wrong. */
cspan_status cspan_event_write(const cspan_service_model *model,
                               const cspan_operation_model *operation,
                               const cspan_protocol *protocol, const cspan_value *event,
                               cspan_buf *out, cspan_error **error);
/* Appends the frame that begins the stream where the protocol has no place for the rest of the
 * input but there: `body` is what the serializer made. */
cspan_status cspan_event_write_initial(const cspan_protocol *protocol, const void *body,
                                       size_t size, cspan_buf *out, cspan_error **error);

/* Appends a frame around a frame (none: the end of the stream), signed at a time, the scope's key
 * being of that day. `previous` is the signature before it in hex (at first the request's, room as
 * for cspan_sigv4_sign_chunk()), and is replaced. */
cspan_status cspan_event_sign(const cspan_sigv4_scope *scope, time_t time, const void *frame,
                              size_t size, char *previous, cspan_buf *out, cspan_error **error);

#endif
