/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/credentials/nearby.h"

#include "base/error.h"

cspan_status cspan_nearby_client(const cspan_hunt *hunt, int64_t timeout_ms,
                                 cspan_http_client **out, cspan_error **error) {
  const cspan_http_client_options options = {
      .connect_timeout_ms = timeout_ms,
      .ca_bundle = cspan_aws_config_text(hunt->base, CSPAN_SETTING_CA_BUNDLE),
      .proxy = "",
      .max_idle_loops = 1};
  return cspan_http_client_create(&options, out, error);
}

cspan_status cspan_nearby_fetch(cspan_http_client *client, const cspan_context *context,
                                const char *method, const char *url, const char *header,
                                const char *value, cspan_buf *answer, int *http_status,
                                cspan_error **error) {
  const cspan_http_header headers[] = {{.name = "Accept", .value = "*/*"},
                                       {.name = header, .value = value}};
  const cspan_http_request request = {
      .method = method, .url = url, .headers = headers, .header_count = header ? 2 : 1};
  if (cspan_buf_reserve(answer, answer->max) != CSPAN_OK) {
    return cspan_hunt_nomem(error);
  }
  return cspan_http_fetch(client, &request, context, answer, http_status, error);
}
