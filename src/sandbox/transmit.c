/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sending an answer: through evhttp when it is whole or slow; past evhttp,
 * straight into the connection's buffer, when it is to break off.
 */
#include <event2/bufferevent.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/buf.h"
#include "sandbox/exchange.h"

enum {
  MAX_HEAD = 256 << 10,
  SLOW_TICK_US = 10000,
  LEAVE_TICK_US = 1000,
  GIVE_UP_S = 5, /* a peer that takes nothing any more is left */
  SINGLE_WRITE = 1 << 20
};

static const int64_t second_ns = 1000000000;

static struct bufferevent *buffer_of(const sbx_exchange *exchange) {
  return evhttp_connection_get_bufferevent(evhttp_request_get_connection(exchange->http));
}

/* ----------------------------------------------------------------- hanging up */

/* Makes the kernel send RST and nothing else. evhttp shuts a socket down before
 * it closes it, which would send FIN first; so it is given another one to close. */
static void send_reset(struct bufferevent *buffer) {
  struct linger none = {.l_onoff = 1, .l_linger = 0};
  int fd = bufferevent_getfd(buffer);
  int stand_in = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  bufferevent_disable(buffer, EV_READ | EV_WRITE);
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
  if (stand_in >= 0) {
    dup3(stand_in, fd, O_CLOEXEC);
    close(stand_in);
  }
}

void cspan_sbx_hang_up(sbx_exchange *exchange) {
  struct evhttp_connection *connection = evhttp_request_get_connection(exchange->http);
  struct evhttp_request *http = exchange->http;
  if (connection && exchange->reset) {
    send_reset(evhttp_connection_get_bufferevent(connection));
  }
  cspan_sbx_exchange_free(exchange);
  if (connection) {
    evhttp_connection_free(connection);
  } else {
    evhttp_request_free(http);
  }
}

/* Waits until the kernel of the other side has all bytes: a reset throws away
 * what is still on its way. */
static void leave(sbx_exchange *exchange) {
  struct bufferevent *buffer = buffer_of(exchange);
  int queued = 0;
  ioctl(bufferevent_getfd(buffer), SIOCOUTQ, &queued);
  size_t unsent = evbuffer_get_length(bufferevent_get_output(buffer)) + (size_t)queued;
  int64_t now = cspan_now_ns();
  if (unsent != exchange->unsent) {
    exchange->unsent = unsent;
    exchange->progress_ns = now;
  }
  if (unsent == 0 || exchange->broken || now - exchange->progress_ns > GIVE_UP_S * second_ns) {
    cspan_sbx_hang_up(exchange);
  } else {
    cspan_sbx_exchange_later(exchange, LEAVE_TICK_US, leave);
  }
}

static void on_broken(struct bufferevent *buffer, short what, void *user) {
  sbx_exchange *exchange = user;
  (void)buffer;
  (void)what;
  exchange->broken = true;
}

/* ------------------------------------------------------------ breaking off */

static cspan_status put_head(const sbx_call *call, cspan_buf *out) {
  cspan_buf_printf(out, "HTTP/1.1 %d \r\n", call->status);
  for (size_t i = 0; i < call->reply.count; i++) {
    cspan_buf_printf(out, "%s: %s\r\n", call->reply.items[i].name, call->reply.items[i].value);
  }
  return cspan_buf_str(out, "\r\n");
}

/* How much of the body is sent; an answer without one breaks off in its head. */
static size_t body_share(const sbx_exchange *exchange, size_t len) {
  int64_t after = exchange->strike.after_bytes;
  size_t share = after >= 0 ? (size_t)after : len / 2;
  return share < len ? share : len - 1;
}

static void break_off(sbx_exchange *exchange) {
  struct bufferevent *buffer = buffer_of(exchange);
  struct evbuffer *output = bufferevent_get_output(buffer);
  size_t len = evbuffer_get_length(exchange->body);
  cspan_buf head;
  cspan_buf_init(&head, MAX_HEAD);
  bufferevent_setcb(buffer, NULL, NULL, on_broken, exchange);
  if (put_head(&exchange->call, &head) == CSPAN_OK) {
    evbuffer_add(output, head.data, len ? head.len : head.len / 2);
  }
  if (len) {
    evbuffer_remove_buffer(exchange->body, output, body_share(exchange, len));
  }
  cspan_buf_free(&head);
  bufferevent_enable(buffer, EV_WRITE);
  exchange->reset = exchange->strike.kind == CSPAN_FAULT_RESET_DURING;
  exchange->progress_ns = cspan_now_ns();
  cspan_sbx_exchange_later(exchange, 0, leave);
}

