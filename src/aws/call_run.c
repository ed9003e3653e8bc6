/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state machine of a call: begins inwards, an exchange on a loop, ends outwards; at "Retry"
 * on the way out it may turn round, after a sleep on a timer of the loop.
 *
 *   run_begins -> exchange -> on_exchange_done -> unwind -> conclude
 *        ^                                          |
 *        +------ restart_attempt <- on_wake <-------+ (retry)
 */
#include <string.h>

#include "aws/call.h"
#include "base/alloc.h"
#include "base/error.h"

enum { NS_PER_MS = 1000000, SLICE_MS = 100, TURN_MS = 1000 };

static void unwind(struct cspan_call *call);
static void run_begins(struct cspan_call *call);

/* ------------------------------------------------------------ the way out */

static void finish(struct cspan_call *call) {
  if (!call->is_async) {
    call->finished = true;
    return;
  }
  cspan_error *error = call->error;
  cspan_call_done_fn done = call->done;
  void *user = call->done_user;
  call->error = NULL;
  if (!error) {
    cspan_call_deliver_output(call);
  }
  cspan_call_free(call);
  if (done) {
    done(user, cspan_error_status(error), error);
  }
  cspan_error_free(error);
}

static void on_deferred_finish(void *user) {
  struct cspan_call *call = user;
  call->timer = NULL;
  finish(call);
}

static void conclude(struct cspan_call *call) {
  if (!call->is_async || !call->starting) {
    finish(call);
    return;
  }
  call->timer = cspan_loop_timer_start(call->loop, 0, on_deferred_finish, call);
  if (call->timer) {
    cspan_loop_timer_on_drop(call->timer, on_deferred_finish);
  } else {
    call->start_failed = true;
  }
}

/* The middlewares outside see the context that was there before. */
static void pop_contexts(struct cspan_call *call, size_t index) {
  while (call->frames && call->frames->index == index) {
    call->context = call->frames->saved;
    call->frames = call->frames->next;
  }
}

static void end_middleware(struct cspan_call *call, size_t index) {
  const cspan_chain_entry *entry = &call->chain->entries[index];
  call->entered = index;
  call->current = index;
  if (entry->vtable->end) {
    entry->vtable->end(entry->self, call, call->states + entry->state_offset);
  }
  pop_contexts(call, index);
}

/* ------------------------------------------------------------- the sleep */

static void set_context_error(struct cspan_call *call, cspan_status status) {
  cspan_error *error = NULL;
  cspan_error_set(&error, status,
                  status == CSPAN_ERR_CANCELLED ? "the call was cancelled"
                                                : "the call's deadline has passed");
  cspan_call_replace_error(call, error);
}

static bool arm_timer(struct cspan_call *call);

/* What the attempt before left behind. */
static cspan_status reset_attempt(struct cspan_call *call, cspan_error **error) {
  const cspan_chain *chain = call->chain;
  call->attempt++;
  call->admitted = false;
  call->is_throttled = false;
  call->told_region = NULL;
  cspan_call_replace_error(call, NULL);
  cspan_error_free(call->stream_error);
  call->stream_error = NULL;
  cspan_arena_free(call->output_arena);
  call->output_arena = NULL;
  call->output = NULL;
  call->request.headers.count = call->saved_count;
  memcpy(call->request.headers.items, call->saved_headers,
         call->saved_count * sizeof call->saved_headers[0]);
  call->response.status = 0;
  call->response.received = 0;
  call->response.to_sink = false;
  call->response.has_timings = false;
  call->response.peer_address[0] = '\0';
  call->response.peer_port = 0;
  call->response.http_version = NULL;
  cspan_header_block_clear(&call->response.headers);
  cspan_buf_clear(&call->response.body);
  memset(call->states + chain->attempt_offset, 0, chain->state_size - chain->attempt_offset);
  cspan_chunked_reset(&call->request.chunked);
  return cspan_source_rewind(&call->request.body, error);
}

static void restart_attempt(struct cspan_call *call) {
  cspan_error *error = NULL;
  if (reset_attempt(call, &error) == CSPAN_OK) {
    run_begins(call);
  } else {
    cspan_call_replace_error(call, error);
    unwind(call);
  }
}

static void on_wake(void *user) {
  struct cspan_call *call = user;
  call->timer = NULL;
  cspan_status status = cspan_context_status(&call->context);
  if (status != CSPAN_OK) {
    set_context_error(call, status);
    unwind(call);
  } else if (cspan_now_ns() < call->wake_ns) {
    if (!arm_timer(call)) {
      unwind(call);
    }
  } else {
    call->on_awake(call);
  }
}

