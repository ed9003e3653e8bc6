/* SPDX-License-Identifier: Apache-2.0 */
/* Events of a response: decoded as bytes come, and handed on one by one or kept as a list. */
#include "services/client/events.h"

#include <string.h>

#include "aws/protocol/shape.h"
#include "base/alloc.h"
#include "base/error.h"

enum { FIRST_FRAME_MAX = 16 << 20 };

static const size_t kept_max = 256U << 20;

typedef struct cspan_client_events client_events;

/* ------------------------------------------------------------- making, freeing */

static void clear_kept(client_events *events) {
  cspan_maker_free(&events->list);
  cspan_arena_free(events->kept);
  events->kept = NULL;
  events->initial = cspan_map(NULL, 0);
}

cspan_status cspan_client_events_create(const cspan_operation_model *operation, client_events **out,
                                        cspan_error **error) {
  const unsigned flags = CSPAN_OPERATION_REQUEST_EVENTS | CSPAN_OPERATION_RESPONSE_EVENTS;
  *out = NULL;
  if ((operation->flags & flags) == 0) {
    return CSPAN_OK;
  }
  client_events *events = cspan_calloc(1, sizeof *events);
  if (events == NULL) {
    return cspan_error_move(error, cspan_error_nomem());
  }
  cspan_event_decoder_init(&events->decoder);
  cspan_maker_init(&events->list, NULL);
  cspan_buf_init(&events->first, FIRST_FRAME_MAX);
  events->initial = cspan_map(NULL, 0);
  *out = events;
  return CSPAN_OK;
}

void cspan_client_events_free(client_events *events) {
  if (events != NULL) {
    cspan_event_decoder_free(&events->decoder);
    clear_kept(events);
    cspan_buf_free(&events->first);
    cspan_free(events);
  }
}

/* ------------------------------------------------------------------- receiving */

static bool is_kept(const client_events *events) {
  return events->invocation->request.on_event == NULL;
}

static cspan_status make_kept(client_events *events, cspan_error **error) {
  events->kept = cspan_arena_create(kept_max);
  if (events->kept == NULL) {
    return cspan_error_move(error, cspan_error_nomem());
  }
  cspan_maker_init(&events->list, events->kept);
  cspan_maker_begin(&events->list, CSPAN_VALUE_LIST);
  return CSPAN_OK;
}

/* Of each attempt whose response has events. */
static cspan_status start(void *user, int64_t content_length) {
  client_events *events = user;
  cspan_error *error = NULL;
  (void)content_length;
  cspan_event_decoder_free(&events->decoder);
  cspan_event_decoder_init(&events->decoder);
  clear_kept(events);
  cspan_status status = is_kept(events) ? make_kept(events, &error) : CSPAN_OK;
  if (status != CSPAN_OK) {
    cspan_call_tell_failure(events->call, error);
  }
  return status;
}

/* The service ends the stream with an error. */
static cspan_status fail(const client_events *events, const cspan_protocol_failure *failure,
                         cspan_error **error) {
  const cspan_shape *shape = failure->shape;
  const unsigned again = CSPAN_SHAPE_RETRYABLE | CSPAN_SHAPE_THROTTLING;
  cspan_error_info info = {
      .status = CSPAN_ERR_SERVICE,
      .code = failure->code != NULL ? failure->code : "UnknownError",
      .http_status = cspan_call_http_status(events->call),
      .request_id = cspan_call_request_id(events->call),
      .retryable = shape != NULL && (shape->flags & again) != 0,
      .fields = cspan_value_count(&failure->fields) > 0 ? &failure->fields : NULL,
  };
  return cspan_error_set_info(error, &info,
                              failure->message != NULL
                                  ? failure->message
                                  : "the service ended the stream of events with an error");
}

/* What was handed on cannot be taken back: from here on the call is not made again. */
static cspan_status hand_on(const client_events *events, const cspan_value *event,
                            cspan_error **error) {
  const cspan_client_request *request = &events->invocation->request;
  cspan_call_forbid_retry(events->call);
  cspan_status status = request->on_event(request->event_user, event);
  return status == CSPAN_OK
             ? CSPAN_OK
             : cspan_error_set(error, status, "the receiver of the events of %s failed (%s)",
                               events->invocation->operation.name, cspan_status_name(status));
}

static cspan_status take_event(client_events *events, const cspan_event *event,
                               cspan_error **error) {
  switch (event->kind) {
  case CSPAN_EVENT_FAILURE:
    return fail(events, &event->failure, error);
  case CSPAN_EVENT_INITIAL:
    events->initial = event->value;
    return CSPAN_OK;
  case CSPAN_EVENT_KNOWN:
    if (!is_kept(events)) {
      return hand_on(events, &event->value, error);
    }
    cspan_maker_put(&events->list, event->value);
    return cspan_value_fault(events->list.status, error);
  default:
    return CSPAN_OK;
  }
}

