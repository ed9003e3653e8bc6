/* SPDX-License-Identifier: Apache-2.0 */
#include "services/sqs/batch.h"

#include <stdio.h>

#include "base/alloc.h"
#include "base/error.h"

/* The older of the service's two limits, so that no account's is exceeded. */
static const size_t call_max_bytes = 256U << 10;

enum { ID_MAX = 24 };

typedef struct chunk {
  const cspan_sqs_batch *batch;
  cspan_sqs_outcome *outcomes;
  size_t indexes[CSPAN_SQS_ENTRIES_A_CALL];
  size_t count;
  size_t size;
} chunk;

static void fail_entry(cspan_sqs_outcome *outcome, const cspan_error *error) {
  if (!outcome->done && outcome->error == NULL) {
    outcome->error = cspan_error_dup(error);
  }
}

static void fail_rest(chunk *c, const cspan_error *error) {
  for (size_t i = 0; i < c->count; i++) {
    fail_entry(&c->outcomes[c->indexes[i]], error);
  }
}

/* ----------------------------------------------------------------- request */

static cspan_status make_input(const chunk *c, cspan_document **out, cspan_error **error) {
  cspan_making making;
  char id[ID_MAX];
  cspan_status status = cspan_making_open(&making, error);
  if (status != CSPAN_OK) {
    return status;
  }
  cspan_maker *maker = &making.maker;
  cspan_maker_begin(maker, CSPAN_VALUE_MAP);
  cspan_making_text(&making, "QueueUrl", c->batch->queue_url);
  cspan_maker_fixed_name(maker, "Entries", 7);
  cspan_maker_begin(maker, CSPAN_VALUE_LIST);
  for (size_t i = 0; i < c->count; i++) {
    int len = snprintf(id, sizeof id, "%zu", i);
    cspan_maker_begin(maker, CSPAN_VALUE_MAP);
    cspan_maker_fixed_name(maker, "Id", 2);
    cspan_maker_put_text(maker, CSPAN_VALUE_STRING, id, (size_t)len);
    c->batch->put_entry(&making, c->batch->user, c->indexes[i]);
    cspan_maker_end(maker);
  }
  return cspan_making_close(&making, CSPAN_OK, out, error);
}

/* ------------------------------------------------------------------ answer */

/* The outcome of an entry of the answer; NULL where its Id is none of ours. */
static cspan_sqs_outcome *outcome_of(const chunk *c, const cspan_value *entry) {
  uint64_t index = 0;
  const char *id = cspan_value_text(cspan_value_get(entry, "Id"), NULL);
  if (id == NULL || !cspan_parse_u64(id, &index) || index >= c->count) {
    return NULL;
  }
  return &c->outcomes[c->indexes[index]];
}

static cspan_error *error_of(const cspan_value *entry) {
  cspan_error *error = NULL;
  const char *code = cspan_value_text(cspan_value_get(entry, "Code"), NULL);
  const char *message = cspan_value_text(cspan_value_get(entry, "Message"), NULL);
  cspan_error_info info = {.status = CSPAN_ERR_SERVICE,
                           .code = code != NULL ? code : "Unknown",
                           .http_status = 200,
                           .retryable =
                               !cspan_value_bool(cspan_value_get(entry, "SenderFault"), false)};
  cspan_error_set_info(&error, &info, message != NULL ? message : info.code);
  return error;
}

static void take_answer(chunk *c, const cspan_value *answer) {
  const cspan_value *done = cspan_value_get(answer, "Successful");
  const cspan_value *failed = cspan_value_get(answer, "Failed");
  for (size_t i = 0; i < cspan_value_count(failed); i++) {
    const cspan_value *entry = cspan_value_at(failed, i);
    cspan_sqs_outcome *outcome = outcome_of(c, entry);
    if (outcome != NULL && outcome->error == NULL) {
      outcome->error = error_of(entry);
      outcome->sender_fault = cspan_value_bool(cspan_value_get(entry, "SenderFault"), false);
    }
  }
  for (size_t i = 0; i < cspan_value_count(done); i++) {
    cspan_sqs_outcome *outcome = outcome_of(c, cspan_value_at(done, i));
    if (outcome != NULL) {
      outcome->done = outcome->error == NULL;
    }
  }
}

static void send_chunk(chunk *c) {
  cspan_document *input = NULL;
  cspan_document *answer = NULL;
  cspan_error *error = NULL;
  cspan_status status = make_input(c, &input, &error);
  if (status == CSPAN_OK) {
    cspan_client_request request = {.operation = c->batch->operation,
                                    .input = cspan_document_value(input),
                                    .context = c->batch->context,
                                    .options = c->batch->options};
    status = cspan_client_send(c->batch->client, &request, &answer, &error);
  }
  if (status == CSPAN_OK) {
    take_answer(c, cspan_document_value(answer));
    cspan_error_set(&error, CSPAN_ERR_PROTOCOL,
                    "the service did not say what became of an entry of %s", c->batch->operation);
  }
  fail_rest(c, error);
  cspan_error_free(error);
  cspan_document_free(input);
  cspan_document_free(answer);
  c->count = 0;
  c->size = 0;
}

