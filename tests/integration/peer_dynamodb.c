/* SPDX-License-Identifier: Apache-2.0 */
/* The helpers for DynamoDB against a DynamoDB that is not ours. */
#include "integration/services_peer.h"

enum { SMALL_ITEMS = 60, LARGE_ITEMS = 50, LARGE_BYTES = 350 * 1024 };

static peer the_peer;
static cspan_client *client;
static char table[32];

static cspan_value key_of(const char *id, int64_t n, cspan_member storage[2]) {
  storage[0] = cspan_field("id", cspan_string(id));
  storage[1] = cspan_field("n", cspan_int(n));
  return cspan_map(storage, 2);
}

static int create(void **state) {
  (void)state;
  cspan_error *error = NULL;
  client = peer_client(&the_peer, "dynamodb");
  snprintf(table, sizeof table, "things-%d", the_peer.round);
  cspan_value keys = CSPAN_LIST(CSPAN_MAP(cspan_field("AttributeName", cspan_string("id")),
                                          cspan_field("KeyType", cspan_string("HASH"))),
                                CSPAN_MAP(cspan_field("AttributeName", cspan_string("n")),
                                          cspan_field("KeyType", cspan_string("RANGE"))));
  cspan_value types = CSPAN_LIST(CSPAN_MAP(cspan_field("AttributeName", cspan_string("id")),
                                           cspan_field("AttributeType", cspan_string("S"))),
                                 CSPAN_MAP(cspan_field("AttributeName", cspan_string("n")),
                                           cspan_field("AttributeType", cspan_string("N"))));
  peer_call(client, "CreateTable",
            CSPAN_MAP(cspan_field("TableName", cspan_string(table)), cspan_field("KeySchema", keys),
                      cspan_field("AttributeDefinitions", types),
                      cspan_field("BillingMode", cspan_string("PAY_PER_REQUEST"))),
            NULL);
  cspan_wait_options options = {.size = sizeof options, .min_delay_ms = 20, .timeout_ms = 60000};
  cspan_value name = CSPAN_MAP(cspan_field("TableName", cspan_string(table)));
  must(cspan_wait(NULL, client, "TableExists", &name, &options, NULL, &error), error);
  return 0;
}

static int drop(void **state) {
  (void)state;
  cspan_error *error = NULL;
  cspan_value name = CSPAN_MAP(cspan_field("TableName", cspan_string(table)));
  must(cspan_call(NULL, client, "DeleteTable", &name, NULL, &error), error);
  cspan_client_free(client);
  return 0;
}

/* ---------------------------------------------------------------- one item */

/* Every kind of value comes back as it was. */
static void test_values(void **state) {
  (void)state;
  static const char digits[] = "12345678901234567890123456789012345678";
  cspan_value number = cspan_decimal_text(digits);
  cspan_value red = cspan_string("red");
  cspan_value seven = cspan_int(7);
  cspan_value raw = cspan_blob("\0\xff", 2);
  cspan_error *error = NULL;
  cspan_document *back = NULL;
  cspan_value item = CSPAN_MAP(
      cspan_field("id", cspan_string("all")), cspan_field("n", cspan_int(1)),
      cspan_field("large", number), cspan_field("fraction", cspan_double(0.1)),
      cspan_field("raw", raw), cspan_field("yes", cspan_bool(true)),
      cspan_field("nothing", cspan_null()), cspan_field("empty", cspan_list(NULL, 0)),
      cspan_field("colours", cspan_dynamodb_string_set(&red, 1)),
      cspan_field("numbers", cspan_dynamodb_number_set(&seven, 1)),
      cspan_field("raws", cspan_dynamodb_blob_set(&raw, 1)),
      cspan_field("nested", CSPAN_MAP(cspan_field(
                                "list", CSPAN_LIST(cspan_int(-1), cspan_string("\xc3\xa9"),
                                                   CSPAN_MAP(cspan_field("x", cspan_null())))))));
  cspan_dynamodb_write write = {.size = sizeof write, .table = table, .item = &item};
  must(cspan_dynamodb_put(client, &write, NULL, &error), error);
  cspan_member storage[2];
  cspan_value key = key_of("all", 1, storage);
  cspan_dynamodb_read read = {.size = sizeof read, .table = table, .key = &key, .consistent = true};
  must(cspan_dynamodb_get(client, &read, &back, &error), error);
  const cspan_value *got = cspan_document_value(back);
  assert_true(cspan_value_equals(got, &item));
  assert_int_equal(cspan_dynamodb_set_kind(cspan_value_get(got, "colours")),
                   CSPAN_DYNAMODB_STRING_SET);
  assert_int_equal(cspan_dynamodb_set_kind(cspan_value_get(got, "numbers")),
                   CSPAN_DYNAMODB_NUMBER_SET);
  assert_int_equal(cspan_dynamodb_set_kind(cspan_value_get(got, "raws")), CSPAN_DYNAMODB_BLOB_SET);
  assert_int_equal(cspan_dynamodb_set_kind(cspan_value_get(got, "empty")), CSPAN_DYNAMODB_NO_SET);
  cspan_document_free(back);
  key = key_of("all", 2, storage);
  must(cspan_dynamodb_get(client, &read, &back, &error), error);
  assert_null(back);
}

