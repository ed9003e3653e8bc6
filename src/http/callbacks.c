/* SPDX-License-Identifier: Apache-2.0 */
/* What libcurl calls during a transfer. An exchange that has ended (its done was
 * called by an abort further up) touches nothing of its user's any more. */
#include <string.h>

#include "base/error.h"
#include "http/internal.h"

static size_t stop(cspan_http_exchange *exchange, cspan_status status, const char *reason) {
  exchange->stop_status = status;
  exchange->stop_reason = reason;
  return CURL_WRITEFUNC_ERROR;
}

static size_t stopped_by_sink(cspan_http_exchange *exchange, cspan_status status) {
  return stop(exchange, status, "whoever reads the response stopped the transfer");
}

static bool has_ended(const cspan_http_exchange *exchange) {
  return exchange->state == CSPAN_EXCHANGE_ENDED;
}

static size_t on_head(cspan_http_exchange *exchange, size_t len) {
  const cspan_header_parser *parser = &exchange->parser;
  if (exchange->max_body_bytes > 0 && exchange->mode != CSPAN_MODE_HEAD &&
      parser->content_length > exchange->max_body_bytes) {
    return stop(exchange, CSPAN_ERR_LIMIT, "the response says it is larger than allowed");
  }
  if (exchange->sink.head) {
    cspan_status status =
        exchange->sink.head(exchange->sink.user, parser->status, parser->content_length);
    if (status != CSPAN_OK) {
      return stopped_by_sink(exchange, status);
    }
  }
  return has_ended(exchange) ? CURL_WRITEFUNC_ERROR : len;
}

static size_t on_field(cspan_http_exchange *exchange, const char *name, const char *value,
                       bool trailer, size_t len) {
  if (exchange->sink.header) {
    cspan_status status = exchange->sink.header(exchange->sink.user, name, value, trailer);
    if (status != CSPAN_OK) {
      return stopped_by_sink(exchange, status);
    }
  }
  return has_ended(exchange) ? CURL_WRITEFUNC_ERROR : len;
}

/* The last byte counts when it arrives: the end of the exchange is noticed only once the loop has
 * dealt with all others. */
static void note_time(cspan_http_exchange *exchange, cspan_header_event event) {
  bool is_end = event == CSPAN_HEADER_END || event == CSPAN_HEADER_TRAILER;
  if (is_end || (event == CSPAN_HEADER_FIELD && !exchange->first_byte_ns)) {
    exchange->last_byte_ns = cspan_now_ns();
  }
  if (!exchange->first_byte_ns) {
    exchange->first_byte_ns = exchange->last_byte_ns;
  }
}

static size_t on_header(char *data, size_t size, size_t count, void *user) {
  cspan_http_exchange *exchange = user;
  size_t len = size * count;
  const char *name = NULL;
  const char *value = NULL;
  if (has_ended(exchange)) {
    return CURL_WRITEFUNC_ERROR;
  }
  cspan_header_event event = cspan_header_parse(&exchange->parser, data, len, &name, &value);
  note_time(exchange, event);
  switch (event) {
  case CSPAN_HEADER_NONE:
    return len;
  case CSPAN_HEADER_FIELD:
  case CSPAN_HEADER_TRAILER:
    return on_field(exchange, name, value, event == CSPAN_HEADER_TRAILER, len);
  case CSPAN_HEADER_END:
    return on_head(exchange, len);
  case CSPAN_HEADER_LIMIT:
    return stop(exchange, CSPAN_ERR_LIMIT, "the response's headers are larger than allowed");
  case CSPAN_HEADER_NOMEM:
    return stop(exchange, CSPAN_ERR_NOMEM, "out of memory while reading headers");
  case CSPAN_HEADER_BAD:
    break;
  }
  return stop(exchange, CSPAN_ERR_PROTOCOL, "a line of the response's head is not HTTP");
}

/* ------------------------------------------------- a body that is not there yet */

enum { READ_AGAIN_MS = 10 };

static void read_again(void *user) {
  cspan_http_exchange *exchange = user;
  exchange->read_timer = NULL;
  curl_easy_pause(exchange->easy, CURLPAUSE_CONT);
}

static bool start_read_timer(cspan_http_exchange *exchange, int64_t delay_ms) {
  exchange->read_timer = cspan_loop_timer_start(exchange->loop, delay_ms, read_again, exchange);
  return exchange->read_timer != NULL;
}

