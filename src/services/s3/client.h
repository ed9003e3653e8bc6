/* SPDX-License-Identifier: Apache-2.0 */
/* What the typed calls share: the client and the way an operation is run. */
#ifndef SERVICES_S3_CLIENT_H
#define SERVICES_S3_CLIENT_H

#include <cloudspan/s3.h>

#include "aws/client.h"
#include "services/s3/endpoint.h"

struct cspan_s3 {
  cspan_aws_client *aws;
  cspan_service service; /* with this client as its owner */
  cspan_s3_rules rules;
};

/* Checks client and input (which starts with its size, at least min_size as of 0.1.0) and
 * carries the operation out. */
cspan_status cspan_s3_call(cspan_s3 *client, const cspan_operation *operation,
                           const cspan_context *context, const void *input, size_t min_size,
                           const cspan_call_options *options, void **output, cspan_error **error);

/* The check alone, for callers that look into the input before. */
cspan_status cspan_s3_check_input(const cspan_s3 *client, const char *operation, const void *input,
                                  size_t min_size, cspan_error **error);

/* The typed functions differ in nothing but types. */
#define CSPAN_S3_CALL(client, operation, context, input, output, error)                            \
  cspan_s3_call((client), (operation), (context), (input), sizeof *(input),                        \
                (input) ? (input)->options : NULL, (void **)(output), (error))

#endif
