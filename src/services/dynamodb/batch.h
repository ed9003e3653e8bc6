/* SPDX-License-Identifier: Apache-2.0 */
/* Sending again what the service left of a batch. */
#ifndef SERVICES_DYNAMODB_BATCH_H
#define SERVICES_DYNAMODB_BATCH_H

#include "services/dynamodb/attribute.h"

typedef struct cspan_dynamodb_batch {
  cspan_client *client;
  const char *operation;
  const char *left_member;              /* of the answer: "UnprocessedItems" */
  cspan_dynamodb_batch_options options; /* with defaults */
  /* The answer of a call; may be NULL. */
  cspan_status (*take_answer)(void *user, const cspan_value *answer, cspan_error **error);
  /* What stays undone, in the form of RequestItems. */
  cspan_status (*take_left)(void *user, const cspan_value *tables, cspan_error **error);
  void *user;
} cspan_dynamodb_batch;

/* With the options' defaults. CSPAN_ERR_INVALID for a loop. */
cspan_status cspan_dynamodb_batch_set_up(cspan_dynamodb_batch *batch,
                                         const cspan_dynamodb_batch_options *options,
                                         cspan_error **error);
/* Sends RequestItems until nothing is left. CSPAN_ERR_PARTIAL when the attempts are used up, or what
 * a call or the context ended with; take_left() was called then. */
cspan_status cspan_dynamodb_batch_send(const cspan_dynamodb_batch *batch, const cspan_value *tables,
                                       cspan_error **error);
/* Whether the batch goes on with its next call after such a status. */
bool cspan_dynamodb_batch_goes_on(cspan_status status);

#endif
