/* SPDX-License-Identifier: Apache-2.0 */
/* Setting up libcurl's easy handles: once for what a client fixes, and again for
 * what a request brings, as little as possible. */
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/text.h"
#include "http/internal.h"

enum {
  DEFAULT_HEADER_BYTES = 256 * 1024,
  BULK_BYTES = 1024 * 1024, /* from here on a transfer is worth large buffers */
  SMALL_RECV = 64 * 1024,
  SMALL_SEND = 64 * 1024, /* libcurl's default */
  BULK_BUFFER = 512 * 1024
};

/* Before 8.0.0 libcurl starts HTTP/2 anew on a kept connection that has it by prior
 * knowledge, and fails with a framing error (curl issue 10634). */
static bool keeps_http2(void) {
  return curl_version_info(CURLVERSION_NOW)->version_num >= 0x080000;
}

/* The manual page of CURLOPT_REQUEST_TARGET promises it for every release, but not what comes behind
 * the target, nor that it stays. So only those releases count for which test_request_head has passed;
 * with any other, requests go by libcurl's list of headers, which is slower and nothing else. */
bool cspan_curl_keeps_target(void) {
  return curl_version_info(CURLVERSION_NOW)->version_num >> 8 == 0x0758; /* 7.88 */
}

static void set_http_version(CURL *easy, const cspan_http_client *client) {
  if (client->version != CSPAN_HTTP_VERSION_2) {
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    return;
  }
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE);
  curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, keeps_http2() ? 0L : 1L);
  /* A proxy forwards a request as HTTP/1.1, where gRPC cannot work. */
  curl_easy_setopt(easy, CURLOPT_HTTPPROXYTUNNEL, 1L);
}

/* A program that is started by fork and exec does not get the connections. */
static curl_socket_t open_socket(void *user, curlsocktype purpose, struct curl_sockaddr *address) {
  (void)user;
  (void)purpose;
#ifdef SOCK_CLOEXEC
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
#else
  int fd = socket(address->family, address->socktype, address->protocol);
  if (fd >= 0)
    fcntl(fd, F_SETFD, FD_CLOEXEC);
  return fd;
#endif
}

static void set_client_options(CURL *easy, const cspan_http_client *client) {
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  /* Lets an exchange end while the resolver's thread still waits for an answer. */
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)client->connect_timeout_ms);
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME,
                   (long)((client->low_speed_timeout_ms + 999) / 1000));
  set_http_version(easy, client);
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
  if (client->insecure_skip_verify) {
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  }
}

/* The options whose text libcurl copies: these can run out of memory. */
static bool set_client_texts(CURL *easy, const cspan_http_client *client) {
  CURLcode code = CURLE_OK;
  if (client->ca_bundle) {
    code = curl_easy_setopt(easy, CURLOPT_CAINFO, client->ca_bundle);
  }
  if (code == CURLE_OK && client->client_cert) {
    code = curl_easy_setopt(easy, CURLOPT_SSLCERT, client->client_cert);
  }
  if (code == CURLE_OK && client->client_key) {
    code = curl_easy_setopt(easy, CURLOPT_SSLKEY, client->client_key);
  }
  if (code == CURLE_OK && client->is_direct) {
    /* Or libcurl looks at the environment with every request. */
    code = curl_easy_setopt(easy, CURLOPT_PROXY, "");
    code = code == CURLE_OK ? curl_easy_setopt(easy, CURLOPT_NOPROXY, "") : code;
  } else if (code == CURLE_OK && client->proxy) {
    code = curl_easy_setopt(easy, CURLOPT_PROXY, client->proxy);
  }
  return code == CURLE_OK;
}

cspan_http_exchange *cspan_exchange_new(cspan_loop *loop, const cspan_http_client *client) {
  cspan_http_exchange *exchange = cspan_calloc(1, sizeof *exchange);
  if (!exchange) {
    return NULL;
  }
  exchange->loop = loop;
  exchange->client_id = client->id;
  exchange->keeps_target = client->version != CSPAN_HTTP_VERSION_2 && cspan_curl_keeps_target();
  exchange->is_direct = client->is_direct;
  cspan_header_parser_init(&exchange->parser, DEFAULT_HEADER_BYTES);
  exchange->easy = curl_easy_init();
  if (!exchange->easy || !set_client_texts(exchange->easy, client)) {
    cspan_exchange_delete(exchange);
    return NULL;
  }
  set_client_options(exchange->easy, client);
  curl_easy_setopt(exchange->easy, CURLOPT_ERRORBUFFER, exchange->curl_error);
  cspan_exchange_set_callbacks(exchange);
  exchange->recv_size = SMALL_RECV;
  exchange->send_size = SMALL_SEND;
  curl_easy_setopt(exchange->easy, CURLOPT_BUFFERSIZE, exchange->recv_size);
  return exchange;
}

