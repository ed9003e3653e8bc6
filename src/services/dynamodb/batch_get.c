/* SPDX-License-Identifier: Apache-2.0 */
/* BatchGetItem, 100 keys a call. */
#include "base/error.h"
#include "services/dynamodb/batch.h"

enum { KEYS_A_CALL = 100 };

typedef struct reading {
  cspan_dynamodb_batch_read read;
  cspan_making items; /* lists */
  cspan_making left;
} reading;

static cspan_status make_call(const reading *r, size_t from, size_t to, cspan_document **out,
                              cspan_error **error) {
  cspan_making making;
  cspan_value consistent = r->read.consistent ? cspan_bool(true) : cspan_null();
  cspan_status status = cspan_making_open(&making, error);
  if (status != CSPAN_OK) {
    return status;
  }
  cspan_maker *maker = &making.maker;
  cspan_maker_begin(maker, CSPAN_VALUE_MAP);
  cspan_maker_fixed_name(maker, r->read.table, strlen(r->read.table));
  cspan_maker_begin(maker, CSPAN_VALUE_MAP);
  cspan_making_value(&making, "ConsistentRead", &consistent);
  cspan_making_text(&making, "ProjectionExpression", r->read.projection);
  cspan_making_value(&making, "ExpressionAttributeNames", r->read.names);
  cspan_maker_fixed_name(maker, "Keys", 4);
  cspan_maker_begin(maker, CSPAN_VALUE_LIST);
  for (size_t i = from; i < to && status == CSPAN_OK; i++) {
    status = cspan_dynamodb_put_attributes(maker, "Key", cspan_value_at(r->read.keys, i), error);
  }
  return cspan_making_close(&making, status, out, error);
}

static cspan_status put_all(cspan_making *to, const char *what, const cspan_value *list,
                            cspan_error **error) {
  cspan_status status = CSPAN_OK;
  for (size_t i = 0; i < cspan_value_count(list) && status == CSPAN_OK; i++) {
    status = cspan_dynamodb_put_plain(&to->maker, what, cspan_value_at(list, i), error);
  }
  return status;
}

static cspan_status take_answer(void *user, const cspan_value *answer, cspan_error **error) {
  reading *r = user;
  const cspan_value *tables = cspan_value_get(answer, "Responses");
  cspan_status status = CSPAN_OK;
  for (size_t i = 0; i < cspan_value_count(tables) && status == CSPAN_OK; i++) {
    status = put_all(&r->items, "Item", cspan_value_at(tables, i), error);
  }
  return status;
}

static cspan_status take_left(void *user, const cspan_value *tables, cspan_error **error) {
  reading *r = user;
  cspan_status status = CSPAN_OK;
  for (size_t i = 0; i < cspan_value_count(tables) && status == CSPAN_OK; i++) {
    const cspan_value *keys = cspan_value_get(cspan_value_at(tables, i), "Keys");
    status = put_all(&r->left, "Key", keys, error);
  }
  return status;
}

/* The keys of the calls that were not made. */
static cspan_status keep(reading *r, size_t from, cspan_error **error) {
  for (size_t i = from; i < r->read.keys->size; i++) {
    cspan_value copy;
    cspan_status status = cspan_value_copy(r->left.arena, &r->read.keys->as.items[i], &copy);
    if (status != CSPAN_OK) {
      return cspan_value_fault(status, error);
    }
    cspan_maker_put(&r->left.maker, copy);
  }
  return CSPAN_OK;
}

static cspan_status check_keys(const cspan_dynamodb_batch_read *read, cspan_error **error) {
  if (read->table == NULL || cspan_value_get_kind(read->keys) != CSPAN_VALUE_LIST) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "cspan_dynamodb_batch_get needs a table and a list of keys");
  }
  for (size_t i = 0; i < read->keys->size; i++) {
    if (read->keys->as.items[i].kind != CSPAN_VALUE_MAP) {
      return cspan_error_set(error, CSPAN_ERR_INVALID, "key %zu is no map of plain values", i);
    }
  }
  return CSPAN_OK;
}

