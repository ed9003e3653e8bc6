/* SPDX-License-Identifier: Apache-2.0 */
/* The exporters that need no network: memory, console, file. */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <cloudspan/ext/exporter.h>

#include "pb_builder.h"
#include "telemetry/otlp_json.h"

static cspan_status export_bytes(cspan_span_exporter *exporter, const char *bytes, size_t len,
                                 cspan_error **error) {
  const cspan_export_batch batch = {
      .request = (const uint8_t *)bytes, .request_size_bytes = len, .span_count = 1};
  size_t rejected = 99;
  cspan_status status =
      exporter->vtable->export_spans(exporter->self, NULL, &batch, &rejected, error);
  assert_int_equal(rejected, 0);
  return status;
}

static void export_json(cspan_span_exporter *exporter, const char *json) {
  cspan_buf request;
  cspan_error *error = NULL;
  cspan_buf_init(&request, 1 << 20);
  assert_int_equal(cspan_otlp_json_to_protobuf(json, strlen(json), &request, NULL), CSPAN_OK);
  export_bytes(exporter, request.data, request.len, &error);
  assert_string_equal(cspan_error_message(error), "");
  cspan_buf_free(&request);
}

#define SPAN(fields)                                                                               \
  "{\"resourceSpans\":[{\"resource\":{},\"scopeSpans\":[{\"scope\":{\"name\":\"lib\"},"            \
  "\"spans\":[{" fields ",\"kind\":1,\"status\":{}}]}]}]}"

static void test_memory(void **state) {
  (void)state;
  cspan_span_exporter *memory = cspan_exporter_memory();
  cspan_span_list *list = cspan_memory_spans(memory);
  assert_int_equal(cspan_span_list_count(list), 0);
  cspan_span_list_free(list);
  export_json(memory, SPAN("\"name\":\"one\""));
  export_json(memory, SPAN("\"name\":\"two\""));
  list = cspan_memory_spans(memory);
  cspan_memory_reset(memory);
  assert_int_equal(cspan_span_list_count(list), 2);
  assert_string_equal(cspan_span_list_at(list, 0)->name, "one");
  assert_string_equal(cspan_span_list_at(list, 1)->name, "two");
  cspan_span_list_free(list);
  list = cspan_memory_spans(memory);
  assert_int_equal(cspan_span_list_count(list), 0);
  cspan_span_list_free(list);
  cspan_exporter_free(memory);
}

static void test_memory_of_another_exporter(void **state) {
  (void)state;
  cspan_span_exporter *console = cspan_exporter_console(2);
  assert_null(cspan_memory_spans(console));
  assert_null(cspan_memory_spans(NULL));
  cspan_memory_reset(console);
  cspan_memory_reset(NULL);
  cspan_exporter_free(console);
}

static void *read_often(void *memory) {
  for (int i = 0; i < 50; i++)
    cspan_span_list_free(cspan_memory_spans(memory));
  return NULL;
}

static void test_memory_with_threads(void **state) {
  (void)state;
  cspan_span_exporter *memory = cspan_exporter_memory();
  pthread_t reader;
  assert_int_equal(pthread_create(&reader, NULL, read_often, memory), 0);
  for (int i = 0; i < 50; i++)
    export_json(memory, SPAN("\"name\":\"one\""));
  pthread_join(reader, NULL);
  cspan_span_list *list = cspan_memory_spans(memory);
  assert_int_equal(cspan_span_list_count(list), 50);
  cspan_span_list_free(list);
  cspan_exporter_free(memory);
}

/* --------------------------------------------------------------- console */

static const char shown_json[] =
    "{\"resourceSpans\":[{\"scopeSpans\":[{\"scope\":{\"name\":\"lib\"},\"spans\":["
    "{\"traceId\":\"0102030405060708090a0b0c0d0e0f10\",\"spanId\":\"a102030405060708\","
    "\"parentSpanId\":\"b102030405060708\",\"name\":\"S3.PutObject\",\"kind\":3,"
    "\"startTimeUnixNano\":\"1700000000123456789\",\"endTimeUnixNano\":\"1700000000135456789\","
    "\"attributes\":[{\"key\":\"s\",\"value\":{\"stringValue\":\"a\\u001b[31m\\n\"}},"
    "{\"key\":\"i\",\"value\":{\"intValue\":\"-5\"}},{\"key\":\"b\",\"value\":{\"boolValue\":true}}"
    ","
    "{\"key\":\"d\",\"value\":{\"doubleValue\":0.5}},"
    "{\"key\":\"l\",\"value\":{\"arrayValue\":{\"values\":[{\"stringValue\":\"x\"},"
    "{\"stringValue\":\"y\"}]}}},"
    "{\"key\":\"n\",\"value\":{\"arrayValue\":{\"values\":[{\"intValue\":1},{\"intValue\":2}]}}},"
    "{\"key\":\"t\",\"value\":{\"arrayValue\":{\"values\":[{\"boolValue\":false}]}}},"
    "{\"key\":\"f\",\"value\":{\"arrayValue\":{\"values\":[{\"doubleValue\":1.5}]}}}],"
    "\"events\":[{\"timeUnixNano\":\"1700000000124456789\",\"name\":\"aws.retry\",\"attributes\":"
    "[{\"key\":\"why\",\"value\":{\"stringValue\":\"503\"}}]}],"
    "\"links\":[{\"traceId\":\"ff02030405060708090a0b0c0d0e0f10\",\"spanId\":\"c102030405060708\"}]"
    ","
    "\"status\":{\"code\":2,\"message\":\"upload \\\"failed\\\"\"}},"
    "{\"spanId\":\"a102030405060709\",\"name\":\"\\u0007\",\"status\":{\"code\":1}}]}]}]}";

