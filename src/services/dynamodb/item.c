/* SPDX-License-Identifier: Apache-2.0 */
/* One item: put, update, delete, get. */
#include "base/error.h"
#include "services/client/client.h"
#include "services/dynamodb/attribute.h"

static const char condition_failed[] = "ConditionalCheckFailedException";

/* Whether the model is new enough to have a member of an operation's input. */
static bool knows(const cspan_client *client, const char *operation, const char *member) {
  const cspan_operation_model *model = cspan_model_operation(client->model, operation);
  const cspan_shape *shape = model != NULL ? cspan_model_shape(client->model, model->input) : NULL;
  return shape != NULL && cspan_shape_member(client->model, shape, member, strlen(member)) != NULL;
}

static cspan_status fill_write(cspan_making *making, const cspan_client *client,
                               const char *operation, const cspan_dynamodb_write *write,
                               cspan_error **error) {
  static const char on_failure[] = "ReturnValuesOnConditionCheckFailure";
  cspan_maker_begin(&making->maker, CSPAN_VALUE_MAP);
  cspan_making_text(making, "TableName", write->table);
  cspan_making_text(making, "UpdateExpression", write->update);
  cspan_making_text(making, "ConditionExpression", write->condition);
  cspan_making_value(making, "ExpressionAttributeNames", write->names);
  cspan_making_text(making, "ReturnValues", write->return_values);
  if (write->condition != NULL && knows(client, operation, on_failure)) {
    cspan_making_text(making, on_failure, "ALL_OLD");
  }
  cspan_status status = cspan_dynamodb_add(making, "Item", write->item, error);
  if (status == CSPAN_OK) {
    status = cspan_dynamodb_add(making, "Key", write->key, error);
  }
  if (status == CSPAN_OK) {
    status = cspan_dynamodb_add(making, "ExpressionAttributeValues", write->values, error);
  }
  return status;
}

/* A member of an answer as a plain map; *out stays NULL where it is not there. */
static cspan_status take_attributes(const cspan_document *answer, const char *name,
                                    cspan_document **out, cspan_error **error) {
  const cspan_value *attributes = cspan_value_get(cspan_document_value(answer), name);
  return cspan_value_is_null(attributes) ? CSPAN_OK
                                         : cspan_dynamodb_unmarshal_item(attributes, out, error);
}

static cspan_status write_item(cspan_client *client, const char *operation,
                               const cspan_dynamodb_write *given, cspan_document **attributes,
                               cspan_error **error) {
  cspan_dynamodb_write write;
  cspan_making making;
  cspan_document *input = NULL;
  cspan_document *answer = NULL;
  if (attributes != NULL) {
    *attributes = NULL;
  }
  if (client == NULL || given == NULL) {
    return cspan_error_set(error, CSPAN_ERR_INVALID, "%s needs a client and what is to be written",
                           operation);
  }
  cspan_typed_take(&write, sizeof write, given);
  cspan_status status = cspan_typed_refuse_loop(operation, write.options, error);
  if (status == CSPAN_OK) {
    status = cspan_making_open(&making, error);
  }
  if (status != CSPAN_OK) {
    return status;
  }
  status = fill_write(&making, client, operation, &write, error);
  status = cspan_making_close(&making, status, &input, error);
  if (status == CSPAN_OK) {
    cspan_client_request request = {.operation = operation,
                                    .input = cspan_document_value(input),
                                    .context = write.context,
                                    .options = write.options};
    status = cspan_client_send(client, &request, &answer, error);
  }
  if (status == CSPAN_OK && attributes != NULL) {
    status = take_attributes(answer, "Attributes", attributes, error);
  }
  cspan_document_free(input);
  cspan_document_free(answer);
  return status;
}

cspan_status cspan_dynamodb_put(cspan_client *client, const cspan_dynamodb_write *write,
                                cspan_document **attributes, cspan_error **error) {
  return write_item(client, "PutItem", write, attributes, error);
}

cspan_status cspan_dynamodb_update(cspan_client *client, const cspan_dynamodb_write *write,
                                   cspan_document **attributes, cspan_error **error) {
  return write_item(client, "UpdateItem", write, attributes, error);
}

cspan_status cspan_dynamodb_delete(cspan_client *client, const cspan_dynamodb_write *write,
                                   cspan_document **attributes, cspan_error **error) {
  return write_item(client, "DeleteItem", write, attributes, error);
}

bool cspan_dynamodb_is_condition_failed(const cspan_error *error) {
  return strcmp(cspan_error_code(error), condition_failed) == 0;
}

cspan_status cspan_dynamodb_failed_item(const cspan_error *failure, cspan_document **item,
                                        cspan_error **error) {
  const cspan_value *attributes = cspan_value_get(cspan_error_fields(failure), "Item");
  *item = NULL;
  return cspan_value_is_null(attributes) ? CSPAN_OK
                                         : cspan_dynamodb_unmarshal_item(attributes, item, error);
}

static cspan_status fill_read(cspan_making *making, const cspan_dynamodb_read *read,
                              cspan_error **error) {
  cspan_value consistent = read->consistent ? cspan_bool(true) : cspan_null();
  cspan_maker_begin(&making->maker, CSPAN_VALUE_MAP);
  cspan_making_text(making, "TableName", read->table);
  cspan_making_text(making, "ProjectionExpression", read->projection);
  cspan_making_value(making, "ExpressionAttributeNames", read->names);
  cspan_making_value(making, "ConsistentRead", &consistent);
  return cspan_dynamodb_add(making, "Key", read->key, error);
}

cspan_status cspan_dynamodb_get(cspan_client *client, const cspan_dynamodb_read *given,
                                cspan_document **item, cspan_error **error) {
  cspan_dynamodb_read read;
  cspan_making making;
  cspan_document *input = NULL;
  cspan_document *answer = NULL;
  if (client == NULL || given == NULL || item == NULL) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "cspan_dynamodb_get needs a client, a key and a place for the item");
  }
  *item = NULL;
  cspan_typed_take(&read, sizeof read, given);
  cspan_status status = cspan_typed_refuse_loop("GetItem", read.options, error);
  if (status == CSPAN_OK) {
    status = cspan_making_open(&making, error);
  }
  if (status != CSPAN_OK) {
    return status;
  }
  status = fill_read(&making, &read, error);
  status = cspan_making_close(&making, status, &input, error);
  if (status == CSPAN_OK) {
    cspan_client_request request = {.operation = "GetItem",
                                    .input = cspan_document_value(input),
                                    .context = read.context,
                                    .options = read.options};
    status = cspan_client_send(client, &request, &answer, error);
  }
  if (status == CSPAN_OK) {
    status = take_attributes(answer, "Item", item, error);
  }
  cspan_document_free(input);
  cspan_document_free(answer);
  return status;
}
