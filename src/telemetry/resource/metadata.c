/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/resource/metadata.h"

#include <string.h>

#include "base/sys.h"

enum { HEADER_MAX_BYTES = 16384 };

cspan_http_client *cspan_metadata_client(const char *ca_bundle) {
  const cspan_http_client_options options = {.connect_timeout_ms = CSPAN_METADATA_TIMEOUT_MS,
                                             .ca_bundle = ca_bundle,
                                             .proxy = "",
                                             .max_idle_loops = 1};
  cspan_http_client *client = NULL;
  cspan_error *error = NULL;
  if (cspan_http_client_create(&options, &client, &error) != CSPAN_OK) {
    client = NULL;
  }
  cspan_error_free(error);
  return client;
}

/* "169.254." or "127." or "[fe80:" or "[fd00:ec2:" or "[::1]", behind "http://". */
bool cspan_metadata_is_local(const char *url) {
  static const char *const starts[] = {"169.254.", "127.", "[fe80:", "[fd00:ec2:", "[::1]"};
  static const char scheme[] = "http://";
  if (!cspan_starts_with(url, scheme)) {
    return false;
  }
  const char *host = url + sizeof scheme - 1;
  size_t len = strcspn(host, "/?#");
  if (memchr(host, '@', len) != NULL) {
    return false;
  }
  for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
    if (cspan_starts_with(host, starts[i])) {
      /* An address, not a name that begins like one. */
      return host[0] == '[' || strspn(host, "0123456789.:") == len;
    }
  }
  return false;
}

static void on_done(void *is_good, const cspan_http_result *result) {
  *(bool *)is_good = result->status == CSPAN_OK && result->http_status == 200;
}

bool cspan_metadata_fetch(const cspan_detection *at, cspan_http_client *client,
                          const cspan_metadata_request *request, cspan_buf *answer) {
  const cspan_context own = cspan_context_with_timeout(at->context, CSPAN_METADATA_TIMEOUT_MS);
  bool is_good = false;
  const cspan_http_request http = {.method = request->method != NULL ? request->method : "GET",
                                   .url = request->url,
                                   .headers = request->headers,
                                   .header_count = request->header_count,
                                   .deadline_ns = own.deadline_ns,
                                   .cancel = own.cancel,
                                   .max_header_bytes = HEADER_MAX_BYTES,
                                   .max_body_bytes = CSPAN_METADATA_ANSWER_MAX};
  cspan_buf_clear(answer);
  if (client == NULL || cspan_context_status(at->context) != CSPAN_OK) {
    return false;
  }
  cspan_http_fetch(client, &http, answer, on_done, &is_good, NULL);
  return is_good && cspan_buf_status(answer) == CSPAN_OK;
}
