/* SPDX-License-Identifier: Apache-2.0 */
/* DynamoDB: semantic conventions, aws.dynamodb.* (aws/registry, aws/sdk-spans) and db.*. What
 * tells values of items, as keys of collections do, is left out. */
#include <cloudspan/ext/middleware.h>
#include <string.h>

#include "base/json.h"
#include "instrument/emitted.h"
#include "instrument/extract.h"
#include "instrument/rules_table.h"
#include "instrument/tracing.h"

enum { MAX_SCHEMA_BYTES = 4096, MAX_METRICS_BYTES = 16384 };

#define SERVICE "DynamoDB"
#define READS   "GetItem,Query,Scan"
#define COSTED                                                                                     \
  "BatchExecuteStatement,BatchGetItem,BatchWriteItem,CreateTable,DeleteItem,ExecuteStatement,"     \
  "ExecuteTransaction,GetItem,PutItem,Query,Scan,TransactGetItems,TransactWriteItems,UpdateItem,"  \
  "UpdateTable"
#define INPUT(operations, path, key, form, max)                                                    \
  { SERVICE, operations, CSPAN_FROM_INPUT, path, key, form, max }
#define OUTPUT(operations, path, key, form, max)                                                   \
  { SERVICE, operations, CSPAN_FROM_OUTPUT, path, key, form, max }

static const cspan_attribute_rule rules[] = {
    INPUT(NULL, "TableName", "db.collection.name", CSPAN_AS_ONLY_NAME, 0),
    INPUT("Batch*", "RequestItems", "db.collection.name", CSPAN_AS_ONLY_NAME, 0),
    INPUT("Transact*", "TransactItems[][].TableName", "db.collection.name", CSPAN_AS_ONLY_NAME, 0),
    INPUT("BatchGetItem", "RequestItems[].Keys", "db.operation.batch.size", CSPAN_AS_BATCH_SIZE, 0),
    INPUT("BatchWriteItem", "RequestItems[]", "db.operation.batch.size", CSPAN_AS_BATCH_SIZE, 0),
    INPUT("Transact*", "TransactItems", "db.operation.batch.size", CSPAN_AS_BATCH_SIZE, 0),
    INPUT("BatchExecuteStatement", "Statements", "db.operation.batch.size", CSPAN_AS_BATCH_SIZE, 0),
    INPUT("ExecuteTransaction", "TransactStatements", "db.operation.batch.size",
          CSPAN_AS_BATCH_SIZE, 0),
    {SERVICE, NULL, CSPAN_FROM_ERROR, NULL, "db.response.status_code", CSPAN_AS_STRING, 0},

    INPUT(NULL, "TableName", "aws.dynamodb.table_names", CSPAN_AS_STRINGS, 0),
    INPUT("Batch*", "RequestItems", "aws.dynamodb.table_names", CSPAN_AS_STRINGS, 0),
    INPUT("Transact*", "TransactItems[][].TableName", "aws.dynamodb.table_names", CSPAN_AS_STRINGS,
          0),
    OUTPUT(COSTED, "ConsumedCapacity", "aws.dynamodb.consumed_capacity", CSPAN_AS_JSONS,
           MAX_SCHEMA_BYTES),

    INPUT(READS ",ExecuteStatement", "ConsistentRead", "aws.dynamodb.consistent_read",
          CSPAN_AS_BOOL, 0),
    INPUT(READS, "ProjectionExpression", "aws.dynamodb.projection", CSPAN_AS_STRING, 0),
    INPUT(READS, "AttributesToGet", "aws.dynamodb.attributes_to_get", CSPAN_AS_STRINGS, 0),
    INPUT("Query,Scan,ListTables,ExecuteStatement", "Limit", "aws.dynamodb.limit", CSPAN_AS_INT, 0),
    INPUT("Query,Scan", "IndexName", "aws.dynamodb.index_name", CSPAN_AS_STRING, 0),
    INPUT("Query,Scan", "Select", "aws.dynamodb.select", CSPAN_AS_STRING, 0),
    INPUT("Query", "ScanIndexForward", "aws.dynamodb.scan_forward", CSPAN_AS_BOOL, 0),
    INPUT("Scan", "Segment", "aws.dynamodb.segment", CSPAN_AS_INT, 0),
    INPUT("Scan", "TotalSegments", "aws.dynamodb.total_segments", CSPAN_AS_INT, 0),
    OUTPUT("Query,Scan", "Count", "aws.dynamodb.count", CSPAN_AS_INT, 0),
    OUTPUT("Query,Scan", "ScannedCount", "aws.dynamodb.scanned_count", CSPAN_AS_INT, 0),

    INPUT("ListTables", "ExclusiveStartTableName", "aws.dynamodb.exclusive_start_table",
          CSPAN_AS_STRING, 0),
    OUTPUT("ListTables", "TableNames", "aws.dynamodb.table_count", CSPAN_AS_COUNT, 0),

    INPUT("CreateTable,UpdateTable", "ProvisionedThroughput.ReadCapacityUnits",
          "aws.dynamodb.provisioned_read_capacity", CSPAN_AS_DOUBLE, 0),
    INPUT("CreateTable,UpdateTable", "ProvisionedThroughput.WriteCapacityUnits",
          "aws.dynamodb.provisioned_write_capacity", CSPAN_AS_DOUBLE, 0),
    INPUT("CreateTable", "GlobalSecondaryIndexes", "aws.dynamodb.global_secondary_indexes",
          CSPAN_AS_JSONS, MAX_SCHEMA_BYTES),
    INPUT("CreateTable", "LocalSecondaryIndexes", "aws.dynamodb.local_secondary_indexes",
          CSPAN_AS_JSONS, MAX_SCHEMA_BYTES),
    INPUT("UpdateTable", "AttributeDefinitions", "aws.dynamodb.attribute_definitions",
          CSPAN_AS_JSONS, MAX_SCHEMA_BYTES),
    INPUT("UpdateTable", "GlobalSecondaryIndexUpdates",
          "aws.dynamodb.global_secondary_index_updates", CSPAN_AS_JSONS, MAX_SCHEMA_BYTES),
};