/* The loop is freed under a sleeping call. */
static void on_dropped(void *user) {
  struct cspan_call *call = user;
  call->timer = NULL;
  set_context_error(call, CSPAN_ERR_CANCELLED);
  unwind(call);
}

/* A cancellation is a flag that wakes nobody, so that a call that can be cancelled sleeps in
 * slices. On failure the call's error says so. */
static bool arm_timer(struct cspan_call *call) {
  int64_t left_ns = call->wake_ns - cspan_now_ns();
  int64_t ms = left_ns > 0 ? (left_ns + NS_PER_MS - 1) / NS_PER_MS : 0;
  if (call->context.cancel && ms > SLICE_MS) {
    ms = SLICE_MS;
  }
  call->timer = cspan_loop_timer_start(call->loop, ms, on_wake, call);
  if (!call->timer) {
    cspan_call_replace_error(call, cspan_error_nomem());
    return false;
  }
  cspan_loop_timer_on_drop(call->timer, on_dropped);
  return true;
}

/* False when there is no memory for it: the call's error says so. */
static bool sleep_ms(struct cspan_call *call, int64_t ms, void (*on_awake)(struct cspan_call *)) {
  call->wake_ns = cspan_now_ns() + ms * NS_PER_MS;
  call->on_awake = on_awake;
  return arm_timer(call);
}

static void announce_retry(struct cspan_call *call, int64_t backoff_ms) {
  cspan_retry_info info = {.attempt = call->attempt,
                           .error = call->error,
                           .http_status = call->response.status,
                           .backoff_ms = backoff_ms};
  for (size_t i = 0; i < call->entered; i++) {
    const cspan_chain_entry *entry = &call->chain->entries[i];
    if (entry->vtable->retry) {
      call->current = i;
      entry->vtable->retry(entry->self, call, call->states + entry->state_offset, &info);
    }
  }
}

/* True when the call goes to sleep before another attempt, or before its error is told. */
static bool turn_round(struct cspan_call *call) {
  int64_t backoff_ms = 0;
  if (call->gave_up) {
    return false;
  }
  cspan_call_measure(call);
  if (!call->error) {
    cspan_call_refund(call);
    return false;
  }
  switch (cspan_call_decide_retry(call, &backoff_ms)) {
  case CSPAN_RETRY_AGAIN:
    announce_retry(call, backoff_ms);
    call->backoff_ms += backoff_ms;
    return sleep_ms(call, backoff_ms, restart_attempt);
  case CSPAN_RETRY_HOLD_BACK:
    call->gave_up = true;
    call->backoff_ms += backoff_ms;
    return sleep_ms(call, backoff_ms, unwind);
  default:
    return false;
  }
}

static void unwind(struct cspan_call *call) {
  while (call->entered > 0) {
    size_t index = call->entered - 1;
    if (index == call->chain->retry_index && turn_round(call)) {
      return;
    }
    end_middleware(call, index);
  }
  conclude(call);
}

/* ------------------------------------------------------------- the way in */

static void on_exchange_done(void *user, const cspan_http_result *result) {
  struct cspan_call *call = user;
  call->exchange = NULL;
  cspan_call_exchange_done(call, result);
  unwind(call);
}

static cspan_status save_headers(struct cspan_call *call, cspan_error **error) {
  size_t count = call->request.headers.count;
  call->saved_headers = cspan_arena_array(call->scratch, count, sizeof call->saved_headers[0]);
  if (!call->saved_headers) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory: the request was not sent");
  }
  memcpy(call->saved_headers, call->request.headers.items, count * sizeof call->saved_headers[0]);
  call->saved_count = count;
  return CSPAN_OK;
}

static cspan_status begin_middleware(struct cspan_call *call, size_t index, cspan_error **error) {
  const cspan_chain_entry *entry = &call->chain->entries[index];
  call->current = index;
  if (!entry->vtable->begin) {
    return CSPAN_OK;
  }
  cspan_status status =
      entry->vtable->begin(entry->self, call, call->states + entry->state_offset, error);
  if (status == CSPAN_OK && *error) {
    cspan_error_free(*error); /* a middleware that got over what went wrong inside it */
    *error = NULL;
  }
  if (status != CSPAN_OK && !*error) {
    cspan_error_set(error, status, "the middleware \"%s\" refused the call", entry->vtable->name);
  }
  return status;
}

static void pass_gate(struct cspan_call *call) {
  call->is_at_gate = false;
  run_begins(call);
}

