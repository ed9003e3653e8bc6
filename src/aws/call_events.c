/* SPDX-License-Identifier: Apache-2.0 */
/* A request body of events: each is made when there is room for it, signed, and sent. */
#include <string.h>

#include "aws/call.h"
#include "aws/protocol/event_message.h"
#include "base/alloc.h"
#include "base/error.h"

static const size_t frame_max = CSPAN_EVENT_MESSAGE_MAX;

void cspan_call_events_init(cspan_call_events *events) {
  /* A frame around a frame, with its two headers. */
  cspan_buf_init(&events->frame, frame_max);
  cspan_buf_init(&events->out, frame_max + CSPAN_EVENT_HEADERS_MAX);
}

void cspan_call_events_free(cspan_call_events *events) {
  cspan_buf_free(&events->frame);
  cspan_buf_free(&events->out);
}

void cspan_call_set_events(struct cspan_call *call, const cspan_event_source *source) {
  call->request.events.source = *source;
}

bool cspan_call_sends_events(const struct cspan_call *call) {
  return call->request.events.source.next != NULL;
}

/* The key is asked for each time: a stream may outlast the day that it began on. */
static cspan_status sign_frame(struct cspan_call *call, cspan_error **error) {
  cspan_call_events *events = &call->request.events;
  uint8_t key[CSPAN_SIGV4_KEY_LEN];
  cspan_sigv4_scope scope;
  cspan_status status = cspan_call_scope(call, key, &scope, error);
  if (status == CSPAN_OK) {
    status = cspan_event_sign(&scope, scope.time, events->frame.data, events->frame.len,
                              events->signature, &events->out, error);
  }
  cspan_memzero(key, sizeof key);
  return status;
}

/* Fills `out` with what comes next; *is_late: nothing yet. */
static cspan_status make_next(struct cspan_call *call, bool *is_late, cspan_error **error) {
  cspan_call_events *events = &call->request.events;
  cspan_event_step step = CSPAN_EVENT_STEP_FRAME;
  cspan_buf_clear(&events->frame);
  cspan_buf_clear(&events->out);
  events->sent = 0;
  events->is_begun = true;
  cspan_status status = events->source.next(events->source.user, &events->frame, &step, error);
  *is_late = step == CSPAN_EVENT_STEP_LATER;
  events->is_ended = step == CSPAN_EVENT_STEP_END;
  if (status != CSPAN_OK || *is_late) {
    return status;
  }
  if (cspan_call_is_signed(call)) {
    return sign_frame(call, error); /* an empty one ends the stream */
  }
  status = cspan_buf_append(&events->out, events->frame.data, events->frame.len);
  return status == CSPAN_OK ? CSPAN_OK : cspan_error_set(error, status, "the event was not sent");
}

ptrdiff_t cspan_call_read_events(void *user, char *buf, size_t cap) {
  struct cspan_call *call = user;
  cspan_call_events *events = &call->request.events;
  while (events->sent == events->out.len && !events->is_ended) {
    bool is_late = false;
    if (make_next(call, &is_late, &call->stream_error) != CSPAN_OK) {
      return -1;
    }
    if (is_late) {
      return CSPAN_HTTP_READ_LATER;
    }
  }
  size_t left = events->out.len - events->sent;
  size_t size = left < cap ? left : cap;
  if (size > 0) {
    memcpy(buf, events->out.data + events->sent, size);
  }
  events->sent += size;
  return (ptrdiff_t)size;
}
