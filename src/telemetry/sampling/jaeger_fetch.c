/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/sampling/jaeger_fetch.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "http/fetch.h"

enum { TIMEOUT_MS = 10000, URL_MAX = 4096 };

#define DEFAULT_ENDPOINT "http://localhost:5778/sampling"
/* Where Jaeger serves the same by gRPC, and by HTTP. */
#define GRPC_PORT ":14250"
#define HTTP_PORT ":5778"

/* ----------------------------------------------------------------------- the URL */

static bool ends_with(cspan_str text, const char *end) {
  size_t len = strlen(end);
  return text.len >= len && memcmp(text.data + text.len - len, end, len) == 0;
}

static bool is_url_text(cspan_str text) {
  for (size_t i = 0; i < text.len; i++) {
    if (text.data[i] <= ' ' || text.data[i] > '~' || text.data[i] == '#' || text.data[i] == '@') {
      return false;
    }
  }
  return text.len > 0;
}

static void write_url(cspan_buf *url, const char *endpoint, const char *rest) {
  size_t scheme = (size_t)(rest - endpoint);
  cspan_str host = {rest, strcspn(rest, "/?")};
  const char *path = rest + host.len;
  cspan_buf_append(url, scheme > 0 ? endpoint : "http://", scheme > 0 ? scheme : 7);
  if (ends_with(host, GRPC_PORT)) {
    host.len -= strlen(GRPC_PORT);
    cspan_buf_append(url, host.data, host.len);
    cspan_buf_str(url, HTTP_PORT);
  } else {
    cspan_buf_append(url, host.data, host.len);
  }
  if (path[0] == '\0' || (path[0] == '/' && path[1] == '\0')) {
    path = "/sampling";
  }
  cspan_buf_str(url, path[0] == '?' ? "/sampling" : "");
  cspan_buf_str(url, path);
  cspan_buf_str(url, strchr(path, '?') != NULL ? "&service=" : "?service=");
}

cspan_status cspan_jaeger_url(const char *endpoint, const char *service, char **out,
                              cspan_error **error) {
  *out = NULL;
  endpoint = endpoint != NULL && endpoint[0] != '\0' ? endpoint : DEFAULT_ENDPOINT;
  if (service == NULL || service[0] == '\0') {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "remote sampling needs the name of the service");
  }
  const char *rest = strstr(endpoint, "://");
  rest = rest != NULL ? rest + 3 : endpoint;
  bool has_scheme = rest != endpoint;
  if ((has_scheme && !cspan_starts_with(endpoint, "http://") &&
       !cspan_starts_with(endpoint, "https://")) ||
      !is_url_text(cspan_str_of(endpoint)) || rest[0] == '\0' || rest[0] == '/') {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "the endpoint of remote sampling is no URL such as " DEFAULT_ENDPOINT
                           " (without user, password and fragment)");
  }
  cspan_buf url;
  cspan_buf_init(&url, URL_MAX);
  write_url(&url, endpoint, rest);
  cspan_uri_encode(&url, service, strlen(service), false);
  cspan_status status = cspan_buf_status(&url);
  *out = cspan_buf_take(&url, NULL);
  if (status != CSPAN_OK || *out == NULL) {
    return cspan_error_set(error, status != CSPAN_OK ? status : CSPAN_ERR_NOMEM, "%s",
                           status == CSPAN_ERR_LIMIT
                               ? "the URL of remote sampling is over 4,096 bytes"
                               : "no memory for the URL of remote sampling");
  }
  return CSPAN_OK;
}

/* ---------------------------------------------------------------------- fetching */

cspan_status cspan_jaeger_fetch(cspan_http_client *http, const char *url, cspan_cancel *cancel,
                                cspan_buf *answer, cspan_error **error) {
  const cspan_http_header accept = {.name = "Accept", .value = "application/json"};
  const cspan_http_request request = {
      .method = "GET", .url = url, .headers = &accept, .header_count = 1};
  const cspan_context cancelled = {.cancel = cancel};
  const cspan_context context = cspan_context_with_timeout(&cancelled, TIMEOUT_MS);
  int http_status = 0;
  cspan_status status = cspan_http_fetch(http, &request, &context, answer, &http_status, error);
  if (status == CSPAN_OK && http_status != 200) {
    return cspan_error_set(error, CSPAN_ERR_SERVICE, "the answer was HTTP status %d", http_status);
  }
  return status;
}
