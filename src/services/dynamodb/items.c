/* SPDX-License-Identifier: Apache-2.0 */
/* The items of a query or scan, on top of the client's pages. */
#include "base/alloc.h"
#include "base/error.h"
#include "services/dynamodb/attribute.h"

struct cspan_dynamodb_items {
  cspan_pages *pages;
  cspan_document *item; /* the one that is lent */
};

static cspan_status fill(cspan_making *making, const cspan_dynamodb_query *query,
                         cspan_error **error) {
  cspan_value yes = cspan_bool(true);
  cspan_value no = cspan_bool(false);
  cspan_value segment = cspan_int(query->segment);
  cspan_value segments = cspan_int(query->total_segments);
  cspan_maker_begin(&making->maker, CSPAN_VALUE_MAP);
  cspan_making_text(making, "TableName", query->table);
  cspan_making_text(making, "IndexName", query->index);
  cspan_making_text(making, "KeyConditionExpression", query->key_condition);
  cspan_making_text(making, "FilterExpression", query->filter);
  cspan_making_text(making, "ProjectionExpression", query->projection);
  cspan_making_value(making, "ExpressionAttributeNames", query->names);
  cspan_making_value(making, "ConsistentRead", query->consistent ? &yes : NULL);
  cspan_making_value(making, "ScanIndexForward", query->descending ? &no : NULL);
  cspan_making_value(making, "Segment", query->total_segments > 0 ? &segment : NULL);
  cspan_making_value(making, "TotalSegments", query->total_segments > 0 ? &segments : NULL);
  return cspan_dynamodb_add(making, "ExpressionAttributeValues", query->values, error);
}

static cspan_status open_pages(cspan_dynamodb_items *items, cspan_client *client,
                               const cspan_dynamodb_query *query, const cspan_document *input,
                               cspan_error **error) {
  cspan_client_request request = {.operation = query->key_condition != NULL ? "Query" : "Scan",
                                  .input = cspan_document_value(input),
                                  .context = query->context,
                                  .options = query->options};
  cspan_pages_options options = {.page_size = query->page_size,
                                 .max_items = query->max_items,
                                 .starting_token = query->resume};
  return cspan_pages_create(client, &request, &options, &items->pages, error);
}

static cspan_status check(const cspan_dynamodb_query *query, cspan_error **error) {
  if (query->key_condition == NULL && query->descending) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "a scan has no order: \"descending\" needs a key condition");
  }
  if (query->key_condition != NULL && query->total_segments > 0) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "only a scan has segments: leave the key condition away");
  }
  return CSPAN_OK;
}

cspan_status cspan_dynamodb_items_create(cspan_client *client, const cspan_dynamodb_query *given,
                                         cspan_dynamodb_items **out, cspan_error **error) {
  cspan_dynamodb_query query;
  cspan_making making;
  cspan_document *input = NULL;
  if (client == NULL || given == NULL || out == NULL) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "cspan_dynamodb_items_create needs a client, a query and a place for "
                           "the iterator");
  }
  *out = NULL;
  cspan_typed_take(&query, sizeof query, given);
  cspan_status status = check(&query, error);
  if (status == CSPAN_OK) {
    status = cspan_making_open(&making, error);
  }
  if (status != CSPAN_OK) {
    return status;
  }
  status = fill(&making, &query, error);
  status = cspan_making_close(&making, status, &input, error);
  cspan_dynamodb_items *items = cspan_calloc(1, sizeof *items);
  if (status == CSPAN_OK) {
    status = items != NULL ? open_pages(items, client, &query, input, error)
                           : cspan_error_move(error, cspan_error_nomem());
  }
  cspan_document_free(input);
  if (status != CSPAN_OK) {
    cspan_dynamodb_items_free(items);
    return status;
  }
  *out = items;
  return CSPAN_OK;
}

void cspan_dynamodb_items_free(cspan_dynamodb_items *items) {
  if (items != NULL) {
    cspan_pages_free(items->pages);
    cspan_document_free(items->item);
    cspan_free(items);
  }
}

cspan_status cspan_dynamodb_items_next(cspan_dynamodb_items *items, const cspan_value **item,
                                       cspan_error **error) {
  const cspan_value *attributes = NULL;
  *item = NULL;
  cspan_document_free(items->item);
  items->item = NULL;
  cspan_status status = cspan_pages_next_item(items->pages, &attributes, error);
  if (status == CSPAN_OK && attributes != NULL) {
    status = cspan_dynamodb_unmarshal_item(attributes, &items->item, error);
    *item = cspan_document_value(items->item);
  }
  return status;
}

const char *cspan_dynamodb_items_resume_token(const cspan_dynamodb_items *items) {
  return cspan_pages_resume_token(items->pages);
}