/* What has come may be what the next piece of the request waited for. The timer does it, because
 * libcurl is on the stack. */
static cspan_status hurry_read(cspan_http_exchange *exchange) {
  if (!exchange->read_timer) {
    return CSPAN_OK;
  }
  cspan_loop_timer_cancel(exchange->loop, exchange->read_timer);
  return start_read_timer(exchange, 0) ? CSPAN_OK : CSPAN_ERR_NOMEM;
}

static size_t on_body(char *data, size_t size, size_t count, void *user) {
  cspan_http_exchange *exchange = user;
  size_t len = size * count;
  if (has_ended(exchange)) {
    return CURL_WRITEFUNC_ERROR;
  }
  if (len == 0) {
    return 0;
  }
  if (exchange->max_body_bytes > 0 &&
      (int64_t)len > exchange->max_body_bytes - exchange->received) {
    return stop(exchange, CSPAN_ERR_LIMIT, "the response is larger than allowed");
  }
  exchange->received += (int64_t)len;
  exchange->last_byte_ns = cspan_now_ns();
  if (exchange->sink.body) {
    cspan_status status = exchange->sink.body(exchange->sink.user, data, len);
    if (status != CSPAN_OK) {
      return stopped_by_sink(exchange, status);
    }
  }
  if (has_ended(exchange)) {
    return CURL_WRITEFUNC_ERROR;
  }
  return hurry_read(exchange) == CSPAN_OK
             ? len
             : stop(exchange, CSPAN_ERR_NOMEM, "out of memory while a body is sent");
}

static size_t stop_reading(cspan_http_exchange *exchange, const char *reason) {
  stop(exchange, CSPAN_ERR_IO, reason);
  return CURL_READFUNC_ABORT;
}

static size_t read_later(cspan_http_exchange *exchange) {
  if (start_read_timer(exchange, READ_AGAIN_MS)) {
    return CURL_READFUNC_PAUSE;
  }
  stop(exchange, CSPAN_ERR_NOMEM, "out of memory while a body is sent");
  return CURL_READFUNC_ABORT;
}

/* Gives libcurl exactly body_length bytes: with fewer it would wait for a
 * response that never comes, with more the rest would pass for a request. */
static size_t on_read(char *out, size_t size, size_t count, void *user) {
  cspan_http_exchange *exchange = user;
  if (has_ended(exchange)) {
    return CURL_READFUNC_ABORT;
  }
  size_t cap = size * count;
  if (exchange->body_length >= 0) {
    uint64_t left = (uint64_t)(exchange->body_length - exchange->body_read);
    cap = cap < left ? cap : (size_t)left;
  }
  if (cap == 0) {
    return 0;
  }
  ptrdiff_t got = exchange->read_fn(exchange->read_user, out, cap);
  if (has_ended(exchange)) {
    return CURL_READFUNC_ABORT;
  }
  if (got == CSPAN_HTTP_READ_LATER) {
    return read_later(exchange);
  }
  if (got < 0 || (size_t)got > cap) {
    return stop_reading(exchange, "the request's body could not be read");
  }
  if (got == 0 && exchange->body_length >= 0) {
    return stop_reading(exchange, "the request's body is shorter than was said");
  }
  exchange->body_read += got;
  return (size_t)got;
}

/* The last moment before the request goes out: after an abort its body may be
 * gone. */
static int before_request(void *user, char *primary_ip, char *local_ip, int primary_port,
                          int local_port) {
  (void)primary_ip;
  (void)local_ip;
  (void)primary_port;
  (void)local_port;
  cspan_http_exchange *exchange = user;
  /* A kept connection broke and libcurl is about to send the request again, unseen by anyone. It
   * is for those above to decide about that, and to tell of it. */
  exchange->resending = exchange->sent_ns != 0;
  if (exchange->resending) {
    return CURL_PREREQFUNC_ABORT;
  }
  exchange->sent_ns = cspan_now_ns();
  return has_ended(exchange) ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

void cspan_exchange_set_callbacks(cspan_http_exchange *exchange) {
  CURL *easy = exchange->easy;
  curl_easy_setopt(easy, CURLOPT_PRIVATE, exchange);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, exchange);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, exchange);
  curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
  curl_easy_setopt(easy, CURLOPT_READDATA, exchange);
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, before_request);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, exchange);
}
