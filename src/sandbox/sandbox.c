/* SPDX-License-Identifier: Apache-2.0 */
/* Starting and stopping, and what other threads may ask. */
#include <cloudspan/sandbox.h>

#include <arpa/inet.h>
#include <errno.h>
#include <event2/bufferevent.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/sys.h"
#include "sandbox/server.h"

enum {
  MAX_HEADERS = 256 << 10,
  IDLE_TIMEOUT_S = 300,
  BODY_SLACK = 16 << 20,
  LIBEVENT_READ = 4096,
  READ_AHEAD = 120 << 10
};

static const int64_t default_max_body = (int64_t)5 << 30;

/* As much of the options as the caller was compiled with. */
static cspan_sandbox_options read_options(const cspan_sandbox_options *given) {
  cspan_sandbox_options options = {0};
  if (given) {
    bool all = given->size == 0 || given->size > sizeof options;
    memcpy(&options, given, all ? sizeof options : given->size);
  }
  if (options.max_body_bytes <= 0) {
    options.max_body_bytes = default_max_body;
  }
  return options;
}

static cspan_status out_of_memory(cspan_error **error) {
  return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory while starting the sandbox");
}

static cspan_status system_error(cspan_error **error, const char *what) {
  char text[128];
  int code = errno;
  return cspan_error_set(error, CSPAN_ERR_IO, "the sandbox cannot %s: %s", what,
                         cspan_errno_text(code, text, sizeof text));
}

static cspan_status set_keys(cspan_sandbox *sandbox, const cspan_sandbox_options *options,
                             cspan_error **error) {
  const char *region = options->region ? options->region : "us-east-1";
  const char *id = options->access_key_id ? options->access_key_id : "sandbox";
  const char *secret = options->secret_access_key ? options->secret_access_key : "sandbox-secret";
  if (!*region || strlen(region) > 63 || !*id || !*secret) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "the sandbox needs a region of 1 to 63 characters, an access key id and "
                           "a secret; leave an option out for its default");
  }
  sandbox->region = cspan_strdup(region);
  sandbox->access_key_id = cspan_strdup(id);
  sandbox->secret_access_key = cspan_strdup(secret);
  sandbox->session_token = cspan_strdup(options->session_token);
  if (!sandbox->region || !sandbox->access_key_id || !sandbox->secret_access_key ||
      (options->session_token && !sandbox->session_token)) {
    return out_of_memory(error);
  }
  sandbox->service.keys = (sbx_keys){
      .region = sandbox->region,
      .access_key_id = sandbox->access_key_id,
      .secret_access_key = sandbox->secret_access_key,
      .session_token = sandbox->session_token,
      .allow_anonymous = options->allow_anonymous,
  };
  return CSPAN_OK;
}

static cspan_status open_store(cspan_sandbox *sandbox, const cspan_sandbox_options *options,
                               cspan_error **error) {
  sandbox->records = cspan_sbx_records_new();
  sandbox->service.faults = cspan_sbx_faults_new();
  sandbox->service.clock_offset_s = options->clock_offset_s;
  sandbox->service.max_body_bytes = options->max_body_bytes;
  if (!sandbox->records || !sandbox->service.faults) {
    return out_of_memory(error);
  }
  cspan_status status = CSPAN_OK;
  if (options->directory) {
    status = cspan_sbx_store_folder(options->directory, &sandbox->service.store, error);
  } else {
    sandbox->service.store = cspan_sbx_store_memory();
    status = sandbox->service.store ? CSPAN_OK : out_of_memory(error);
  }
  if (sandbox->service.store) {
    atomic_store(&sandbox->open_uploads, sandbox->service.store->open_uploads);
  }
  return status;
}

/* ------------------------------------------------------------------ server */

static void on_wake(evutil_socket_t fd, short what, void *user) {
  cspan_sandbox *sandbox = user;
  (void)fd;
  (void)what;
  event_base_loopbreak(sandbox->base);
}

