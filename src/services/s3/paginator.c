/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "services/s3/client.h"

struct cspan_s3_list_paginator {
  cspan_s3 *client;
  cspan_s3_list_objects_v2_input input;
  /* The page shown last, which also holds the token of the next one. */
  cspan_s3_list_objects_v2_output *page;
  bool finished;
};

cspan_status cspan_s3_list_paginator_create(cspan_s3 *client,
                                            const cspan_s3_list_objects_v2_input *input,
                                            cspan_s3_list_paginator **out, cspan_error **error) {
  cspan_status status = cspan_s3_check_input(client, "ListObjectsV2", input, sizeof *input, error);
  if (status != CSPAN_OK) {
    return status;
  }
  if (!out || (input->options && input->options->loop)) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "a paginator needs a place for the result, and works without a loop; "
                           "for asynchronous pages call cspan_s3_list_objects_v2");
  }
  *out = cspan_calloc(1, sizeof **out);
  if (!*out) {
    return cspan_error_move(error, cspan_error_nomem());
  }
  (*out)->client = client;
  (*out)->input = *input;
  (*out)->input.size = sizeof *input;
  return CSPAN_OK;
}

cspan_status cspan_s3_list_paginator_next(cspan_s3_list_paginator *paginator,
                                          const cspan_context *context,
                                          const cspan_s3_list_objects_v2_output **page,
                                          cspan_error **error) {
  if (!paginator || !page) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "cspan_s3_list_paginator_next needs a paginator and a place for a page");
  }
  *page = NULL;
  if (paginator->finished) {
    return CSPAN_OK;
  }
  if (paginator->page) {
    paginator->input.continuation_token = paginator->page->next_continuation_token;
  }
  cspan_s3_list_objects_v2_output *next = NULL;
  cspan_status status =
      cspan_s3_list_objects_v2(paginator->client, context, &paginator->input, &next, error);
  if (status != CSPAN_OK) {
    return status; /* the place is kept: the call may be made again */
  }
  const char *token = next->next_continuation_token;
  bool more = next->is_truncated && token && *token;
  if (more && paginator->input.continuation_token &&
      strcmp(token, paginator->input.continuation_token) == 0) {
    cspan_s3_output_free(next);
    return cspan_error_set(error, CSPAN_ERR_PROTOCOL,
                           "ListObjectsV2: the server gave the same continuation token twice; the "
                           "list would never end");
  }
  cspan_s3_output_free(paginator->page);
  paginator->page = next;
  paginator->finished = !more;
  *page = next;
  return CSPAN_OK;
}

void cspan_s3_list_paginator_free(cspan_s3_list_paginator *paginator) {
  if (paginator) {
    cspan_s3_output_free(paginator->page);
    cspan_free(paginator);
  }
}