static const cspan_fixed_attribute fixed[] = {
    {NULL, "db.system.name", "aws.dynamodb"},
    {NULL, "db.operation.name", NULL},
};

static const cspan_batch_rule batches[] = {
    {"BatchWriteItem", "UnprocessedItems", NULL, "RequestItems", false},
    {"BatchGetItem", "UnprocessedKeys", NULL, "RequestItems", false},
    {"BatchExecuteStatement", "Responses", "Error.Code", "Statements", true},
};

static const cspan_emitted emitted[] = {
    {"call", "aws.dynamodb.item_collection_metrics", "string",
     "DynamoDB: JSON of the answer's ItemCollectionMetrics without its ItemCollectionKey"},
};

/* {"SizeEstimateRangeGB":[0,1]} of what also has the key of a collection; nothing without. */
static void put_sizes(cspan_buf *out, const cspan_value *metrics, const char *before) {
  const cspan_value *sizes = cspan_value_get(metrics, "SizeEstimateRangeGB");
  if (sizes != NULL) {
    cspan_buf_str(out, before);
    cspan_buf_str(out, "{\"SizeEstimateRangeGB\":");
    cspan_json_write(out, sizes, CSPAN_JSON_COMPACT);
    cspan_buf_char(out, '}');
  }
}

/* {"table":[...]} of several tables; nothing where there are no sizes. */
static void put_tables(cspan_buf *out, const cspan_value *metrics) {
  for (size_t i = 0; i < cspan_value_count(metrics); i++) {
    const cspan_value *of_table = cspan_value_at(metrics, i);
    const cspan_member *member = &metrics->as.members[i];
    if (cspan_value_count(of_table) != 0) {
      cspan_buf_char(out, out->len == 0 ? '{' : ',');
      cspan_json_write_string(out, member->name, member->name_size_bytes);
      cspan_buf_str(out, ":[");
      for (size_t j = 0; j < cspan_value_count(of_table); j++) {
        put_sizes(out, cspan_value_at(of_table, j), j != 0 ? "," : "");
      }
      cspan_buf_char(out, ']');
    }
  }
  if (out->len != 0) {
    cspan_buf_char(out, '}');
  }
}

/* Of more than one table, perhaps. */
static bool is_batch(const struct cspan_call *call) {
  const char *operation = cspan_call_operation(call);
  return strcmp(operation, "BatchWriteItem") == 0 || strcmp(operation, "TransactWriteItems") == 0;
}

static size_t at_end(struct cspan_call *call, cspan_attr *out, size_t capacity) {
  const cspan_value *metrics =
      cspan_value_get(cspan_call_output_document(call), "ItemCollectionMetrics");
  if (capacity == 0 || cspan_value_get_kind(metrics) != CSPAN_VALUE_MAP) {
    return 0;
  }
  cspan_buf text;
  cspan_buf_init(&text, MAX_METRICS_BYTES);
  if (is_batch(call)) {
    put_tables(&text, metrics);
  } else {
    put_sizes(&text, metrics, "");
  }
  size_t n = 0;
  bool is_text = cspan_buf_status(&text) == CSPAN_OK && text.len != 0;
  char *kept = is_text ? cspan_call_memory(call, text.len) : NULL;
  if (kept != NULL) {
    memcpy(kept, text.data, text.len);
    n += cspan_attribute_text("aws.dynamodb.item_collection_metrics", kept, text.len,
                              MAX_SCHEMA_BYTES, &out[n]);
  }
  cspan_buf_free(&text);
  return n;
}

const cspan_service_rules cspan_rules_dynamodb = {
    .service = SERVICE,
    .data =
        "Item,Key,ExpressionAttributeValues,RequestItems,TransactItems,ExclusiveStartKey,Expected,"
        "AttributeUpdates,KeyConditions,QueryFilter,ScanFilter,Parameters,Statement,Statements,"
        "TransactStatements",
    .rules = rules,
    .rule_count = sizeof rules / sizeof rules[0],
    .fixed = fixed,
    .fixed_count = sizeof fixed / sizeof fixed[0],
    .batches = batches,
    .batch_count = sizeof batches / sizeof batches[0],
    .emitted = emitted,
    .emitted_count = sizeof emitted / sizeof emitted[0],
    .at_end = at_end,
};