static cspan_status listen_on(cspan_sandbox *sandbox, int port, cspan_error **error) {
  struct evhttp_bound_socket *bound =
      evhttp_bind_socket_with_handle(sandbox->http, "127.0.0.1", (ev_uint16_t)port);
  if (!bound) {
    char text[128];
    return cspan_error_set(error, CSPAN_ERR_IO,
                           "the sandbox cannot listen on 127.0.0.1:%d: %s; choose another port, "
                           "or 0 for any that is free",
                           port, cspan_errno_text(errno, text, sizeof text));
  }
  struct sockaddr_in address = {0};
  socklen_t len = sizeof address;
  if (getsockname(evhttp_bound_socket_get_fd(bound), (struct sockaddr *)&address, &len) != 0) {
    return system_error(error, "learn its port");
  }
  sandbox->port = ntohs(address.sin_port);
  snprintf(sandbox->endpoint, sizeof sandbox->endpoint, "http://127.0.0.1:%d", sandbox->port);
  return CSPAN_OK;
}

/* libevent reads 4 KiB at a time. Where that much came, more waits: it is taken
 * at once, in the buffer's own callback, while the buffer is open at its end. */
static void read_ahead(struct evbuffer *input, const struct evbuffer_cb_info *info, void *user) {
  int fd = bufferevent_getfd(user);
  struct evbuffer_iovec space;
  if (info->n_added != LIBEVENT_READ || fd < 0 ||
      evbuffer_reserve_space(input, READ_AHEAD, &space, 1) != 1) {
    return;
  }
  ssize_t got = recv(fd, space.iov_base, space.iov_len, MSG_DONTWAIT);
  space.iov_len = got > 0 ? (size_t)got : 0;
  evbuffer_commit_space(input, &space, 1);
}

static struct bufferevent *make_buffer(struct event_base *base, void *user) {
  (void)user;
  struct bufferevent *buffer = bufferevent_socket_new(base, -1, 0);
  if (buffer) {
    evbuffer_add_cb(bufferevent_get_input(buffer), read_ahead, buffer);
  }
  return buffer;
}

static cspan_status make_server(cspan_sandbox *sandbox, const cspan_sandbox_options *options,
                                cspan_error **error) {
  sandbox->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (sandbox->wake_fd < 0) {
    return system_error(error, "make an eventfd");
  }
  sandbox->base = event_base_new();
  sandbox->http = sandbox->base ? evhttp_new(sandbox->base) : NULL;
  sandbox->wake =
      sandbox->base ? event_new(sandbox->base, sandbox->wake_fd, EV_READ, on_wake, sandbox) : NULL;
  if (!sandbox->http || !sandbox->wake || event_add(sandbox->wake, NULL) != 0) {
    return out_of_memory(error);
  }
  evhttp_set_bevcb(sandbox->http, make_buffer, NULL);
  evhttp_set_gencb(sandbox->http, cspan_sbx_on_request, sandbox);
  evhttp_set_allowed_methods(sandbox->http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD | EVHTTP_REQ_PUT |
                                                EVHTTP_REQ_POST | EVHTTP_REQ_DELETE |
                                                EVHTTP_REQ_OPTIONS | EVHTTP_REQ_PATCH);
  evhttp_set_default_content_type(sandbox->http, NULL);
  evhttp_set_max_headers_size(sandbox->http, MAX_HEADERS);
  /* A little over the limit is refused with a document; far over by evhttp. */
  int64_t most = options->max_body_bytes < INT64_MAX - BODY_SLACK
                     ? options->max_body_bytes + BODY_SLACK
                     : INT64_MAX;
  evhttp_set_max_body_size(sandbox->http, most);
  evhttp_set_timeout(sandbox->http, IDLE_TIMEOUT_S);
  return listen_on(sandbox, options->port, error);
}

static void *run(void *user) {
  cspan_sandbox *sandbox = user;
  event_base_dispatch(sandbox->base);
  return NULL;
}

static cspan_status start_thread(cspan_sandbox *sandbox, cspan_error **error) {
  int code = cspan_thread_start(&sandbox->thread, run, sandbox);
  if (code != 0) {
    errno = code;
    return system_error(error, "start its thread");
  }
  sandbox->running = true;
  return CSPAN_OK;
}

