/* SPDX-License-Identifier: Apache-2.0 */
/* A thread that keeps messages hidden from others while somebody works on them. */
#ifndef SERVICES_SQS_KEEPER_H
#define SERVICES_SQS_KEEPER_H

#include "services/sqs/batch.h"

typedef struct cspan_sqs_keeper cspan_sqs_keeper;

/* What the input refers to must live until cspan_sqs_keeper_stop(). */
cspan_status cspan_sqs_keeper_start(cspan_client *client, const cspan_sqs_receive_input *input,
                                    cspan_sqs_keeper **out, cspan_error **error);
/* Ends a call that is under way and joins the thread. NULL is fine, here and below. */
void cspan_sqs_keeper_stop(cspan_sqs_keeper *keeper);

/* Ten receipt handles at most (copied) in place of those before, hidden from now on. */
cspan_status cspan_sqs_keeper_hold(cspan_sqs_keeper *keeper, const char *const *handles,
                                   size_t count, cspan_error **error);
/* Does not extend it any more. */
void cspan_sqs_keeper_release(cspan_sqs_keeper *keeper, size_t index);
/* The first error of extending a message since it was asked for, or NULL; the caller's. */
cspan_error *cspan_sqs_keeper_take_error(cspan_sqs_keeper *keeper, size_t index);

#endif