void cspan_exchange_delete(cspan_http_exchange *exchange) {
  curl_easy_cleanup(exchange->easy);
  cspan_header_parser_free(&exchange->parser);
  cspan_free(exchange->header_nodes);
  cspan_free(exchange->head_lines);
  cspan_free(exchange->header_text);
  cspan_free(exchange);
}

static cspan_status invalid(cspan_error **error, const char *what) {
  return cspan_error_set(error, CSPAN_ERR_INVALID, "the HTTP request cannot be sent: %s", what);
}

/* The part between "//" and the path; {NULL,0} where the URL is not one of ours.
 * Its text is never put into a message whole: a query may hold a signature. */
static cspan_str authority_of(const char *url, const char **default_port) {
  const cspan_str none = {NULL, 0};
  const char *start;
  if (cspan_starts_with(url, "http://")) {
    start = url + strlen("http://");
    *default_port = ":80";
  } else if (cspan_starts_with(url, "https://")) {
    start = url + strlen("https://");
    *default_port = ":443";
  } else {
    return none;
  }
  for (const char *c = start; *c; c++) {
    if ((unsigned char)*c <= 0x20 || *c == 0x7f) {
      return none;
    }
  }
  cspan_str authority = {start, strcspn(start, "/?#")};
  bool usable = authority.len > 0 && authority.len + 5 <= CSPAN_HTTP_TARGET_MAX &&
                !memchr(authority.data, '@', authority.len);
  return usable ? authority : none;
}

static bool has_port(cspan_str authority) {
  size_t i = authority.len;
  while (i > 0 && authority.data[i - 1] >= '0' && authority.data[i - 1] <= '9') {
    i--;
  }
  return i > 0 && i < authority.len && authority.data[i - 1] == ':';
}

static cspan_status take_target(cspan_http_exchange *exchange, const char *url,
                                cspan_error **error) {
  const char *port = "";
  cspan_str authority = url ? authority_of(url, &port) : (cspan_str){NULL, 0};
  if (!authority.data) {
    return invalid(error, "the URL must be http://host/... or https://host/..., without blanks "
                          "and without a user name");
  }
  memcpy(exchange->target, authority.data, authority.len);
  exchange->target[authority.len] = '\0';
  if (!has_port(authority)) {
    memcpy(exchange->target + authority.len, port, strlen(port) + 1);
  }
  return CSPAN_OK;
}

static cspan_status check_method(const char *method, cspan_error **error) {
  size_t len = method ? strlen(method) : 0;
  if (len == 0 || len >= sizeof((cspan_http_exchange *)0)->method) {
    return invalid(error, "the method is missing or too long");
  }
  return cspan_header_is_token(method) ? CSPAN_OK : invalid(error, "the method is not a token");
}

static cspan_status check_body(const cspan_http_request *request, cspan_error **error) {
  if (request->body_length < -1) {
    return invalid(error, "the length of the body is negative");
  }
  if (!request->read_fn &&
      (request->body_length == -1 || (request->body_length > 0 && !request->body))) {
    return invalid(error, "there is a body length but no body");
  }
  return CSPAN_OK;
}

static cspan_exchange_mode mode_of(const cspan_http_request *request) {
  if (request->read_fn && request->body_length != 0) {
    return CSPAN_MODE_READER;
  }
  if (strcmp(request->method, "HEAD") == 0) {
    return CSPAN_MODE_HEAD;
  }
  /* These say "Content-Length: 0" when they have nothing to send. */
  bool wants_length = strcmp(request->method, "PUT") == 0 || strcmp(request->method, "POST") == 0 ||
                      strcmp(request->method, "PATCH") == 0;
  return request->body_length > 0 || wants_length ? CSPAN_MODE_BYTES : CSPAN_MODE_GET;
}