static void add_entry(chunk *c, size_t index) {
  const cspan_sqs_batch *batch = c->batch;
  size_t size = batch->entry_size != NULL ? batch->entry_size(batch->user, index) : 0;
  if (batch->check_entry != NULL &&
      batch->check_entry(batch->user, index, &c->outcomes[index].error) != CSPAN_OK) {
    c->outcomes[index].sender_fault = true;
    return;
  }
  bool fits = size <= call_max_bytes && c->size <= call_max_bytes - size;
  if (c->count > 0 && (c->count == CSPAN_SQS_ENTRIES_A_CALL || !fits)) {
    send_chunk(c);
  }
  c->indexes[c->count++] = index;
  c->size += size;
}

void cspan_sqs_batch_run(const cspan_sqs_batch *batch, cspan_sqs_outcome *outcomes) {
  chunk c = {.batch = batch, .outcomes = outcomes};
  for (size_t i = 0; i < batch->count; i++) {
    add_entry(&c, i);
  }
  if (c.count > 0) {
    send_chunk(&c);
  }
}

/* ------------------------------------------------------------------ result */

void cspan_sqs_batch_result_clear(cspan_sqs_batch_result *result) {
  if (result != NULL) {
    for (size_t i = 0; i < result->failure_count; i++) {
      cspan_error_free(result->failures[i].error);
    }
    cspan_free(result->failures);
    memset(result, 0, sizeof *result);
  }
}

/* Hands the errors over. */
static cspan_status gather(cspan_sqs_outcome *outcomes, size_t count,
                           cspan_sqs_batch_result *result, cspan_error **error) {
  size_t failures = 0;
  for (size_t i = 0; i < count; i++) {
    failures += outcomes[i].done ? 0 : 1;
  }
  result->failures = cspan_calloc(failures + 1, sizeof *result->failures);
  if (result->failures == NULL) {
    return cspan_error_move(error, cspan_error_nomem());
  }
  for (size_t i = 0; i < count; i++) {
    if (!outcomes[i].done) {
      result->failures[result->failure_count++] =
          (cspan_sqs_batch_failure){i, outcomes[i].sender_fault, outcomes[i].error};
      outcomes[i].error = NULL;
    }
  }
  result->success_count = count - failures;
  return CSPAN_OK;
}

static cspan_status tell(const cspan_sqs_batch *batch, const cspan_sqs_batch_result *result,
                         cspan_error **error) {
  if (result->failure_count == 0) {
    return CSPAN_OK;
  }
  const cspan_error *first = result->failures[0].error;
  return cspan_error_set(error, CSPAN_ERR_PARTIAL, "%s: %zu of %zu entries failed; entry %zu: %s",
                         batch->operation, result->failure_count, batch->count,
                         result->failures[0].index, cspan_error_message(first));
}

cspan_status cspan_sqs_batch_carry_out(const cspan_sqs_batch *batch, cspan_sqs_batch_result *result,
                                       cspan_error **error) {
  cspan_sqs_batch_result own = {0};
  cspan_sqs_batch_result *to = result != NULL ? result : &own;
  memset(to, 0, sizeof *to);
  if (batch->client == NULL || batch->queue_url == NULL) {
    return cspan_error_set(error, CSPAN_ERR_INVALID, "%s needs a client and the URL of a queue",
                           batch->operation);
  }
  cspan_status status = cspan_typed_refuse_loop(batch->operation, batch->options, error);
  if (status != CSPAN_OK) {
    return status;
  }
  cspan_sqs_outcome *outcomes = cspan_calloc(batch->count + 1, sizeof *outcomes);
  if (outcomes == NULL) {
    return cspan_error_move(error, cspan_error_nomem());
  }
  cspan_sqs_batch_run(batch, outcomes);
  status = gather(outcomes, batch->count, to, error);
  if (status == CSPAN_OK) {
    status = tell(batch, to, error);
  }
  for (size_t i = 0; i < batch->count; i++) {
    cspan_error_free(outcomes[i].error);
  }
  cspan_free(outcomes);
  cspan_sqs_batch_result_clear(&own);
  return status;
}

/* ----------------------------------------------------------------- handles */

void cspan_sqs_put_handle(cspan_making *making, const void *data, size_t index) {
  const cspan_sqs_handles *handles = data;
  cspan_value visibility = cspan_int(handles->visibility_s);
  cspan_making_text(making, "ReceiptHandle", handles->handles[index]);
  cspan_making_value(making, "VisibilityTimeout", handles->visibility_s >= 0 ? &visibility : NULL);
}

cspan_status cspan_sqs_delete_batch(cspan_client *client, const cspan_sqs_delete_batch_input *given,
                                    cspan_sqs_batch_result *result, cspan_error **error) {
  cspan_sqs_delete_batch_input input;
  cspan_typed_take(&input, sizeof input, given);
  cspan_sqs_handles handles = {.handles = input.receipt_handles, .visibility_s = -1};
  cspan_sqs_batch batch = {.client = client,
                           .operation = "DeleteMessageBatch",
                           .queue_url = input.queue_url,
                           .context = input.context,
                           .options = input.options,
                           .count = input.receipt_handles != NULL ? input.count : 0,
                           .put_entry = cspan_sqs_put_handle,
                           .user = &handles};
  return cspan_sqs_batch_carry_out(&batch, result, error);
}