/* Right before an attempt, all that comes once a call is done. True when the call waits here. */
static bool stops_at_gate(struct cspan_call *call, cspan_status *status, cspan_error **error) {
  int64_t wait_ms = 0;
  if (call->admitted) {
    return false;
  }
  *status = cspan_call_gate(call, &wait_ms, error);
  call->admitted = *status == CSPAN_OK && wait_ms == 0;
  if (*status != CSPAN_OK || call->admitted) {
    return false;
  }
  int64_t deadline_ns = call->context.deadline_ns;
  int64_t left_ms = deadline_ns ? (deadline_ns - cspan_now_ns()) / NS_PER_MS + 1 : wait_ms;
  call->is_at_gate = true;
  if (!sleep_ms(call, left_ms < wait_ms ? left_ms : wait_ms, pass_gate)) {
    call->is_at_gate = false;
    unwind(call);
  }
  return true;
}

static cspan_status begin_until(struct cspan_call *call, size_t end, cspan_error **error) {
  cspan_status status = CSPAN_OK;
  while (status == CSPAN_OK && call->entered < end) {
    status = begin_middleware(call, call->entered, error);
    if (status == CSPAN_OK) {
      call->entered++;
    } else {
      pop_contexts(call, call->entered);
    }
  }
  return status;
}

/* What runs once a call: all up to "Retry". */
static cspan_status begin_call(struct cspan_call *call, cspan_error **error) {
  size_t retry = call->chain->retry_index;
  cspan_status status = begin_until(call, retry, error);
  if (status == CSPAN_OK) {
    status = save_headers(call, error);
  }
  return status == CSPAN_OK ? begin_until(call, retry + 1, error) : status;
}

static void run_begins(struct cspan_call *call) {
  const cspan_chain *chain = call->chain;
  cspan_error *error = NULL;
  cspan_status status = CSPAN_OK;
  if (call->entered <= chain->retry_index) {
    status = begin_call(call, &error);
  }
  if (status == CSPAN_OK && stops_at_gate(call, &status, &error)) {
    return;
  }
  if (status == CSPAN_OK) {
    status = begin_until(call, chain->count, &error);
  }
  if (status == CSPAN_OK) {
    status = cspan_call_exchange_start(call, on_exchange_done, &error);
  }
  if (status != CSPAN_OK) {
    cspan_call_replace_error(call, error);
    unwind(call);
  }
}

/* ----------------------------------------------------------- from outside */

void cspan_call_wake(struct cspan_call *call) {
  if (call->is_at_gate && call->timer) {
    cspan_loop_timer_cancel(call->loop, call->timer);
    call->timer = NULL;
    pass_gate(call);
  }
}

void cspan_call_break_off(struct cspan_call *call, cspan_status status) {
  if (call->exchange) {
    cspan_http_abort(call->exchange, status);
  } else if (call->timer) {
    cspan_error *error = NULL;
    cspan_loop_timer_cancel(call->loop, call->timer);
    call->timer = NULL;
    cspan_error_set(&error, status, "the call was broken off: %s", cspan_status_name(status));
    cspan_call_replace_error(call, error);
    call->final_error = true;
    unwind(call);
  }
}

static cspan_status run_to_end(cspan_aws_client *client, struct cspan_call *call,
                               cspan_error **error) {
  call->loop = cspan_http_client_acquire(client->http);
  if (!call->loop) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory: no event loop was made");
  }
  run_begins(call);
  while (!call->finished) {
    cspan_status status = cspan_loop_run_once(call->loop, TURN_MS);
    if (status != CSPAN_OK && !call->finished) {
      /* The loop itself failed (no memory, no poll): the call must not wait for it for ever. */
      cspan_call_break_off(call, status);
    }
  }
  cspan_http_client_release(client->http, call->loop);
  if (!call->error) {
    cspan_call_deliver_output(call);
    return CSPAN_OK;
  }
  cspan_error *failure = call->error;
  call->error = NULL;
  return cspan_error_move(error, failure);
}

cspan_status cspan_aws_call(cspan_aws_client *client, const cspan_call_start *start,
                            cspan_error **error) {
  if (start->output) {
    *start->output = NULL;
  }
  cspan_error *failure = NULL;
  struct cspan_call *call = cspan_call_new(client, start, &failure);
  if (!call) {
    return cspan_error_move(error, failure);
  }
  if (!call->is_async) {
    cspan_status status = run_to_end(client, call, error);
    cspan_call_free(call);
    return status;
  }
  call->starting = true;
  run_begins(call);
  call->starting = false;
  if (call->start_failed) {
    cspan_call_free(call);
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory: the call was not started");
  }
  return CSPAN_OK;
}
