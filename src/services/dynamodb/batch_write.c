/* SPDX-License-Identifier: Apache-2.0 */
/* BatchWriteItem, 25 changes a call. */
#include "base/alloc.h"
#include "base/error.h"
#include "services/dynamodb/batch.h"

enum { CHANGES_A_CALL = 25 };

typedef struct writing {
  const cspan_dynamodb_change *changes;
  size_t count;
  cspan_document **calls; /* RequestItems of each */
  size_t call_count;
  cspan_making left; /* a list of {"Table", "Put" or "Remove"} */
} writing;

static size_t least(size_t a, size_t b) {
  return a < b ? a : b;
}

/* --------------------------------------------------------------- requests */

static cspan_status check(const writing *w, cspan_error **error) {
  for (size_t i = 0; i < w->count; i++) {
    const cspan_dynamodb_change *change = &w->changes[i];
    if (change->table == NULL || (change->put == NULL) == (change->remove == NULL)) {
      return cspan_error_set(error, CSPAN_ERR_INVALID,
                             "change %zu of the batch needs a table and either what is put or the "
                             "key of what is removed",
                             i);
    }
  }
  return CSPAN_OK;
}

static cspan_status put_request(cspan_maker *maker, const cspan_dynamodb_change *change,
                                cspan_error **error) {
  bool is_put = change->put != NULL;
  const char *request = is_put ? "PutRequest" : "DeleteRequest";
  const char *what = is_put ? "Item" : "Key";
  cspan_maker_begin(maker, CSPAN_VALUE_MAP);
  cspan_maker_fixed_name(maker, request, strlen(request));
  cspan_maker_begin(maker, CSPAN_VALUE_MAP);
  cspan_maker_fixed_name(maker, what, strlen(what));
  cspan_status status =
      cspan_dynamodb_put_attributes(maker, what, is_put ? change->put : change->remove, error);
  cspan_maker_end(maker);
  cspan_maker_end(maker);
  return status;
}

static bool has_table(const cspan_dynamodb_change *changes, size_t count, const char *table) {
  for (size_t i = 0; i < count; i++) {
    if (strcmp(changes[i].table, table) == 0) {
      return true;
    }
  }
  return false;
}

/* Requests by table, of one call. */
static cspan_status put_tables(cspan_maker *maker, const cspan_dynamodb_change *changes,
                               size_t count, cspan_error **error) {
  cspan_status status = CSPAN_OK;
  cspan_maker_begin(maker, CSPAN_VALUE_MAP);
  for (size_t i = 0; i < count && status == CSPAN_OK; i++) {
    const char *table = changes[i].table;
    if (has_table(changes, i, table)) {
      continue;
    }
    cspan_maker_fixed_name(maker, table, strlen(table));
    cspan_maker_begin(maker, CSPAN_VALUE_LIST);
    for (size_t j = i; j < count && status == CSPAN_OK; j++) {
      if (strcmp(changes[j].table, table) == 0) {
        status = put_request(maker, &changes[j], error);
      }
    }
    cspan_maker_end(maker);
  }
  cspan_maker_end(maker);
  return status;
}

/* All of them before the first is sent: what cannot be marshalled must not be found half-way. */
static cspan_status make_calls(writing *w, cspan_error **error) {
  cspan_status status = check(w, error);
  w->call_count = (w->count + CHANGES_A_CALL - 1) / CHANGES_A_CALL;
  w->calls = cspan_calloc(w->call_count + 1, sizeof(void *));
  if (w->calls == NULL) {
    w->call_count = 0;
    return cspan_error_move(error, cspan_error_nomem());
  }
  for (size_t i = 0; i < w->call_count && status == CSPAN_OK; i++) {
    const cspan_dynamodb_change *first = &w->changes[i * CHANGES_A_CALL];
    size_t count = least(w->count - i * CHANGES_A_CALL, CHANGES_A_CALL);
    cspan_making making;
    status = cspan_making_open(&making, error);
    if (status == CSPAN_OK) {
      status = put_tables(&making.maker, first, count, error);
      status = cspan_making_close(&making, status, &w->calls[i], error);
    }
  }
  return status;
}

/* ------------------------------------------------------------ what is left */

static cspan_status keep_request(cspan_making *left, const cspan_member *table,
                                 const cspan_value *request, cspan_error **error) {
  const cspan_value *item = cspan_value_get(cspan_value_get(request, "PutRequest"), "Item");
  const char *name = item != NULL ? "Put" : "Remove";
  if (item == NULL) {
    item = cspan_value_get(cspan_value_get(request, "DeleteRequest"), "Key");
  }
  cspan_maker_begin(&left->maker, CSPAN_VALUE_MAP);
  cspan_maker_fixed_name(&left->maker, "Table", 5);
  cspan_maker_put_text(&left->maker, CSPAN_VALUE_STRING, table->name, table->name_size_bytes);
  cspan_maker_fixed_name(&left->maker, name, strlen(name));
  cspan_status status = cspan_dynamodb_put_plain(&left->maker, name, item, error);
  cspan_maker_end(&left->maker);
  return status;
}

