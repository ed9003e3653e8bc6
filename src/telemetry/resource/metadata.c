/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/resource/metadata.h"

#include <string.h>

#include "base/sys.h"
#include "http/fetch.h"

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

bool cspan_metadata_fetch(const cspan_detection *at, cspan_http_client *client,
                          const cspan_metadata_request *request, cspan_buf *answer) {
  const cspan_context own = cspan_context_with_timeout(at->context, CSPAN_METADATA_TIMEOUT_MS);
  const cspan_http_request http = {.method = request->method != NULL ? request->method : "GET",
                                   .url = request->url,
                                   .headers = request->headers,
                                   .header_count = request->header_count};
  int http_status = 0;
  cspan_buf_clear(answer);
  return client != NULL &&
         cspan_http_fetch(client, &http, &own, answer, &http_status, NULL) == CSPAN_OK &&
         http_status == 200 && cspan_buf_status(answer) == CSPAN_OK;
}
