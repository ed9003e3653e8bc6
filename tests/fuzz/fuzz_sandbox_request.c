/* SPDX-License-Identifier: Apache-2.0 */
/* A request target and headers of strangers: taken apart, routed, its signature
 * checked. Lines: the target, then "Name: value" each. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "sandbox/auth.h"
#include "sandbox/operation.h"
#include "sandbox/range.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void add_headers(sbx_request *request, char *at) {
  while (at && *at) {
    char *end = strchr(at, '\n');
    if (end) {
      *end = '\0';
    }
    char *colon = strchr(at, ':');
    if (colon) {
      *colon = '\0';
      cspan_sbx_pairs_add(&request->headers, at, colon + 1);
    }
    at = end ? end + 1 : NULL;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const sbx_keys keys = {
      .region = "us-east-1", .access_key_id = "sandbox", .secret_access_key = "sandbox-secret"};
  char *text = cspan_strndup((const char *)data, size);
  sbx_request request = {0};
  if (!text) {
    return 0;
  }
  char *line = strchr(text, '\n');
  if (line) {
    *line = '\0';
    add_headers(&request, line + 1);
  }
  if (cspan_sbx_request_parse(&request, "PUT", text) == SBX_OK) {
    sbx_auth auth;
    sbx_detail detail = {0};
    int64_t at;
    int64_t len;
    cspan_buf_init(&detail.extra, 1 << 16);
    if (request.key_len > SBX_KEY_MAX || request.key_len != strlen(request.key)) {
      abort();
    }
    cspan_sbx_operation_of(&request);
    cspan_sbx_auth_check(&keys, &request, 1709210096, &auth, &detail);
    if (cspan_sbx_range_parse(cspan_sbx_header(&request, "Range"), 1000, &at, &len) ==
            SBX_RANGE_OK &&
        (at < 0 || len < 1 || at + len > 1000)) {
      abort();
    }
    cspan_buf_free(&detail.extra);
  }
  cspan_sbx_request_free(&request);
  cspan_free(text);
  return 0;
}