static const char shown_text[] =
    "2023-11-14T22:13:20.123456Z S3.PutObject CLIENT 12.000 ms ERROR \"upload \\\"failed\\\"\""
    " trace=0102030405060708090a0b0c0d0e0f10 span=a102030405060708 parent=b102030405060708"
    " scope=lib\n"
    "  s=\"a\\u001b[31m\\n\" i=-5 b=true d=0.5 l=[\"x\",\"y\"] n=[1,2] t=[false] f=[1.5]\n"
    "  event +1.000 ms aws.retry why=\"503\"\n"
    "  link trace=ff02030405060708090a0b0c0d0e0f10 span=c102030405060708\n"
    "1970-01-01T00:00:00.000000Z \"\\u0007\" INTERNAL 0.000 ms OK"
    " trace=00000000000000000000000000000000 span=a102030405060709 scope=lib\n";

/* What limits left out, of each kind, and of one kind only. */
static const char dropped_json[] =
    "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":["
    "{\"name\":\"all\",\"droppedAttributesCount\":2,\"droppedEventsCount\":1,"
    "\"droppedLinksCount\":4294967295,"
    "\"events\":[{\"name\":\"e\",\"droppedAttributesCount\":1}],"
    "\"links\":[{\"droppedAttributesCount\":3}]},"
    "{\"name\":\"some\",\"droppedLinksCount\":1}]}]}]}";

#define NO_ID       "0000000000000000"
#define UNTIMED(n)  "1970-01-01T00:00:00.000000Z " n " INTERNAL 0.000 ms"
#define UNNAMED_IDS " trace=" NO_ID NO_ID " span=" NO_ID

static const char dropped_text[] = UNTIMED("all") UNNAMED_IDS
    " scope=\"\"\n"
    "  event +0.000 ms e dropped: 1 attribute\n"
    "  link trace=" NO_ID NO_ID " span=" NO_ID " dropped: 3 attributes\n"
    "  dropped: 2 attributes, 1 event, 4294967295 links\n" UNTIMED("some") UNNAMED_IDS
    " scope=\"\"\n"
    "  dropped: 1 link\n";

static void test_console(void **state) {
  (void)state;
  static const struct {
    const char *json;
    const char *text;
  } rows[] = {{shown_json, shown_text}, {dropped_json, dropped_text}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    FILE *file = tmpfile();
    assert_non_null(file);
    cspan_span_exporter *console = cspan_exporter_console(fileno(file));
    export_json(console, rows[i].json);
    cspan_exporter_free(console);
    char text[4096] = "";
    rewind(file);
    size_t len = fread(text, 1, sizeof text - 1, file);
    text[len] = '\0';
    assert_string_equal(text, rows[i].text);
    fclose(file);
  }
}

static void test_console_that_cannot_be_written(void **state) {
  (void)state;
  int fd = open("/dev/null", O_RDONLY);
  cspan_span_exporter *console = cspan_exporter_console(fd);
  cspan_error *error = NULL;
  assert_int_equal(export_bytes(console, "\x0a\x06\x12\x04\x12\x02\x2a\x00", 8, &error),
                   CSPAN_ERR_IO);
  assert_non_null(strstr(cspan_error_message(error), "descriptor"));
  cspan_error_free(error);
  error = NULL;
  assert_int_equal(export_bytes(console, "\x0a", 1, &error), CSPAN_ERR_PROTOCOL);
  cspan_error_free(error);
  cspan_exporter_free(console);
  close(fd);
}

/* ------------------------------------------------------------------- file */

static void test_file_appends(void **state) {
  (void)state;
  char path[] = "/tmp/cloudspan-spans-XXXXXX";
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  for (int run = 0; run < 2; run++) {
    cspan_span_exporter *file = NULL;
    assert_int_equal(cspan_exporter_otlp_file(path, &file, NULL), CSPAN_OK);
    export_json(file, SPAN("\"name\":\"one\""));
    cspan_exporter_free(file);
  }
  char text[1024] = "";
  assert_true(read(fd, text, sizeof text - 1) > 0);
  assert_string_equal(text, SPAN("\"name\":\"one\"") "\n" SPAN("\"name\":\"one\"") "\n");
  close(fd);
  unlink(path);
}

static void test_file_errors_name_the_path(void **state) {
  (void)state;
  cspan_span_exporter *file = NULL;
  cspan_error *error = NULL;
  assert_int_equal(cspan_exporter_otlp_file("/nonexistent/x.jsonl", &file, &error), CSPAN_ERR_IO);
  assert_null(file);
  assert_non_null(strstr(cspan_error_message(error), "/nonexistent/x.jsonl"));
  cspan_error_free(error);
  error = NULL;
  assert_int_equal(cspan_exporter_otlp_file("", &file, &error), CSPAN_ERR_INVALID);
  cspan_error_free(error);
  error = NULL;
  assert_int_equal(cspan_exporter_otlp_file("/dev/full", &file, &error), CSPAN_OK);
  assert_int_equal(export_bytes(file, "", 0, &error), CSPAN_ERR_IO);
  assert_non_null(strstr(cspan_error_message(error), "/dev/full"));
  cspan_error_free(error);
  cspan_exporter_free(file);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_memory),
      cmocka_unit_test(test_memory_of_another_exporter),
      cmocka_unit_test(test_memory_with_threads),
      cmocka_unit_test(test_console),
      cmocka_unit_test(test_console_that_cannot_be_written),
      cmocka_unit_test(test_file_appends),
      cmocka_unit_test(test_file_errors_name_the_path),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
