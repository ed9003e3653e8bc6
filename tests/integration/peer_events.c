/* SPDX-License-Identifier: Apache-2.0 */
/* Events of S3's SelectObjectContent from an S3 that is not ours. */
#include "integration/services_peer.h"

static const char rows[] = "{\"a\":1}\n{\"a\":2}\n";

static peer the_peer;
static cspan_client *client;
static char bucket[32];

static int make_bucket(void **state) {
  (void)state;
  client = peer_client(&the_peer, "s3");
  snprintf(bucket, sizeof bucket, "events-%d", the_peer.round);
  peer_call(client, "CreateBucket", CSPAN_MAP(cspan_field("Bucket", cspan_string(bucket))), NULL);
  peer_call(client, "PutObject",
            CSPAN_MAP(cspan_field("Bucket", cspan_string(bucket)),
                      cspan_field("Key", cspan_string("rows")),
                      cspan_field("Body", cspan_blob(rows, sizeof rows - 1))),
            NULL);
  return 0;
}

static int free_client(void **state) {
  (void)state;
  cspan_client_free(client);
  return 0;
}

typedef struct seen {
  char payload[64];
  size_t len;
  int stats;
  int ends;
} seen;

static void note(seen *s, const cspan_value *event) {
  const cspan_value *records = cspan_value_get(event, "Records");
  size_t size = 0;
  const void *bytes = cspan_value_bytes(cspan_value_get(records, "Payload"), &size);
  assert_true(s->len + size < sizeof s->payload);
  if (bytes != NULL) {
    memcpy(s->payload + s->len, bytes, size);
    s->len += size;
  }
  s->stats += cspan_value_get(event, "Stats") != NULL;
  s->ends += cspan_value_get(event, "End") != NULL;
}

static cspan_status on_event(void *user, const cspan_value *event) {
  note(user, event);
  return CSPAN_OK;
}

static cspan_status select_rows(const char *key, cspan_event_fn take, seen *s,
                                cspan_document **output, cspan_error **error) {
  const cspan_value lines =
      CSPAN_MAP(cspan_field("JSON", CSPAN_MAP(cspan_field("Type", cspan_string("LINES")))));
  const cspan_value input = CSPAN_MAP(
      cspan_field("Bucket", cspan_string(bucket)), cspan_field("Key", cspan_string(key)),
      cspan_field("ExpressionType", cspan_string("SQL")),
      cspan_field("Expression", cspan_string("SELECT * FROM s3object")),
      cspan_field("InputSerialization", lines),
      cspan_field("OutputSerialization", CSPAN_MAP(cspan_field("JSON", cspan_map(NULL, 0)))));
  const cspan_client_request request = {.size = sizeof request,
                                        .operation = "SelectObjectContent",
                                        .input = &input,
                                        .on_event = take,
                                        .event_user = s};
  return cspan_client_send(client, &request, output, error);
}

static void assert_all_there(const seen *s) {
  assert_int_equal(s->len, sizeof rows - 1);
  assert_memory_equal(s->payload, rows, s->len);
  assert_int_equal(s->stats, 1);
  assert_int_equal(s->ends, 1);
}

static void test_as_they_come(void **state) {
  (void)state;
  seen s = {.len = 0};
  cspan_error *error = NULL;
  must(select_rows("rows", on_event, &s, NULL, &error), error);
  assert_all_there(&s);
}

static void test_as_a_list(void **state) {
  (void)state;
  seen s = {.len = 0};
  cspan_error *error = NULL;
  cspan_document *output = NULL;
  must(select_rows("rows", NULL, NULL, &output, &error), error);
  const cspan_value *events = cspan_value_get(cspan_document_value(output), "Payload");
  for (size_t i = 0; i < cspan_value_count(events); i++) {
    note(&s, cspan_value_at(events, i));
  }
  assert_all_there(&s);
  cspan_document_free(output);
}

static void test_no_object(void **state) {
  (void)state;
  seen s = {.len = 0};
  cspan_error *error = NULL;
  assert_int_equal(select_rows("none", on_event, &s, NULL, &error), CSPAN_ERR_SERVICE);
  assert_string_equal(cspan_error_code(error), "NoSuchKey");
  assert_int_equal(s.stats, 0);
  cspan_error_free(error);
}

static int run(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_as_they_come),
      cmocka_unit_test(test_as_a_list),
      cmocka_unit_test(test_no_object),
  };
  return cmocka_run_group_tests(tests, make_bucket, free_client);
}

int main(void) {
  return peer_run(&the_peer, run);
}