/* libcurl derives one option from another, hence the order. */
static void set_mode(cspan_http_exchange *exchange, cspan_exchange_mode mode) {
  CURL *easy = exchange->easy;
  if (exchange->mode == mode) {
    return;
  }
  if (exchange->mode == CSPAN_MODE_HEAD) {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 0L);
  } else if (exchange->mode == CSPAN_MODE_READER) {
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 0L);
  }
  switch (mode) {
  case CSPAN_MODE_HEAD:
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    break;
  case CSPAN_MODE_BYTES:
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    break;
  case CSPAN_MODE_READER:
    /* Left set, libcurl would believe that it can send the body again. */
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, NULL);
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    break;
  default:
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
  }
  exchange->mode = mode;
}

static const char *natural_method(cspan_exchange_mode mode) {
  switch (mode) {
  case CSPAN_MODE_HEAD:
    return "HEAD";
  case CSPAN_MODE_BYTES:
    return "POST";
  case CSPAN_MODE_READER:
    return "PUT";
  default:
    return "GET";
  }
}

static CURLcode set_method(cspan_http_exchange *exchange, const char *method) {
  const char *custom = strcmp(method, natural_method(exchange->mode)) == 0 ? "" : method;
  if (strcmp(exchange->method, custom) == 0) {
    return CURLE_OK;
  }
  CURLcode code = curl_easy_setopt(exchange->easy, CURLOPT_CUSTOMREQUEST, *custom ? custom : NULL);
  if (code == CURLE_OK) {
    memcpy(exchange->method, custom, strlen(custom) + 1);
  }
  return code;
}

static void set_body(cspan_http_exchange *exchange, const cspan_http_request *request) {
  CURL *easy = exchange->easy;
  curl_off_t length = (curl_off_t)request->body_length;
  if (exchange->mode == CSPAN_MODE_BYTES) {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, length);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body ? request->body : "");
  } else if (exchange->mode == CSPAN_MODE_READER) {
    curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, length);
  }
  bool bulk = length > BULK_BYTES || length < 0;
  long send_size = bulk ? BULK_BUFFER : SMALL_SEND;
  if (send_size != exchange->send_size) {
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, send_size);
    exchange->send_size = send_size;
  }
  /* How much will come is not known before it does; the last time is a guess. */
  bool much = request->large_response || exchange->received > BULK_BYTES;
  long recv_size = much ? BULK_BUFFER : SMALL_RECV;
  if (recv_size != exchange->recv_size) {
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, recv_size);
    exchange->recv_size = recv_size;
  }
}

static void take_request(cspan_http_exchange *exchange, const cspan_http_request *request) {
  exchange->sink = request->sink;
  exchange->read_fn = request->read_fn;
  exchange->read_user = request->read_user;
  exchange->body_length = request->body_length;
  exchange->body_read = 0;
  exchange->deadline_ns = request->deadline_ns;
  exchange->cancel = request->cancel;
  exchange->max_body_bytes = request->max_body_bytes;
  exchange->received = 0;
  exchange->sent_ns = 0;
  exchange->resending = false;
  exchange->first_byte_ns = 0;
  exchange->last_byte_ns = 0;
  exchange->stop_status = CSPAN_OK;
  exchange->stop_reason = NULL;
  exchange->curl_error[0] = '\0';
  cspan_header_parser_reset(&exchange->parser, request->max_header_bytes ? request->max_header_bytes
                                                                         : DEFAULT_HEADER_BYTES);
}

cspan_status cspan_exchange_prepare(cspan_http_exchange *exchange,
                                    const cspan_http_request *request, cspan_error **error) {
  cspan_status status = take_target(exchange, request->url, error);
  if (status == CSPAN_OK) {
    status = check_method(request->method, error);
  }
  if (status == CSPAN_OK) {
    status = check_body(request, error);
  }
  if (status == CSPAN_OK) {
    status = cspan_exchange_head(exchange, request, mode_of(request), error);
  }
  if (status != CSPAN_OK) {
    return status;
  }
  set_mode(exchange, mode_of(request));
  set_body(exchange, request);
  take_request(exchange, request);
  if (set_method(exchange, request->method) != CURLE_OK) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory while preparing a request");
  }
  return CSPAN_OK;
}