static cspan_status read_all(reading *r, const cspan_dynamodb_batch *batch, cspan_error **error) {
  cspan_status first = CSPAN_OK;
  size_t total = r->read.keys->size;
  for (size_t from = 0; from < total; from += KEYS_A_CALL) {
    size_t to = total - from < KEYS_A_CALL ? total : from + KEYS_A_CALL;
    cspan_document *call = NULL;
    cspan_error *late = NULL;
    cspan_status status = make_call(r, from, to, &call, &late);
    bool is_made = status == CSPAN_OK;
    if (is_made) {
      status = cspan_dynamodb_batch_send(batch, cspan_document_value(call), &late);
      cspan_document_free(call);
    }
    if (status != CSPAN_OK && (first == CSPAN_OK || !cspan_dynamodb_batch_goes_on(status))) {
      first = cspan_typed_replace(status, late, error);
    } else {
      cspan_error_free(late);
    }
    if (!cspan_dynamodb_batch_goes_on(status)) {
      late = NULL;
      cspan_status kept = keep(r, is_made ? to : from, &late);
      return cspan_typed_outcome(first, kept, late, error);
    }
  }
  return first;
}

static cspan_status open_lists(reading *r, cspan_error **error) {
  cspan_status status = cspan_making_open(&r->items, error);
  if (status == CSPAN_OK) {
    status = cspan_making_open(&r->left, error);
    if (status != CSPAN_OK) {
      cspan_document *none;
      cspan_making_close(&r->items, status, &none, NULL);
      return status;
    }
    cspan_maker_begin(&r->items.maker, CSPAN_VALUE_LIST);
    cspan_maker_begin(&r->left.maker, CSPAN_VALUE_LIST);
  }
  return status;
}

static cspan_status close_lists(reading *r, cspan_document **items, cspan_document **left,
                                cspan_error **error) {
  cspan_document *keys = NULL;
  cspan_status status = cspan_making_close(&r->items, CSPAN_OK, items, error);
  cspan_status kept = cspan_making_close(&r->left, status, &keys, error);
  if (kept != CSPAN_OK) {
    cspan_document_free(*items);
    *items = NULL;
    return kept;
  }
  if (left != NULL && cspan_value_count(cspan_document_value(keys)) > 0) {
    *left = keys;
  } else {
    cspan_document_free(keys);
  }
  return CSPAN_OK;
}

cspan_status cspan_dynamodb_batch_get(cspan_client *client, const cspan_dynamodb_batch_read *read,
                                      const cspan_dynamodb_batch_options *options,
                                      cspan_document **items, cspan_document **left,
                                      cspan_error **error) {
  reading r;
  cspan_dynamodb_batch batch = {.client = client,
                                .operation = "BatchGetItem",
                                .left_member = "UnprocessedKeys",
                                .take_answer = take_answer,
                                .take_left = take_left,
                                .user = &r};
  if (left != NULL) {
    *left = NULL;
  }
  if (client == NULL || read == NULL || items == NULL) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "cspan_dynamodb_batch_get needs a client, keys and a place for the "
                           "items");
  }
  *items = NULL;
  cspan_typed_take(&r.read, sizeof r.read, read);
  cspan_status status = check_keys(&r.read, error);
  if (status == CSPAN_OK) {
    status = cspan_dynamodb_batch_set_up(&batch, options, error);
  }
  if (status == CSPAN_OK) {
    status = open_lists(&r, error);
  }
  if (status != CSPAN_OK) {
    return status;
  }
  status = read_all(&r, &batch, error);
  cspan_error *late = NULL;
  cspan_status kept = close_lists(&r, items, left, &late);
  return cspan_typed_outcome(status, kept, late, error);
}
