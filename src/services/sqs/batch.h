/* SPDX-License-Identifier: Apache-2.0 */
/* Batches of any number of entries, by calls with ten at most. */
#ifndef SERVICES_SQS_BATCH_H
#define SERVICES_SQS_BATCH_H

#include <cloudspan/sqs.h>

#include "services/typed.h"

enum { CSPAN_SQS_ENTRIES_A_CALL = 10 };

typedef struct cspan_sqs_batch {
  cspan_client *client;
  const char *operation;
  const char *queue_url;
  const cspan_context *context;
  const cspan_call_options *options;
  size_t count;
  /* Whether an entry can be sent at all; NULL: all can. */
  cspan_status (*check_entry)(const void *user, size_t index, cspan_error **error);
  /* Its members, into an open map that has an Id already. */
  void (*put_entry)(cspan_making *making, const void *user, size_t index);
  /* What counts for the limit of a call; NULL: nothing. */
  size_t (*entry_size)(const void *user, size_t index);
  const void *user;
} cspan_sqs_batch;

typedef struct cspan_sqs_outcome {
  bool done;
  bool sender_fault;
  cspan_error *error; /* NULL where it is done */
} cspan_sqs_outcome;

/* Each of the batch's outcomes, which are zero before, ends done or with an error. */
void cspan_sqs_batch_run(const cspan_sqs_batch *batch, cspan_sqs_outcome *outcomes);
/* All of it: CSPAN_ERR_PARTIAL and the result of a public function. */
cspan_status cspan_sqs_batch_carry_out(const cspan_sqs_batch *batch, cspan_sqs_batch_result *result,
                                       cspan_error **error);

/* Entries that are receipt handles. */
typedef struct cspan_sqs_handles {
  const char *const *handles;
  int64_t visibility_s; /* below 0: none is put */
} cspan_sqs_handles;

void cspan_sqs_put_handle(cspan_making *making, const void *handles, size_t index);

#endif