/* What is handed on lives as long as that takes, anything else until the end. */
static cspan_status take_message(client_events *events, const cspan_event_message *message,
                                 cspan_error **error) {
  const cspan_client *client = events->invocation->client;
  cspan_arena *arena = is_kept(events) ? events->kept : cspan_arena_create(kept_max);
  cspan_event event;
  if (arena == NULL) {
    return cspan_error_move(error, cspan_error_nomem());
  }
  cspan_status status = cspan_event_read(client->model, events->invocation->model, client->protocol,
                                         message, arena, &event, error);
  if (status == CSPAN_OK) {
    status = take_event(events, &event, error);
  }
  if (!is_kept(events)) {
    bool is_initial = status == CSPAN_OK && event.kind == CSPAN_EVENT_INITIAL;
    cspan_arena_free(is_initial ? events->kept : arena);
    events->kept = is_initial ? arena : events->kept;
  }
  return status;
}

static cspan_status take_bytes(void *user, const void *data, size_t size) {
  client_events *events = user;
  cspan_error *error = NULL;
  cspan_event_message message;
  bool has_message = true;
  cspan_status status = cspan_event_decoder_feed(&events->decoder, data, size, &error);
  while (status == CSPAN_OK && has_message) {
    status = cspan_event_decoder_next(&events->decoder, &message, &has_message, &error);
    if (status == CSPAN_OK && has_message) {
      status = take_message(events, &message, &error);
    }
  }
  if (status != CSPAN_OK) {
    cspan_call_tell_failure(events->call, error);
  }
  return status;
}

/* --------------------------------------------------------------------- the ends */

static cspan_status refuse(const cspan_invocation *invocation, const char *what,
                           cspan_error **error) {
  return cspan_error_set(error, CSPAN_ERR_INVALID, "%s %s", invocation->operation.name, what);
}

cspan_status cspan_client_events_attach(struct cspan_call *call, const cspan_invocation *invocation,
                                        cspan_error **error) {
  const cspan_client_request *request = &invocation->request;
  unsigned flags = invocation->model->flags;
  client_events *events = invocation->events;
  if (request->on_event != NULL && (flags & CSPAN_OPERATION_RESPONSE_EVENTS) == 0) {
    return refuse(invocation, "does not answer with events: leave on_event out", error);
  }
  if (request->next_event != NULL && (flags & CSPAN_OPERATION_REQUEST_EVENTS) == 0) {
    return refuse(invocation, "is not sent events: leave next_event out", error);
  }
  if (events == NULL) {
    return CSPAN_OK; /* without any, or only its URL is wanted */
  }
  if (request->next_event == NULL && (flags & CSPAN_OPERATION_REQUEST_EVENTS) != 0) {
    return refuse(invocation, "is sent events: next_event must give them", error);
  }
  events->call = call;
  events->invocation = invocation;
  if ((flags & CSPAN_OPERATION_RESPONSE_EVENTS) == 0) {
    return CSPAN_OK;
  }
  cspan_sink sink = {.start = start, .write = take_bytes, .user = events};
  return cspan_call_set_sink(call, &sink);
}

cspan_arena *cspan_client_events_take_arena(client_events *events) {
  if (events == NULL) {
    return NULL;
  }
  cspan_arena *arena = events->kept;
  events->kept = NULL;
  return arena;
}

/* The name of the member that the events are. */
static const char *stream_name(const cspan_invocation *invocation) {
  const cspan_service_model *model = invocation->client->model;
  const cspan_shape *shape = cspan_model_shape(model, invocation->model->output);
  const cspan_member_model *member = shape != NULL ? cspan_event_stream_member(model, shape) : NULL;
  return member != NULL ? cspan_model_text(model, member->name) : "";
}

static void put_members(cspan_maker *maker, const cspan_value *map) {
  for (size_t i = 0; i < cspan_value_count(map); i++) {
    const cspan_member *member = &map->as.members[i];
    cspan_maker_fixed_name(maker, member->name, member->name_size_bytes);
    cspan_maker_put(maker, member->value);
  }
}

static cspan_status join(client_events *events, cspan_arena *arena, const cspan_value *list,
                         cspan_value *output) {
  cspan_maker maker;
  const char *name = stream_name(events->invocation);
  cspan_maker_init(&maker, arena);
  cspan_maker_begin(&maker, CSPAN_VALUE_MAP);
  put_members(&maker, output);
  put_members(&maker, &events->initial);
  if (list != NULL) {
    cspan_maker_fixed_name(&maker, name, strlen(name));
    cspan_maker_put(&maker, *list);
  }
  cspan_maker_end(&maker);
  cspan_status status = cspan_maker_finish(&maker, output);
  cspan_maker_free(&maker);
  return status;
}

cspan_status cspan_client_events_end(client_events *events, cspan_arena *arena, cspan_value *output,
                                     cspan_error **error) {
  size_t rest = cspan_event_decoder_rest(&events->decoder);
  if (rest > 0) {
    cspan_error_info info = {.status = CSPAN_ERR_PROTOCOL,
                             .code = "truncated_body",
                             .http_status = cspan_call_http_status(events->call),
                             .request_id = cspan_call_request_id(events->call),
                             .retryable = true};
    return cspan_error_set_info(error, &info,
                                "the stream of events was cut off in the middle of one");
  }
  cspan_value list = cspan_null();
  cspan_status status = CSPAN_OK;
  if (is_kept(events)) {
    cspan_maker_end(&events->list);
    status = cspan_maker_finish(&events->list, &list);
  }
  if (status == CSPAN_OK) {
    status = join(events, arena, is_kept(events) ? &list : NULL, output);
  }
  return cspan_value_fault(status, error);
}
