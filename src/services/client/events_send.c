/* SPDX-License-Identifier: Apache-2.0 */
/* Events of a request: asked for as there is room for them. */
#include "base/error.h"
#include "services/client/events.h"

static cspan_status next_frame(void *user, cspan_buf *frame, cspan_event_step *step,
                               cspan_error **error) {
  struct cspan_client_events *events = user;
  const cspan_invocation *invocation = events->invocation;
  const cspan_client *client = invocation->client;
  const cspan_value *event = NULL;
  if (events->has_first) {
    events->has_first = false;
    return cspan_event_write_initial(client->protocol, events->first.data, events->first.len, frame,
                                     error);
  }
  cspan_status status = invocation->request.next_event(invocation->request.event_user, &event);
  if (status != CSPAN_OK) {
    return cspan_error_set(error, status, "the source of the events of %s failed (%s)",
                           invocation->operation.name, cspan_status_name(status));
  }
  if (event == NULL) {
    *step = CSPAN_EVENT_STEP_END;
    return CSPAN_OK;
  }
  if (cspan_value_is_null(event)) {
    *step = CSPAN_EVENT_STEP_LATER;
    return CSPAN_OK;
  }
  return cspan_event_write(client->model, invocation->model, client->protocol, event, frame, error);
}

cspan_status cspan_client_events_send(struct cspan_call *call, const cspan_invocation *invocation,
                                      cspan_protocol_request *request, cspan_error **error) {
  struct cspan_client_events *events = invocation->events;
  const cspan_event_source source = {.next = next_frame, .user = events};
  if (events == NULL) {
    return CSPAN_OK; /* only its URL is wanted */
  }
  events->has_first = request->has_body;
  if (request->has_body &&
      cspan_buf_append(&events->first, request->body.data, request->body.len) != CSPAN_OK) {
    return cspan_error_set(error, cspan_buf_status(&events->first),
                           "the input of %s is too large to begin a stream with",
                           invocation->operation.name);
  }
  cspan_call_set_events(call, &source);
  return CSPAN_OK;
}
