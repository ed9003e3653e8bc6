/* SPDX-License-Identifier: Apache-2.0 */
#include "services/dynamodb/batch.h"

#include "base/error.h"
#include "base/sys.h"

enum { MAX_IN_VAIN = 8, BASE_DELAY_MS = 50, MAX_DELAY_MS = 20000 };

cspan_status cspan_dynamodb_batch_set_up(cspan_dynamodb_batch *batch,
                                         const cspan_dynamodb_batch_options *given,
                                         cspan_error **error) {
  cspan_dynamodb_batch_options *options = &batch->options;
  cspan_typed_take(options, sizeof *options, given);
  if (options->base_delay_ms <= 0) {
    options->base_delay_ms = BASE_DELAY_MS;
  }
  if (options->max_delay_ms <= 0) {
    options->max_delay_ms = MAX_DELAY_MS;
  }
  return cspan_typed_refuse_loop(batch->operation, options->options, error);
}

/* Requests or keys of all tables. */
static size_t count_of(const cspan_value *tables) {
  size_t count = 0;
  for (size_t i = 0; i < cspan_value_count(tables); i++) {
    const cspan_value *table = cspan_value_at(tables, i);
    bool is_list = cspan_value_get_kind(table) == CSPAN_VALUE_LIST;
    count += cspan_value_count(is_list ? table : cspan_value_get(table, "Keys"));
  }
  return count;
}

/* Full jitter: anything up to a limit that doubles. */
static cspan_status wait_before_next(const cspan_dynamodb_batch *batch, int attempt,
                                     cspan_error **error) {
  int64_t most_ms = batch->options.base_delay_ms;
  for (int i = 1; i < attempt && most_ms < batch->options.max_delay_ms; i++) {
    most_ms *= 2;
  }
  if (most_ms > batch->options.max_delay_ms) {
    most_ms = batch->options.max_delay_ms;
  }
  int64_t ms = (int64_t)((double)most_ms * cspan_random_unit());
  cspan_status status = cspan_context_sleep_ms(batch->options.context, ms);
  if (status == CSPAN_OK) {
    return CSPAN_OK;
  }
  return cspan_error_set(error, status, "%s: %s while the service had not taken all of a batch",
                         batch->operation,
                         status == CSPAN_ERR_CANCELLED ? "cancelled" : "the deadline passed");
}

/* How far a batch came. */
typedef struct progress {
  int attempts;
  int in_vain; /* of those the last that took nothing */
  size_t left;
} progress;

static bool is_given_up(const cspan_dynamodb_batch *batch, progress *p, size_t left) {
  p->attempts++;
  p->in_vain = left < p->left ? 0 : p->in_vain + 1;
  p->left = left;
  return batch->options.max_attempts > 0 ? p->attempts >= batch->options.max_attempts
                                         : p->in_vain >= MAX_IN_VAIN;
}

/* One call; *answer is the caller's. */
static cspan_status send_once(const cspan_dynamodb_batch *batch, const cspan_value *tables,
                              cspan_document **answer, cspan_error **error) {
  cspan_value input = CSPAN_MAP(cspan_field("RequestItems", *tables));
  cspan_client_request request = {.operation = batch->operation,
                                  .input = &input,
                                  .context = batch->options.context,
                                  .options = batch->options.options};
  return cspan_client_send(batch->client, &request, answer, error);
}

cspan_status cspan_dynamodb_batch_send(const cspan_dynamodb_batch *batch, const cspan_value *tables,
                                       cspan_error **error) {
  cspan_document *held = NULL; /* the answer that `tables` is of */
  cspan_status status = CSPAN_OK;
  progress p = {.left = count_of(tables)};
  for (;;) {
    cspan_document *answer = NULL;
    status = send_once(batch, tables, &answer, error);
    if (status != CSPAN_OK) {
      break;
    }
    const cspan_value *value = cspan_document_value(answer);
    tables = cspan_value_get(value, batch->left_member);
    cspan_document_free(held);
    held = answer;
    if (batch->take_answer != NULL) {
      status = batch->take_answer(batch->user, value, error);
    }
    if (status != CSPAN_OK || count_of(tables) == 0) {
      break;
    }
    if (is_given_up(batch, &p, count_of(tables))) {
      status = cspan_error_set(error, CSPAN_ERR_PARTIAL,
                               "%s: the service had not taken all of a batch after %d attempts",
                               batch->operation, p.attempts);
      break;
    }
    status = wait_before_next(batch, p.in_vain + 1, error);
    if (status != CSPAN_OK) {
      break;
    }
  }
  if (status != CSPAN_OK && count_of(tables) > 0) {
    cspan_error *late = NULL;
    cspan_status kept = batch->take_left(batch->user, tables, &late);
    status = cspan_typed_outcome(status, kept, late, error);
  }
  cspan_document_free(held);
  return status;
}

bool cspan_dynamodb_batch_goes_on(cspan_status status) {
  return status == CSPAN_OK || status == CSPAN_ERR_PARTIAL;
}