static cspan_status take_left(void *user, const cspan_value *tables, cspan_error **error) {
  writing *w = user;
  cspan_status status = CSPAN_OK;
  for (size_t i = 0; i < cspan_value_count(tables); i++) {
    const cspan_member *table = &tables->as.members[i];
    for (size_t j = 0; j < cspan_value_count(&table->value) && status == CSPAN_OK; j++) {
      status = keep_request(&w->left, table, cspan_value_at(&table->value, j), error);
    }
  }
  return status;
}

static cspan_status give_left(cspan_document *memory, cspan_dynamodb_batch_result *result,
                              cspan_error **error) {
  const cspan_value *list = cspan_document_value(memory);
  size_t count = cspan_value_count(list);
  if (count == 0) {
    cspan_document_free(memory);
    return CSPAN_OK;
  }
  result->left = cspan_calloc(count, sizeof *result->left);
  if (result->left == NULL) {
    cspan_document_free(memory);
    return cspan_error_move(error, cspan_error_nomem());
  }
  for (size_t i = 0; i < count; i++) {
    const cspan_value *change = cspan_value_at(list, i);
    result->left[i] =
        (cspan_dynamodb_change){.table = cspan_value_text(cspan_value_get(change, "Table"), NULL),
                                .put = cspan_value_get(change, "Put"),
                                .remove = cspan_value_get(change, "Remove")};
  }
  result->left_count = count;
  result->memory = memory;
  return CSPAN_OK;
}

void cspan_dynamodb_batch_result_clear(cspan_dynamodb_batch_result *result) {
  if (result != NULL) {
    cspan_free(result->left);
    cspan_document_free(result->memory);
    memset(result, 0, sizeof *result);
  }
}

/* ------------------------------------------------------------------- calls */

/* A failed call is told rather than that something was left before; after it nothing more is
 * sent. */
static cspan_status send_all(writing *w, const cspan_dynamodb_batch *batch, cspan_error **error) {
  cspan_status first = CSPAN_OK;
  for (size_t i = 0; i < w->call_count; i++) {
    const cspan_value *tables = cspan_document_value(w->calls[i]);
    cspan_error *late = NULL;
    if (!cspan_dynamodb_batch_goes_on(first)) {
      cspan_status kept = take_left(w, tables, &late);
      first = cspan_typed_outcome(first, kept, late, error);
      continue;
    }
    cspan_status status = cspan_dynamodb_batch_send(batch, tables, &late);
    if (status != CSPAN_OK && (first == CSPAN_OK || !cspan_dynamodb_batch_goes_on(status))) {
      first = cspan_typed_replace(status, late, error);
    } else {
      cspan_error_free(late);
    }
  }
  return first;
}

cspan_status cspan_dynamodb_batch_write(cspan_client *client, const cspan_dynamodb_change *changes,
                                        size_t count, const cspan_dynamodb_batch_options *options,
                                        cspan_dynamodb_batch_result *result, cspan_error **error) {
  writing w = {.changes = changes, .count = count};
  cspan_dynamodb_batch batch = {.client = client,
                                .operation = "BatchWriteItem",
                                .left_member = "UnprocessedItems",
                                .take_left = take_left,
                                .user = &w};
  cspan_document *left = NULL;
  if (result != NULL) {
    memset(result, 0, sizeof *result);
  }
  if (client == NULL || (changes == NULL && count > 0)) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "cspan_dynamodb_batch_write needs a client and changes");
  }
  cspan_status status = cspan_dynamodb_batch_set_up(&batch, options, error);
  if (status == CSPAN_OK) {
    status = make_calls(&w, error);
  }
  if (status == CSPAN_OK) {
    status = cspan_making_open(&w.left, error);
  }
  if (status == CSPAN_OK) {
    cspan_maker_begin(&w.left.maker, CSPAN_VALUE_LIST);
    status = send_all(&w, &batch, error);
    cspan_error *late = NULL;
    cspan_status kept = cspan_making_close(&w.left, CSPAN_OK, &left, &late);
    if (kept == CSPAN_OK && result != NULL) {
      kept = give_left(left, result, &late);
    } else {
      cspan_document_free(left);
    }
    status = cspan_typed_outcome(status, kept, late, error);
  }
  for (size_t i = 0; i < w.call_count; i++) {
    cspan_document_free(w.calls[i]);
  }
  cspan_free(w.calls);
  return status;
}