static void test_condition(void **state) {
  (void)state;
  cspan_error *error = NULL;
  cspan_error *other = NULL;
  cspan_document *document = NULL;
  cspan_value item = CSPAN_MAP(cspan_field("id", cspan_string("once")),
                               cspan_field("n", cspan_int(1)), cspan_field("by", cspan_int(1)));
  cspan_dynamodb_write write = {
      .size = sizeof write, .table = table, .item = &item, .condition = "attribute_not_exists(id)"};
  must(cspan_dynamodb_put(client, &write, NULL, &error), error);
  cspan_value again = CSPAN_MAP(cspan_field("id", cspan_string("once")),
                                cspan_field("n", cspan_int(1)), cspan_field("by", cspan_int(2)));
  write.item = &again;
  assert_int_equal(cspan_dynamodb_put(client, &write, NULL, &error), CSPAN_ERR_SERVICE);
  assert_true(cspan_dynamodb_is_condition_failed(error));
  assert_int_equal(cspan_error_http_status(error), 400);
  must(cspan_dynamodb_failed_item(error, &document, &other), other);
  if (the_peer.is_moto && the_peer.models != NULL) {
    assert_true(cspan_value_equals(cspan_document_value(document), &item));
  }
  cspan_document_free(document);
  cspan_error_free(error);
}

static void test_update_and_delete(void **state) {
  (void)state;
  cspan_error *error = NULL;
  cspan_document *attributes = NULL;
  cspan_member storage[2];
  cspan_value key = key_of("counter", 1, storage);
  cspan_value values = CSPAN_MAP(cspan_field(":by", cspan_int(5)));
  cspan_value names = CSPAN_MAP(cspan_field("#count", cspan_string("count")));
  cspan_dynamodb_write write = {.size = sizeof write,
                                .table = table,
                                .key = &key,
                                .update = "ADD #count :by",
                                .names = &names,
                                .values = &values,
                                .return_values = "ALL_NEW"};
  must(cspan_dynamodb_update(client, &write, NULL, &error), error);
  must(cspan_dynamodb_update(client, &write, &attributes, &error), error);
  assert_int_equal(cspan_value_int(cspan_value_get(cspan_document_value(attributes), "count"), 0),
                   10);
  cspan_document_free(attributes);
  cspan_dynamodb_write removal = {
      .size = sizeof removal, .table = table, .key = &key, .return_values = "ALL_OLD"};
  must(cspan_dynamodb_delete(client, &removal, &attributes, &error), error);
  assert_int_equal(cspan_value_int(cspan_value_get(cspan_document_value(attributes), "count"), 0),
                   10);
  cspan_document_free(attributes);
  must(cspan_dynamodb_delete(client, &removal, &attributes, &error), error);
  assert_null(attributes);
}

