/* SPDX-License-Identifier: Apache-2.0 */
#include "viewer/receiver.h"

#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/sys.h"
#include "viewer/grpc_server.h"

enum { DEFAULT_TICK_MS = 200, DEFAULT_IDLE_MS = 300000 };

#define DEFAULT_MAX_BYTES ((size_t)64 << 20)
#define MOST_MAX_BYTES    ((size_t)1 << 30)

struct cspan_receiver {
  cspan_intake intake;
  void (*on_tick)(void *user);
  struct event_base *base;
  struct event *wake;
  struct event *tick;
  int wake_fd;
  cspan_grpc_server *grpc;
  cspan_http_server *http;
  int grpc_port;
  int http_port;
  pthread_t thread;
};

static cspan_status nomem(cspan_error **error) {
  return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory");
}

static void on_wake(evutil_socket_t fd, short events, void *arg) {
  (void)fd;
  (void)events;
  cspan_receiver *receiver = arg;
  event_base_loopbreak(receiver->base);
}

static void on_tick(evutil_socket_t fd, short events, void *arg) {
  (void)fd;
  (void)events;
  cspan_receiver *receiver = arg;
  receiver->on_tick(receiver->intake.user);
}

/* All signals are blocked on this thread: they are the program's, and a write to a closed
 * connection must be an error and no SIGPIPE. The servers end here for the same reason. */
static void *run(void *arg) {
  cspan_receiver *receiver = arg;
  event_base_dispatch(receiver->base);
  cspan_grpc_server_free(receiver->grpc);
  cspan_http_server_free(receiver->http);
  receiver->grpc = NULL;
  receiver->http = NULL;
  return NULL;
}

static void receiver_free(cspan_receiver *receiver) {
  cspan_grpc_server_free(receiver->grpc);
  cspan_http_server_free(receiver->http);
  if (receiver->wake) {
    event_free(receiver->wake);
  }
  if (receiver->tick) {
    event_free(receiver->tick);
  }
  if (receiver->base) {
    event_base_free(receiver->base);
  }
  if (receiver->wake_fd >= 0) {
    close(receiver->wake_fd);
  }
  cspan_free(receiver);
}

static cspan_status make_wake(cspan_receiver *receiver, cspan_error **error) {
  char text[128];
  receiver->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (receiver->wake_fd < 0) {
    return cspan_error_set(error, CSPAN_ERR_IO, "cannot make an eventfd: %s",
                           cspan_errno_text(errno, text, sizeof text));
  }
  receiver->wake = event_new(receiver->base, receiver->wake_fd, EV_READ, on_wake, receiver);
  return receiver->wake && event_add(receiver->wake, NULL) == 0 ? CSPAN_OK : nomem(error);
}

static cspan_status make_tick(cspan_receiver *receiver, int64_t tick_ms, cspan_error **error) {
  tick_ms = tick_ms > 0 ? tick_ms : DEFAULT_TICK_MS;
  struct timeval every = {.tv_sec = (time_t)(tick_ms / 1000),
                          .tv_usec = (suseconds_t)(tick_ms % 1000 * 1000)};
  receiver->tick = event_new(receiver->base, -1, EV_PERSIST, on_tick, receiver);
  return receiver->tick && event_add(receiver->tick, &every) == 0 ? CSPAN_OK : nomem(error);
}

static cspan_status make_servers(cspan_receiver *receiver, const cspan_receiver_options *options,
                                 cspan_error **error) {
  cspan_server_options server = {
      .address = options->address,
      .idle_timeout_ms = options->idle_timeout_ms > 0 ? options->idle_timeout_ms : DEFAULT_IDLE_MS};
  cspan_status status = CSPAN_OK;
  if (options->grpc_port >= 0) {
    server.port = options->grpc_port;
    status =
        cspan_grpc_server_start(receiver->base, &receiver->intake, &server, &receiver->grpc, error);
    receiver->grpc_port = status == CSPAN_OK ? cspan_grpc_server_port(receiver->grpc) : -1;
  }
  if (status == CSPAN_OK && options->http_port >= 0) {
    server.port = options->http_port;
    status =
        cspan_http_server_start(receiver->base, &receiver->intake, &server, &receiver->http, error);
    receiver->http_port = status == CSPAN_OK ? cspan_http_server_port(receiver->http) : -1;
  }
  return status;
}

static cspan_status start_thread(cspan_receiver *receiver, cspan_error **error) {
  char text[128];
  int rc = cspan_thread_start(&receiver->thread, run, receiver);
  return rc == 0 ? CSPAN_OK
                 : cspan_error_set(error, CSPAN_ERR_NOMEM, "cannot start a thread: %s",
                                   cspan_errno_text(rc, text, sizeof text));
}

cspan_status cspan_receiver_start(const cspan_receiver_options *options, cspan_receiver **out,
                                  cspan_error **error) {
  cspan_receiver *receiver = cspan_calloc(1, sizeof *receiver);
  if (!receiver) {
    return nomem(error);
  }
  receiver->wake_fd = -1;
  receiver->grpc_port = -1;
  receiver->http_port = -1;
  receiver->on_tick = options->on_tick;
  receiver->intake.on_spans = options->on_spans;
  receiver->intake.on_metrics = options->on_metrics;
  receiver->intake.on_costs = options->on_costs;
  receiver->intake.user = options->user;
  receiver->intake.max_bytes =
      options->max_request_bytes ? options->max_request_bytes : DEFAULT_MAX_BYTES;
  if (receiver->intake.max_bytes > MOST_MAX_BYTES) {
    receiver->intake.max_bytes = MOST_MAX_BYTES;
  }
  receiver->base = event_base_new();
  cspan_status status = receiver->base ? make_wake(receiver, error) : nomem(error);
  if (status == CSPAN_OK && options->on_tick) {
    status = make_tick(receiver, options->tick_ms, error);
  }
  if (status == CSPAN_OK) {
    status = make_servers(receiver, options, error);
  }
  if (status == CSPAN_OK) {
    status = start_thread(receiver, error);
  }
  if (status != CSPAN_OK) {
    receiver_free(receiver);
    return status;
  }
  *out = receiver;
  return CSPAN_OK;
}

void cspan_receiver_stop(cspan_receiver *receiver) {
  if (!receiver) {
    return;
  }
  uint64_t one = 1;
  /* Cannot fail: the counter is at zero, and a wake-up is all that it is for. */
  ssize_t written = write(receiver->wake_fd, &one, sizeof one);
  (void)written;
  pthread_join(receiver->thread, NULL);
  receiver_free(receiver);
}

int cspan_receiver_grpc_port(const cspan_receiver *receiver) {
  return receiver->grpc_port;
}

int cspan_receiver_http_port(const cspan_receiver *receiver) {
  return receiver->http_port;
}

void cspan_receiver_stats_get(const cspan_receiver *receiver, cspan_receiver_stats *out) {
  out->requests = atomic_load_explicit(&receiver->intake.requests, memory_order_relaxed);
  out->spans = atomic_load_explicit(&receiver->intake.spans, memory_order_relaxed);
  out->metrics = atomic_load_explicit(&receiver->intake.metrics, memory_order_relaxed);
  out->rejected = atomic_load_explicit(&receiver->intake.rejected, memory_order_relaxed);
}
