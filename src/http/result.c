/* SPDX-License-Identifier: Apache-2.0 */
/* What an exchange came to, in our terms. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/sys.h"
#include "base/text.h"
#include "http/internal.h"

typedef struct verdict {
  cspan_status status;
  const char *code;
  const char *text; /* goes on after "host:port: " */
} verdict;

static int64_t info_of(CURL *easy, CURLINFO info) {
  curl_off_t value = 0;
  return curl_easy_getinfo(easy, info, &value) == CURLE_OK ? (int64_t)value : 0;
}

static long long_of(CURL *easy, CURLINFO info) {
  long value = 0;
  return curl_easy_getinfo(easy, info, &value) == CURLE_OK ? value : 0;
}

/* libcurl's times all count from the start, 0 where a point was not reached. Its times of the
 * transfer are of no use: an upload sets the "first byte", and the total is behind by a turn. */
static void fill_timings(cspan_http_timings *t, const cspan_http_exchange *exchange) {
  CURL *easy = exchange->easy;
  int64_t dns = info_of(easy, CURLINFO_NAMELOOKUP_TIME_T);
  int64_t connect = info_of(easy, CURLINFO_CONNECT_TIME_T);
  int64_t tls = info_of(easy, CURLINFO_APPCONNECT_TIME_T);
  int64_t first = exchange->first_byte_ns;
  bool reused = exchange->sent_ns && long_of(easy, CURLINFO_NUM_CONNECTS) == 0;
  *t = (cspan_http_timings){
      .dns_us = reused || dns == 0 ? -1 : dns,
      .connect_us = reused || connect == 0 ? -1 : connect - dns,
      .tls_us = reused || tls == 0 ? -1 : tls - connect,
      .time_to_first_byte_us = first ? (first - exchange->sent_ns) / 1000 : -1,
      .transfer_us = first ? (exchange->last_byte_ns - first) / 1000 : -1,
      .connection_reused = reused,
  };
}

/* libcurl counts the framing of chunks as well. */
static int64_t body_bytes_sent(const cspan_http_exchange *exchange) {
  int64_t sent = info_of(exchange->easy, CURLINFO_SIZE_UPLOAD_T);
  bool over = exchange->mode == CSPAN_MODE_READER && sent > exchange->body_read;
  return over ? exchange->body_read : sent;
}

static const char *version_of(CURL *easy) {
  switch (long_of(easy, CURLINFO_HTTP_VERSION)) {
  case CURL_HTTP_VERSION_1_0:
    return "1.0";
  case CURL_HTTP_VERSION_1_1:
    return "1.1";
  case CURL_HTTP_VERSION_2_0:
    return "2";
  default:
    return "";
  }
}

static void fill_facts(cspan_outcome *outcome, cspan_http_exchange *exchange) {
  cspan_http_result *result = &outcome->result;
  CURL *easy = exchange->easy;
  const char *peer = NULL;
  fill_timings(&result->timings, exchange);
  result->http_status = exchange->parser.status;
  result->version = version_of(easy);
  result->request_sent = long_of(easy, CURLINFO_REQUEST_SIZE) > 0;
  result->body_started = exchange->received > 0;
  result->bytes_received = exchange->received;
  result->bytes_sent = body_bytes_sent(exchange);
  if (curl_easy_getinfo(easy, CURLINFO_PRIMARY_IP, &peer) == CURLE_OK && peer && *peer) {
    size_t len = strnlen(peer, sizeof outcome->peer - 1);
    memcpy(outcome->peer, peer, len);
    outcome->peer[len] = '\0';
    result->peer_port = (int)long_of(easy, CURLINFO_PRIMARY_PORT);
  }
  result->peer_address = outcome->peer;
}

static void set_message(cspan_outcome *outcome, const cspan_http_exchange *exchange,
                        const char *text, const char *detail) {
  /* libcurl's own words may quote the URL: only without a query. */
  bool quotable = detail && *detail && !strchr(detail, '?');
  snprintf(outcome->message, sizeof outcome->message, "%s: %s%s%s%s", exchange->target, text,
           quotable ? " (" : "", quotable ? detail : "", quotable ? ")" : "");
  outcome->result.message = outcome->message;
}

static void init(cspan_outcome *outcome) {
  memset(&outcome->result, 0, sizeof outcome->result);
  outcome->message[0] = '\0';
  outcome->peer[0] = '\0';
  outcome->result.code = "";
  outcome->result.version = "";
  outcome->result.message = outcome->message;
  outcome->result.peer_address = outcome->peer;
}

static verdict of_connect_failure(const cspan_http_exchange *exchange) {
  switch (long_of(exchange->easy, CURLINFO_OS_ERRNO)) {
  case ECONNREFUSED:
    return (verdict){CSPAN_ERR_CONNECT, "connection_refused", "the connection was refused"};
  case ETIMEDOUT:
    return (verdict){CSPAN_ERR_TIMEOUT, "timeout", "no connection could be made in time"};
  default:
    return (verdict){CSPAN_ERR_CONNECT, "connection_failed", "no connection could be made"};
  }
}

static verdict of_timeout(cspan_http_exchange *exchange) {
  bool connected = info_of(exchange->easy, CURLINFO_PRETRANSFER_TIME_T) > 0;
  return (verdict){CSPAN_ERR_TIMEOUT, "timeout",
                   connected ? "nothing was transferred for too long"
                             : "no connection could be made in time"};
}