/* -------------------------------------------------------------- many items */

static void write_numbered(const char *id, int count, const char *text) {
  static cspan_member members[SMALL_ITEMS][3];
  static cspan_value items[SMALL_ITEMS];
  static cspan_dynamodb_change changes[SMALL_ITEMS];
  cspan_dynamodb_batch_result result;
  cspan_error *error = NULL;
  assert_true(count <= SMALL_ITEMS);
  for (int i = 0; i < count; i++) {
    key_of(id, i, members[i]);
    members[i][2] = cspan_field("text", cspan_string(text));
    items[i] = cspan_map(members[i], 3);
    changes[i] = (cspan_dynamodb_change){.table = table, .put = &items[i]};
  }
  must(cspan_dynamodb_batch_write(client, changes, (size_t)count, NULL, &result, &error), error);
  assert_int_equal(result.left_count, 0);
  cspan_dynamodb_batch_result_clear(&result);
}

/* Walks to the end; each "n" must follow the one before by `step`. */
static int walk(const cspan_dynamodb_query *query, int64_t first, int64_t step, char *token) {
  cspan_dynamodb_items *items = NULL;
  const cspan_value *item = NULL;
  cspan_error *error = NULL;
  int count = 0;
  must(cspan_dynamodb_items_create(client, query, &items, &error), error);
  for (;;) {
    must(cspan_dynamodb_items_next(items, &item, &error), error);
    if (item == NULL) {
      break;
    }
    if (step != 0) {
      assert_int_equal(cspan_value_int(cspan_value_get(item, "n"), -1), first + step * count);
    }
    count++;
  }
  if (token != NULL) {
    const char *resume = cspan_dynamodb_items_resume_token(items);
    assert_non_null(resume);
    snprintf(token, 256, "%s", resume);
  }
  cspan_dynamodb_items_free(items);
  return count;
}

static void test_query(void **state) {
  (void)state;
  char token[256];
  cspan_value values = CSPAN_MAP(cspan_field(":id", cspan_string("many")));
  write_numbered("many", SMALL_ITEMS, "x");
  cspan_dynamodb_query query = {.size = sizeof query,
                                .table = table,
                                .key_condition = "id = :id",
                                .values = &values,
                                .page_size = 7};
  assert_int_equal(walk(&query, 0, 1, NULL), SMALL_ITEMS);
  query.max_items = 10;
  assert_int_equal(walk(&query, 0, 1, token), 10);
  query.max_items = 0;
  query.resume = token;
  assert_int_equal(walk(&query, 10, 1, NULL), SMALL_ITEMS - 10);
  query.resume = NULL;
  query.descending = true;
  assert_int_equal(walk(&query, SMALL_ITEMS - 1, -1, NULL), SMALL_ITEMS);
  query.descending = false;
  cspan_value filtered =
      CSPAN_MAP(cspan_field(":id", cspan_string("many")), cspan_field(":x", cspan_string("y")));
  query.values = &filtered;
  query.filter = "#t = :x";
  cspan_value names = CSPAN_MAP(cspan_field("#t", cspan_string("text")));
  query.names = &names;
  assert_int_equal(walk(&query, 0, 1, NULL), 0);
}

static void test_scan(void **state) {
  (void)state;
  cspan_dynamodb_query scan = {.size = sizeof scan, .table = table, .page_size = 9};
  write_numbered("scanned", 20, "x");
  int all = walk(&scan, 0, 0, NULL);
  assert_true(all >= 20);
  int parts = 0;
  scan.total_segments = 3;
  for (scan.segment = 0; scan.segment < 3; scan.segment++) {
    parts += walk(&scan, 0, 0, NULL);
  }
  assert_int_equal(parts, all);
}

/* ----------------------------------------------------------------- batches */