cspan_status cspan_sandbox_start(const cspan_sandbox_options *given, cspan_sandbox **out,
                                 cspan_error **error) {
  cspan_sandbox_options options = read_options(given);
  *out = NULL;
  if (options.port < 0 || options.port > 65535) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "%d is no port; give one from 1 to 65535, or 0 for any that is free",
                           options.port);
  }
  cspan_sandbox *sandbox = cspan_calloc(1, sizeof *sandbox);
  if (!sandbox) {
    return out_of_memory(error);
  }
  sandbox->wake_fd = -1;
  cspan_status status = set_keys(sandbox, &options, error);
  status = status == CSPAN_OK ? open_store(sandbox, &options, error) : status;
  status = status == CSPAN_OK ? make_server(sandbox, &options, error) : status;
  status = status == CSPAN_OK ? start_thread(sandbox, error) : status;
  if (status != CSPAN_OK) {
    cspan_sandbox_stop(sandbox);
    return status;
  }
  *out = sandbox;
  return CSPAN_OK;
}

static void join(cspan_sandbox *sandbox) {
  uint64_t one = 1;
  while (write(sandbox->wake_fd, &one, sizeof one) < 0 && errno == EINTR) {
  }
  pthread_join(sandbox->thread, NULL);
}

void cspan_sandbox_stop(cspan_sandbox *sandbox) {
  if (!sandbox) {
    return;
  }
  if (sandbox->running) {
    join(sandbox);
  }
  cspan_sbx_exchanges_free(sandbox);
  if (sandbox->http) {
    evhttp_free(sandbox->http);
  }
  if (sandbox->wake) {
    event_free(sandbox->wake);
  }
  if (sandbox->base) {
    event_base_free(sandbox->base);
  }
  if (sandbox->wake_fd >= 0) {
    close(sandbox->wake_fd);
  }
  cspan_sbx_store_free(sandbox->service.store);
  cspan_sbx_faults_free(sandbox->service.faults);
  cspan_sbx_records_free(sandbox->records);
  cspan_free(sandbox->region);
  cspan_free(sandbox->access_key_id);
  cspan_free_secret(sandbox->secret_access_key);
  cspan_free_secret(sandbox->session_token);
  cspan_free(sandbox);
}

/* ----------------------------------------------------------- other threads */

int cspan_sandbox_port(const cspan_sandbox *sandbox) {
  return sandbox->port;
}

const char *cspan_sandbox_endpoint(const cspan_sandbox *sandbox) {
  return sandbox->endpoint;
}

cspan_status cspan_sandbox_add_fault(cspan_sandbox *sandbox, const cspan_sandbox_fault *given,
                                     cspan_error **error) {
  cspan_sandbox_fault fault = {0};
  bool all = given->size == 0 || given->size > sizeof fault;
  memcpy(&fault, given, all ? sizeof fault : given->size);
  return cspan_sbx_faults_add(sandbox->service.faults, &fault, error);
}

cspan_status cspan_sandbox_add_fault_text(cspan_sandbox *sandbox, const char *text,
                                          cspan_error **error) {
  cspan_sandbox_fault fault;
  char *storage = NULL;
  cspan_status status = cspan_sandbox_parse_fault(text, &fault, &storage, error);
  if (status == CSPAN_OK) {
    status = cspan_sbx_faults_add(sandbox->service.faults, &fault, error);
  }
  cspan_free(storage);
  return status;
}

void cspan_sandbox_clear_faults(cspan_sandbox *sandbox) {
  cspan_sbx_faults_clear(sandbox->service.faults);
}

size_t cspan_sandbox_request_count(const cspan_sandbox *sandbox) {
  return cspan_sbx_records_total(sandbox->records);
}

bool cspan_sandbox_request_at(const cspan_sandbox *sandbox, size_t index,
                              cspan_sandbox_record *out) {
  return cspan_sbx_records_at(sandbox->records, index, out);
}

size_t cspan_sandbox_open_uploads(const cspan_sandbox *sandbox) {
  return atomic_load(&sandbox->open_uploads);
}