static bool is_tls(CURLcode code) {
  switch (code) {
  case CURLE_SSL_CONNECT_ERROR:
  case CURLE_PEER_FAILED_VERIFICATION:
  case CURLE_SSL_CERTPROBLEM:
  case CURLE_SSL_CIPHER:
  case CURLE_SSL_CACERT_BADFILE:
  case CURLE_SSL_CRL_BADFILE:
  case CURLE_SSL_ISSUER_ERROR:
  case CURLE_SSL_INVALIDCERTSTATUS:
  case CURLE_SSL_ENGINE_NOTFOUND:
  case CURLE_SSL_ENGINE_SETFAILED:
  case CURLE_SSL_ENGINE_INITFAILED:
  case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
  case CURLE_SSL_SHUTDOWN_FAILED:
  case CURLE_SSL_CLIENTCERT:
  case CURLE_USE_SSL_FAILED:
    return true;
  default:
    return false;
  }
}

/* A server that does not accept our certificate, or misses it, says so after the handshake, as
 * TLS 1.3 has it: to libcurl that is a failure to receive. */
static bool is_tls_alert(const cspan_http_exchange *exchange, CURLcode code) {
  return (code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR) &&
         strstr(exchange->curl_error, "SSL") && strstr(exchange->curl_error, " alert ");
}

static verdict verdict_of(cspan_http_exchange *exchange, CURLcode code) {
  if (exchange->resending) {
    code = CURLE_RECV_ERROR;
  }
  if (is_tls(code)) {
    return (verdict){CSPAN_ERR_TLS, "tls_error", "no TLS connection could be made"};
  }
  if (is_tls_alert(exchange, code)) {
    return (verdict){CSPAN_ERR_TLS, "tls_error", "the server ended the TLS connection"};
  }
  switch (code) {
  case CURLE_COULDNT_CONNECT:
    return of_connect_failure(exchange);
  case CURLE_COULDNT_RESOLVE_HOST:
  case CURLE_COULDNT_RESOLVE_PROXY:
    return (verdict){CSPAN_ERR_CONNECT, "dns_error", "the host name has no address"};
  case CURLE_OPERATION_TIMEDOUT:
    return of_timeout(exchange);
  case CURLE_PARTIAL_FILE:
    return (verdict){CSPAN_ERR_CONNECT, "truncated_body",
                     "the connection ended before the whole response was received"};
  case CURLE_GOT_NOTHING:
  case CURLE_SEND_ERROR:
  case CURLE_RECV_ERROR:
  case CURLE_SEND_FAIL_REWIND:
  case CURLE_HTTP2: /* also where a server that is leaving (GOAWAY) takes no more requests */
  case CURLE_HTTP2_STREAM:
    return (verdict){CSPAN_ERR_CONNECT, "connection_reset",
                     "the connection broke before the response was received"};
  case CURLE_OUT_OF_MEMORY:
    return (verdict){CSPAN_ERR_NOMEM, "out_of_memory", "out of memory"};
  case CURLE_URL_MALFORMAT:
    return (verdict){CSPAN_ERR_INVALID, "invalid_argument", "the URL is malformed"};
  case CURLE_READ_ERROR:
  case CURLE_WRITE_ERROR:
  case CURLE_ABORTED_BY_CALLBACK:
    return (verdict){CSPAN_ERR_IO, "io_error", "the transfer was stopped"};
  case CURLE_PROXY:
    return (verdict){CSPAN_ERR_CONNECT, "proxy_error", "the proxy made no connection"};
  default:
    return (verdict){CSPAN_ERR_PROTOCOL, "protocol_error", "the answer cannot be understood"};
  }
}

/* Where libcurl knows more than its code says. */
static const char *detail_of(const cspan_http_exchange *exchange, CURLcode code,
                             cspan_status status) {
  bool useful = status == CSPAN_ERR_TLS || status == CSPAN_ERR_PROTOCOL || code == CURLE_PROXY;
  if (!useful) {
    return NULL;
  }
  return exchange->curl_error[0] ? exchange->curl_error : curl_easy_strerror(code);
}

void cspan_outcome_of_curl(cspan_outcome *outcome, cspan_http_exchange *exchange, CURLcode code) {
  init(outcome);
  fill_facts(outcome, exchange);
  cspan_http_result *result = &outcome->result;
  if (exchange->stop_status != CSPAN_OK) {
    result->status = exchange->stop_status;
    result->code = cspan_status_code(exchange->stop_status);
    set_message(outcome, exchange, exchange->stop_reason, NULL);
    return;
  }
  if (code == CURLE_OK && exchange->parser.status != 0) {
    return;
  }
  verdict v = verdict_of(exchange, code);
  result->status = v.status;
  result->code = v.code;
  set_message(outcome, exchange, v.text, detail_of(exchange, code, v.status));
}

void cspan_outcome_of_status(cspan_outcome *outcome, cspan_http_exchange *exchange,
                             cspan_status status) {
  init(outcome);
  if (exchange->state == CSPAN_EXCHANGE_FRESH) {
    /* The handle still has the figures of the exchange before. */
    outcome->result.timings = (cspan_http_timings){.dns_us = -1,
                                                   .connect_us = -1,
                                                   .tls_us = -1,
                                                   .time_to_first_byte_us = -1,
                                                   .transfer_us = -1};
  } else {
    fill_facts(outcome, exchange);
  }
  outcome->result.status = status;
  outcome->result.code = cspan_status_code(status);
  const char *text = status == CSPAN_ERR_CANCELLED ? "the exchange was cancelled"
                     : status == CSPAN_ERR_TIMEOUT ? "the deadline passed"
                     : status == CSPAN_ERR_NOMEM   ? "out of memory"
                                                   : "the exchange was aborted";
  set_message(outcome, exchange, text, NULL);
}