/* -------------------------------------------------------------------- slow */

static void drip(sbx_exchange *exchange) {
  struct evbuffer *body = exchange->body;
  size_t left = evbuffer_get_length(body);
  int64_t elapsed_ms = (cspan_now_ns() - exchange->started_ns) / 1000000;
  int64_t rate = exchange->strike.bytes_per_second;
  /* Without overflow: whole seconds, then the rest. */
  int64_t due = elapsed_ms / 1000 > (INT64_MAX / 2) / rate
                    ? INT64_MAX
                    : elapsed_ms / 1000 * rate +
                          (int64_t)((double)(elapsed_ms % 1000) / 1000.0 * (double)rate);
  if (!evhttp_request_get_connection(exchange->http)) {
    left = 0; /* the client went away; ending frees the request */
  } else if (due > exchange->sent && left > 0) {
    struct evbuffer *share = evbuffer_new();
    size_t run = (uint64_t)(due - exchange->sent) < left ? (size_t)(due - exchange->sent) : left;
    if (share && evbuffer_remove_buffer(body, share, run) > 0) {
      evhttp_send_reply_chunk(exchange->http, share);
      exchange->sent += (int64_t)run;
      left -= run;
    }
    if (share) {
      evbuffer_free(share);
    }
  }
  if (left > 0) {
    cspan_sbx_exchange_later(exchange, SLOW_TICK_US, drip);
    return;
  }
  struct evhttp_request *http = exchange->http;
  cspan_sbx_exchange_free(exchange);
  evhttp_send_reply_end(http);
}

/* ------------------------------------------------------------------- whole */

/* Flips a bit of the byte in the middle. */
static bool corrupt(struct evbuffer *body) {
  size_t len = evbuffer_get_length(body);
  struct evbuffer *front = evbuffer_new();
  unsigned char byte;
  bool ok = front && evbuffer_remove_buffer(body, front, len / 2) >= 0 &&
            evbuffer_remove(body, &byte, 1) == 1;
  if (ok) {
    byte ^= 0x01;
    ok = evbuffer_add(front, &byte, 1) == 0 && evbuffer_prepend_buffer(body, front) == 0;
  }
  if (front) {
    evbuffer_free(front);
  }
  return ok;
}

static bool put_headers(const sbx_exchange *exchange) {
  struct evkeyvalq *headers = evhttp_request_get_output_headers(exchange->http);
  const sbx_pairs *reply = &exchange->call.reply;
  for (size_t i = 0; i < reply->count; i++) {
    if (evhttp_add_header(headers, reply->items[i].name, reply->items[i].value) != 0) {
      return false;
    }
  }
  return true;
}

static void tune(struct bufferevent *buffer) {
  int on = 1;
  setsockopt(bufferevent_getfd(buffer), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  bufferevent_set_max_single_write(buffer, SINGLE_WRITE);
}

void cspan_sbx_transmit(sbx_exchange *exchange) {
  cspan_fault_kind kind = exchange->strike.kind;
  size_t len = evbuffer_get_length(exchange->body);
  if (!evhttp_request_get_connection(exchange->http)) {
    cspan_sbx_hang_up(exchange);
    return;
  }
  tune(buffer_of(exchange));
  if (kind == CSPAN_FAULT_RESET_DURING || kind == CSPAN_FAULT_TRUNCATE) {
    break_off(exchange);
    return;
  }
  if (!put_headers(exchange) ||
      (kind == CSPAN_FAULT_CORRUPT && len > 0 && !corrupt(exchange->body))) {
    cspan_sbx_exchange_later(exchange, 0, cspan_sbx_hang_up);
    return;
  }
  if (kind == CSPAN_FAULT_SLOW_BODY && len > 0) {
    exchange->started_ns = cspan_now_ns();
    evhttp_send_reply_start(exchange->http, exchange->call.status, NULL);
    cspan_sbx_exchange_later(exchange, SLOW_TICK_US, drip);
    return;
  }
  struct evhttp_request *http = exchange->http;
  struct evbuffer *body = exchange->body;
  int status = exchange->call.status;
  exchange->body = NULL;
  cspan_sbx_exchange_free(exchange);
  evhttp_send_reply(http, status, NULL, body);
  evbuffer_free(body);
}
