/* SPDX-License-Identifier: Apache-2.0 */
/* The life of an exchange: idle, fresh (waiting for the loop's next turn),
 * running, and idle again. */
#include "base/alloc.h"
#include "base/error.h"
#include "http/internal.h"

enum { MAX_IDLE_HANDLES = 256, SOCKETS_PER_EXCHANGE = 4 };

void cspan_list_append(cspan_exchange_list *list, cspan_http_exchange *exchange) {
  exchange->next = NULL;
  exchange->prev = list->last;
  if (list->last) {
    list->last->next = exchange;
  } else {
    list->first = exchange;
  }
  list->last = exchange;
}

void cspan_list_remove(cspan_exchange_list *list, cspan_http_exchange *exchange) {
  if (exchange->prev) {
    exchange->prev->next = exchange->next;
  } else {
    list->first = exchange->next;
  }
  if (exchange->next) {
    exchange->next->prev = exchange->prev;
  } else {
    list->last = exchange->prev;
  }
  exchange->prev = NULL;
  exchange->next = NULL;
}

/* Back to the pool; the user's pointers must not be used any more. */
static void park(cspan_http_exchange *exchange) {
  cspan_loop *loop = exchange->loop;
  exchange->state = CSPAN_EXCHANGE_IDLE;
  if (loop->idle_count >= MAX_IDLE_HANDLES) {
    cspan_exchange_delete(exchange);
    return;
  }
  cspan_list_append(&loop->idle, exchange);
  loop->idle_count++;
}

/* The handle last used by this client: its memory is the warmest. */
static cspan_http_exchange *unpark(cspan_loop *loop, const cspan_http_client *client) {
  for (cspan_http_exchange *e = loop->idle.last; e; e = e->prev) {
    if (e->client_id == client->id) {
      cspan_list_remove(&loop->idle, e);
      loop->idle_count--;
      return e;
    }
  }
  return cspan_exchange_new(loop, client);
}

static void note_due(cspan_loop *loop, const cspan_http_exchange *exchange) {
  int64_t due_ns = exchange->deadline_ns ? exchange->deadline_ns : CSPAN_TIME_NEVER;
  if (exchange->cancel) {
    due_ns = 0; /* the next turn looks, and then every 100 ms */
  }
  if (due_ns < loop->check_due_ns) {
    loop->check_due_ns = due_ns;
  }
}

cspan_status cspan_http_start(cspan_http_client *client, cspan_loop *loop,
                              const cspan_http_request *request, cspan_http_done_fn done,
                              void *user, cspan_http_exchange **out, cspan_error **error) {
  if (out) {
    *out = NULL;
  }
  if (loop->closing) {
    return cspan_error_set(error, CSPAN_ERR_SHUTDOWN, "the event loop is being freed");
  }
  cspan_status status = cspan_loop_reserve(loop, (loop->active + 1) * SOCKETS_PER_EXCHANGE);
  cspan_http_exchange *exchange = status == CSPAN_OK ? unpark(loop, client) : NULL;
  if (!exchange) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory while starting a request");
  }
  status = cspan_exchange_prepare(exchange, request, error);
  if (status != CSPAN_OK) {
    park(exchange);
    return status;
  }
  exchange->done = done;
  exchange->user = user;
  exchange->state = CSPAN_EXCHANGE_FRESH;
  cspan_list_append(&loop->fresh, exchange);
  loop->active++;
  note_due(loop, exchange);
  if (out) {
    *out = exchange;
  }
  return CSPAN_OK;
}

/* Takes the exchange off its list (and out of libcurl, where that is allowed),
 * then tells the user. */
static void conclude(cspan_http_exchange *exchange, const cspan_outcome *outcome) {
  cspan_loop *loop = exchange->loop;
  cspan_http_done_fn done = exchange->done;
  void *user = exchange->user;
  if (exchange->read_timer) {
    cspan_loop_timer_cancel(loop, exchange->read_timer);
    exchange->read_timer = NULL;
  }
  if (exchange->state == CSPAN_EXCHANGE_FRESH) {
    cspan_list_remove(&loop->fresh, exchange);
    park(exchange);
  } else {
    cspan_list_remove(&loop->running, exchange);
    if (loop->in_curl) {
      /* libcurl refuses to let go of a handle inside a callback. Paused, and
       * with callbacks that fail, it does nothing until it is reaped. */
      exchange->state = CSPAN_EXCHANGE_ENDED;
      curl_easy_pause(exchange->easy, CURLPAUSE_ALL);
      cspan_list_append(&loop->ended, exchange);
    } else {
      curl_multi_remove_handle(loop->multi, exchange->easy);
      park(exchange);
    }
  }
  loop->active--;
  done(user, &outcome->result);
}

void cspan_exchange_finish(cspan_http_exchange *exchange, CURLcode code) {
  cspan_outcome outcome;
  cspan_outcome_of_curl(&outcome, exchange, code);
  conclude(exchange, &outcome);
}

void cspan_http_abort(cspan_http_exchange *exchange, cspan_status status) {
  cspan_outcome outcome;
  if (exchange->state != CSPAN_EXCHANGE_FRESH && exchange->state != CSPAN_EXCHANGE_RUNNING) {
    return; /* its done was called already */
  }
  cspan_outcome_of_status(&outcome, exchange, status);
  conclude(exchange, &outcome);
}

void cspan_exchange_reap(cspan_loop *loop) {
  while (loop->ended.first) {
    cspan_http_exchange *exchange = loop->ended.first;
    cspan_list_remove(&loop->ended, exchange);
    curl_multi_remove_handle(loop->multi, exchange->easy);
    park(exchange);
  }
}
