/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "services/s3/operation.h"

enum { DEFAULT_EXPIRES_S = 900, MAX_EXPIRES_S = 604800 };

static cspan_status presign(cspan_s3 *client, const cspan_call_start *start, int64_t expires_s,
                            char **url, cspan_error **error) {
  if (!url) {
    return cspan_error_set(error, CSPAN_ERR_INVALID, "%s: presigning needs a place for the URL",
                           start->operation->name);
  }
  *url = NULL;
  if (expires_s < 0 || expires_s > MAX_EXPIRES_S) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "%s: a presigned URL may live 1 to %d seconds (7 days), not %lld",
                           start->operation->name, (int)MAX_EXPIRES_S, (long long)expires_s);
  }
  if (start->options && start->options->loop) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "%s: presigning works without a loop; leave options.loop empty",
                           start->operation->name);
  }
  return cspan_aws_presign(client->aws, start, expires_s ? expires_s : DEFAULT_EXPIRES_S, url,
                           error);
}

cspan_status cspan_s3_presign_get_object(cspan_s3 *client, const cspan_context *context,
                                         const cspan_s3_get_object_input *input, int64_t expires_s,
                                         char **url, cspan_error **error) {
  cspan_status status = cspan_s3_check_input(client, "GetObject", input, sizeof *input, error);
  if (status != CSPAN_OK) {
    return status;
  }
  cspan_s3_get_object_input copy = *input;
  /* Whoever uses the URL decides what becomes of the body. */
  copy.sink = (cspan_sink){0};
  copy.no_checksum_verification = true;
  cspan_call_start start = {
      .operation = &cspan_s3_get_object_operation,
      .input = &copy,
      .context = context,
      .options = input->options,
  };
  return presign(client, &start, expires_s, url, error);
}

cspan_status cspan_s3_presign_put_object(cspan_s3 *client, const cspan_context *context,
                                         const cspan_s3_put_object_input *input, int64_t expires_s,
                                         char **url, cspan_error **error) {
  cspan_status status = cspan_s3_check_input(client, "PutObject", input, sizeof *input, error);
  if (status != CSPAN_OK) {
    return status;
  }
  cspan_s3_put_object_input copy = *input;
  copy.body = (cspan_body){0};
  cspan_call_start start = {
      .operation = &cspan_s3_put_object_operation,
      .input = &copy,
      .context = context,
      .options = input->options,
  };
  return presign(client, &start, expires_s, url, error);
}