static void test_batches(void **state) {
  (void)state;
  enum { KEYS = 130 };
  static cspan_member members[KEYS][2];
  static cspan_value keys[KEYS];
  cspan_error *error = NULL;
  cspan_document *items = NULL;
  cspan_document *left = NULL;
  write_numbered("batch", SMALL_ITEMS, "x");
  for (int i = 0; i < KEYS; i++) {
    keys[i] = key_of("batch", i, members[i]);
  }
  cspan_value list = cspan_list(keys, KEYS);
  cspan_dynamodb_batch_read read = {
      .size = sizeof read, .table = table, .keys = &list, .consistent = true};
  must(cspan_dynamodb_batch_get(client, &read, NULL, &items, &left, &error), error);
  assert_null(left);
  assert_int_equal(cspan_value_count(cspan_document_value(items)), SMALL_ITEMS);
  cspan_document_free(items);
  cspan_dynamodb_change removals[SMALL_ITEMS];
  for (int i = 0; i < SMALL_ITEMS; i++) {
    removals[i] = (cspan_dynamodb_change){.table = table, .remove = &keys[i]};
  }
  must(cspan_dynamodb_batch_write(client, removals, SMALL_ITEMS, NULL, NULL, &error), error);
  must(cspan_dynamodb_batch_get(client, &read, NULL, &items, NULL, &error), error);
  assert_int_equal(cspan_value_count(cspan_document_value(items)), 0);
  cspan_document_free(items);
}

/* More than the 16 MB that an answer has room for: the service leaves keys, which are asked for
 * again, or told where that is not wanted. */
static void test_partial_batch(void **state) {
  (void)state;
  cspan_member members[LARGE_ITEMS][2];
  cspan_value keys[LARGE_ITEMS];
  cspan_error *error = NULL;
  cspan_document *items = NULL;
  cspan_document *left = NULL;
  char *text = malloc(LARGE_BYTES + 1);
  assert_non_null(text);
  memset(text, 'x', LARGE_BYTES);
  text[LARGE_BYTES] = '\0';
  write_numbered("large", LARGE_ITEMS, text);
  free(text);
  for (int i = 0; i < LARGE_ITEMS; i++) {
    keys[i] = key_of("large", i, members[i]);
  }
  cspan_value list = cspan_list(keys, LARGE_ITEMS);
  cspan_dynamodb_batch_read read = {.size = sizeof read, .table = table, .keys = &list};
  cspan_dynamodb_batch_options once = {.size = sizeof once, .max_attempts = 1};
  assert_int_equal(cspan_dynamodb_batch_get(client, &read, &once, &items, &left, &error),
                   CSPAN_ERR_PARTIAL);
  size_t got = cspan_value_count(cspan_document_value(items));
  size_t not_got = cspan_value_count(cspan_document_value(left));
  assert_true(got > 0 && not_got > 0);
  assert_int_equal(got + not_got, LARGE_ITEMS);
  cspan_document_free(items);
  cspan_error_free(error);
  error = NULL;
  read.keys = cspan_document_value(left);
  must(cspan_dynamodb_batch_get(client, &read, NULL, &items, NULL, &error), error);
  assert_int_equal(cspan_value_count(cspan_document_value(items)), not_got);
  cspan_document_free(items);
  cspan_document_free(left);
  read.keys = &list;
  must(cspan_dynamodb_batch_get(client, &read, NULL, &items, &left, &error), error);
  assert_int_equal(cspan_value_count(cspan_document_value(items)), LARGE_ITEMS);
  assert_null(left);
  cspan_document_free(items);
}

static int run(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_values),
      cmocka_unit_test(test_condition),
      cmocka_unit_test(test_update_and_delete),
      cmocka_unit_test(test_query),
      cmocka_unit_test(test_scan),
      cmocka_unit_test(test_batches),
      cmocka_unit_test(test_partial_batch),
  };
  return cmocka_run_group_tests(tests, create, drop);
}

int main(void) {
  return peer_run(&the_peer, run);
}
