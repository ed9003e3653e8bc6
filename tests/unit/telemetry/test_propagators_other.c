/* SPDX-License-Identifier: Apache-2.0 */
/* B3, Jaeger, OT and OpenCensus. */
#include "unit/telemetry/propagator_fixture.h"

#include "support/fail_alloc.h"

enum { NONE = -1 };

/* A table of headers: what is found in them, and what is then written. */
typedef struct header_case {
  const char *in[5]; /* "Name: value" */
  int flags;         /* NONE: no parent */
  const char *out[5];
} header_case;

static void add_line(const char *line) {
  char name[HEADER_NAME_BYTES];
  const char *colon = strchr(line, ':');
  snprintf(name, sizeof name, "%.*s", (int)(colon - line), line);
  set_header(&headers, name, colon + 1 + (colon[1] == ' '));
}

static void check_written(const char *const *expected, size_t row) {
  size_t count = 0;
  for (; expected[count]; count++) {
    char line[HEADER_NAME_BYTES + HEADER_VALUE_BYTES + 2];
    if (count >= headers.count)
      fail_msg("row %zu: %s was not written", row, expected[count]);
    snprintf(line, sizeof line, "%s: %s", headers.headers[count].name,
             headers.headers[count].value);
    if (strcmp(line, expected[count]) != 0)
      fail_msg("row %zu: %s was written, not %s", row, line, expected[count]);
  }
  if (headers.count != count)
    fail_msg("row %zu: %s was written, too", row, headers.headers[count].name);
}

static void check_rows(cspan_propagator *propagator, const header_case *rows, size_t count) {
  for (size_t i = 0; i < count; i++) {
    cspan_extracted extracted;
    cspan_span_context context;
    headers.count = 0;
    for (size_t line = 0; rows[i].in[line]; line++)
      add_line(rows[i].in[line]);
    cspan_propagator_extract(propagator, NULL, &full_getter, &headers, &extracted);
    bool found = cspan_span_get_context(extracted.context.span, &context);
    if (found != (rows[i].flags != NONE) || (found && context.trace_flags != rows[i].flags))
      fail_msg("row %zu, %s: found %d, flags %d", i, rows[i].in[0], found, context.trace_flags);
    assert_true(!found || context.is_remote);
    headers.count = 0;
    cspan_propagator_inject(propagator, &extracted.context, set_header, &headers);
    check_written(rows[i].out, i);
    cspan_extracted_free(&extracted);
  }
  cspan_propagator_free(propagator);
}

#define CHECK_ROWS(propagator, rows)                                                               \
  check_rows((propagator), (rows), sizeof(rows) / sizeof(rows)[0])

/* ---------------------------------------------------------------------- b3 */

#define LOW     "e1be46a994272793"
#define PADDED  "0000000000000000" LOW
#define UPPER   "5759E988BD862E3FE1BE46A994272793-53995C3F42CD8AD8"
#define B3_ID   "X-B3-TraceId: " TRACE_ID
#define B3_SPAN "X-B3-SpanId: " SPAN_ID

static const header_case b3_rows[] = {
    {{"b3: " IDS "-1"}, 1, {"b3: " IDS "-1"}},
    {{"B3:  " IDS "-0\t"}, 0, {"b3: " IDS "-0"}},
    {{"b3: " IDS "-d"}, 1, {"b3: " IDS "-d"}},
    {{"b3: " IDS}, 0, {"b3: " IDS "-0"}},
    {{"b3: " IDS "-1-05e3ac9a4f6e3b90"}, 1, {"b3: " IDS "-1"}},
    {{"b3: " LOW "-" SPAN_ID "-1"}, 1, {"b3: " PADDED "-" SPAN_ID "-1"}},
    {{"b3: " UPPER "-1"}, 1, {"b3: " IDS "-1"}},
    {{"b3: 0"}, NONE, {"b3: 0"}},
    {{"b3: 1"}, NONE, {"b3: 1"}},
    {{"b3: d"}, NONE, {"b3: d"}},
    {{"b3: x"}, NONE, {NULL}},
    {{"b3: "}, NONE, {NULL}},
    {{"b3: -"}, NONE, {NULL}},
    {{"b3: " IDS "-"}, NONE, {NULL}},
    {{"b3: " IDS "-2"}, NONE, {NULL}},
    {{"b3: " IDS "-true"}, NONE, {NULL}},
    {{"b3: " IDS "-1-"}, NONE, {NULL}},
    {{"b3: " IDS "-1-05e3ac9a4f6e3b9"}, NONE, {NULL}},
    {{"b3: " IDS "-1-05e3ac9a4f6e3b90-"}, NONE, {NULL}},
    {{"b3: " TRACE_ID}, NONE, {NULL}},
    {{"b3: 0" IDS "-1"}, NONE, {NULL}},
    {{"b3: " TRACE_ID "-0" SPAN_ID "-1"}, NONE, {NULL}},
    {{"b3: 57-" SPAN_ID "-1"}, NONE, {NULL}},
    {{"b3: " TRACE_ID "-53995c3f42cd8adg-1"}, NONE, {NULL}},
    {{"b3: 00000000000000000000000000000000-" SPAN_ID "-1"}, NONE, {NULL}},
    {{"b3: " TRACE_ID "-0000000000000000-1"}, NONE, {NULL}},
    /* The several headers are read as well, where the one is missing or bad. */
    {{B3_ID, B3_SPAN, "X-B3-Sampled: 1"}, 1, {"b3: " IDS "-1"}},
    {{"b3: bad", B3_ID, B3_SPAN, "X-B3-Sampled: 1"}, 1, {"b3: " IDS "-1"}},
    {{"b3: " IDS "-0", B3_ID, "X-B3-SpanId: 1111111111111111", "X-B3-Sampled: 1"},
     0,
     {"b3: " IDS "-0"}},
};

static const header_case b3_multi_rows[] = {
    {{B3_ID, B3_SPAN, "X-B3-Sampled: 1"}, 1, {B3_ID, B3_SPAN, "X-B3-Sampled: 1"}},
    {{"x-b3-traceid: " LOW, B3_SPAN, "x-b3-sampled: 1"},
     1,
     {"X-B3-TraceId: " PADDED, B3_SPAN, "X-B3-Sampled: 1"}},
    {{B3_ID, B3_SPAN, "X-B3-Sampled: 0", "X-B3-ParentSpanId: 05e3ac9a4f6e3b90"},
     0,
     {B3_ID, B3_SPAN, "X-B3-Sampled: 0"}},
    {{B3_ID, B3_SPAN}, 0, {B3_ID, B3_SPAN, "X-B3-Sampled: 0"}},
    {{B3_ID, B3_SPAN, "X-B3-Sampled: true"}, 1, {B3_ID, B3_SPAN, "X-B3-Sampled: 1"}},
    {{B3_ID, B3_SPAN, "X-B3-Sampled: false"}, 0, {B3_ID, B3_SPAN, "X-B3-Sampled: 0"}},
    {{B3_ID, B3_SPAN, "X-B3-Flags: 1"}, 1, {B3_ID, B3_SPAN, "X-B3-Flags: 1"}},
    {{B3_ID, B3_SPAN, "X-B3-Sampled: 0", "X-B3-Flags: 1"}, 1, {B3_ID, B3_SPAN, "X-B3-Flags: 1"}},
    {{B3_ID, B3_SPAN, "X-B3-Sampled: 1", "X-B3-Flags: 0"}, 1, {B3_ID, B3_SPAN, "X-B3-Sampled: 1"}},
    {{"X-B3-Sampled: 0"}, NONE, {"X-B3-Sampled: 0"}},
    {{"X-B3-Sampled: 1"}, NONE, {"X-B3-Sampled: 1"}},
    {{"X-B3-Flags: 1"}, NONE, {"X-B3-Flags: 1"}},
    {{"b3: " IDS "-d"}, 1, {B3_ID, B3_SPAN, "X-B3-Flags: 1"}},
    {{B3_ID, B3_SPAN, "X-B3-Sampled: yes"}, NONE, {NULL}},
    {{B3_ID, "X-B3-Sampled: 1"}, NONE, {NULL}},
    {{B3_SPAN, "X-B3-Sampled: 1"}, NONE, {NULL}},
    {{B3_ID, "X-B3-SpanId: 53995c3f42cd8ad", "X-B3-Sampled: 1"}, NONE, {NULL}},
    {{"X-B3-TraceId: ", B3_SPAN, "X-B3-Sampled: 1"}, NONE, {NULL}},
    {{"X-B3-TraceId: 0000000000000000", B3_SPAN, "X-B3-Sampled: 1"}, NONE, {NULL}},
    {{"X-B3-Flags: 0"}, NONE, {NULL}},
    {{NULL}, NONE, {NULL}},
};

static void test_b3(void **state) {
  (void)state;
  CHECK_ROWS(cspan_propagator_b3(), b3_rows);
}

static void test_b3_multi(void **state) {
  (void)state;
  CHECK_ROWS(cspan_propagator_b3_multi(), b3_multi_rows);
}

/* The debug flag goes on to spans below, through copies of the context, and ends with a request
 * that does not say it. */
static void test_debug_is_kept(void **state) {
  (void)state;
  cspan_propagator *propagator = cspan_propagator_from_names("b3,jaeger", NULL);
  cspan_extracted outer;
  cspan_extracted inner;
  add_line("b3: 11111111111111111111111111111111-2222222222222222-d");
  cspan_propagator_extract(propagator, NULL, &full_getter, &headers, &outer);
  cspan_span below = remote_span(NULL, 1);
  cspan_context context = cspan_context_with_span(&outer.context, below);
  headers.count = 0;
  cspan_propagator_inject(propagator, &context, set_header, &headers);
  assert_string_equal(get_header(&headers, "b3"), IDS "-d");
  assert_string_equal(get_header(&headers, "uber-trace-id"), TRACE_ID ":" SPAN_ID ":0:3");
  headers.count = 0;
  add_line("b3: " IDS "-1");
  cspan_propagator_extract(propagator, &context, &full_getter, &headers, &inner);
  headers.count = 0;
  cspan_propagator_inject(propagator, &inner.context, set_header, &headers);
  assert_string_equal(get_header(&headers, "b3"), IDS "-1");
  cspan_extracted_free(&inner);
  cspan_span_end(below);
  cspan_extracted_free(&outer);
  cspan_propagator_free(propagator);
}

/* ------------------------------------------------------------------ jaeger */

#define UBER "uber-trace-id: "

static const header_case jaeger_rows[] = {
    {{UBER TRACE_ID ":" SPAN_ID ":0:1"}, 1, {UBER TRACE_ID ":" SPAN_ID ":0:1"}},
    {{"Uber-Trace-Id: " TRACE_ID ":" SPAN_ID ":53995c3f42cd8ad7:0"},
     0,
     {UBER TRACE_ID ":" SPAN_ID ":0:0"}},
    {{UBER TRACE_ID "%3A" SPAN_ID "%3a0%3A01"}, 1, {UBER TRACE_ID ":" SPAN_ID ":0:1"}},
    {{UBER TRACE_ID ":" SPAN_ID ":0:3"}, 1, {UBER TRACE_ID ":" SPAN_ID ":0:3"}},
    {{UBER TRACE_ID ":" SPAN_ID ":0:2"}, 1, {UBER TRACE_ID ":" SPAN_ID ":0:3"}},
    {{UBER TRACE_ID ":" SPAN_ID ":0:f8"}, 0, {UBER TRACE_ID ":" SPAN_ID ":0:0"}},
    {{UBER LOW ":" SPAN_ID "::1"}, 1, {UBER PADDED ":" SPAN_ID ":0:1"}},
    {{UBER "1:2:0:1"}, 1, {UBER "00000000000000000000000000000001:0000000000000002:0:1"}},
    {{UBER TRACE_ID ":" SPAN_ID ":0"}, NONE, {NULL}},
    {{UBER TRACE_ID ":" SPAN_ID ":0:1:1"}, NONE, {NULL}},
    {{UBER TRACE_ID ":" SPAN_ID ":0:"}, NONE, {NULL}},
    {{UBER TRACE_ID ":" SPAN_ID ":0:100"}, NONE, {NULL}},
    {{UBER TRACE_ID ":" SPAN_ID ":0:g"}, NONE, {NULL}},
    {{UBER TRACE_ID ":" SPAN_ID ":x:1"}, NONE, {NULL}},
    {{UBER "0" TRACE_ID ":" SPAN_ID ":0:1"}, NONE, {NULL}},
    {{UBER TRACE_ID ":0" SPAN_ID ":0:1"}, NONE, {NULL}},
    {{UBER "0:" SPAN_ID ":0:1"}, NONE, {NULL}},
    {{UBER TRACE_ID ":0:0:1"}, NONE, {NULL}},
    {{UBER ":" SPAN_ID ":0:1"}, NONE, {NULL}},
    {{UBER}, NONE, {NULL}},
    {{"uberctx-a: 1", "Uberctx-b: x%20y%2Cz", "uberctx-: 1", "uber: 1"},
     NONE,
     {"uberctx-a: 1", "uberctx-b: x%20y%2Cz"}},
    {{UBER "1:2:0:1", "uberctx-a: %C3%A9", "uberctx-b: %00", "uberctx-c: %FF"},
     1,
     {UBER "00000000000000000000000000000001:0000000000000002:0:1", "uberctx-a: %C3%A9"}},
};

static void test_jaeger(void **state) {
  (void)state;
  CHECK_ROWS(cspan_propagator_jaeger(), jaeger_rows);
}

/* ----------------------------------------------------------------- ottrace */

#define OT_ID   "ot-tracer-traceid: "
#define OT_SPAN "ot-tracer-spanid: "

static const header_case ottrace_rows[] = {
    {{OT_ID LOW, OT_SPAN SPAN_ID, "ot-tracer-sampled: true"},
     1,
     {OT_ID LOW, OT_SPAN SPAN_ID, "ot-tracer-sampled: true"}},
    {{OT_ID TRACE_ID, OT_SPAN SPAN_ID, "OT-Tracer-Sampled: 1"},
     1,
     {OT_ID LOW, OT_SPAN SPAN_ID, "ot-tracer-sampled: true"}},
    {{OT_ID LOW, OT_SPAN SPAN_ID, "ot-tracer-sampled: false"},
     0,
     {OT_ID LOW, OT_SPAN SPAN_ID, "ot-tracer-sampled: false"}},
    {{OT_ID LOW, OT_SPAN SPAN_ID}, 0, {OT_ID LOW, OT_SPAN SPAN_ID, "ot-tracer-sampled: false"}},
    {{OT_ID "a", OT_SPAN "b", "ot-tracer-sampled: true"},
     1,
     {OT_ID "000000000000000a", OT_SPAN "000000000000000b", "ot-tracer-sampled: true"}},
    {{OT_ID LOW, OT_SPAN SPAN_ID, "ot-baggage-k: x y;z", "ot-baggage-a b: 1"},
     0,
     {OT_ID LOW, OT_SPAN SPAN_ID, "ot-tracer-sampled: false", "ot-baggage-k: x y;z"}},
    {{OT_ID LOW, OT_SPAN SPAN_ID, "ot-baggage-k: caf\xc3\xa9"},
     0,
     {OT_ID LOW, OT_SPAN SPAN_ID, "ot-tracer-sampled: false"}},
    {{"ot-baggage-k: v"}, NONE, {NULL}},
    {{OT_ID LOW}, NONE, {NULL}},
    {{OT_SPAN SPAN_ID}, NONE, {NULL}},
    {{OT_ID LOW "x", OT_SPAN SPAN_ID}, NONE, {NULL}},
    {{OT_ID LOW, OT_SPAN SPAN_ID "0"}, NONE, {NULL}},
    {{OT_ID "0", OT_SPAN SPAN_ID}, NONE, {NULL}},
    {{OT_ID LOW, OT_SPAN "0"}, NONE, {NULL}},
};

static void test_ottrace(void **state) {
  (void)state;
  CHECK_ROWS(cspan_propagator_ottrace(), ottrace_rows);
}

/* A trace id of which the written half would be zero is not written. */
static void test_ottrace_empty_half(void **state) {
  (void)state;
  cspan_propagator *propagator = cspan_propagator_ottrace();
  const cspan_span_context remote = {.trace_id = {1}, .span_id = {2}};
  cspan_span span = cspan_span_from_context(&remote);
  const cspan_context context = {.span = span};
  cspan_propagator_inject(propagator, &context, set_header, &headers);
  assert_int_equal(headers.count, 0);
  cspan_span_end(span);
  cspan_propagator_free(propagator);
}

/* -------------------------------------------------------------- opencensus */

#define BIN_IDS "0000" TRACE_ID "01" SPAN_ID

static const struct {
  const char *hex;
  int flags;
} binary_rows[] = {
    {BIN_IDS "0201", 1},
    {BIN_IDS "0200", 0},
    {BIN_IDS "02ff", 1},
    {BIN_IDS, 0},
    {"00"
     "01" SPAN_ID "00" TRACE_ID "0201",
     1},
    {BIN_IDS "0201"
             "03aabbcc",
     1},
    {BIN_IDS "03aabb", 0},
    {"01"
     "00" TRACE_ID "01" SPAN_ID "0201",
     NONE},
    {BIN_IDS "02", NONE},
    {"0000" TRACE_ID, NONE},
    {"0000" TRACE_ID "01"
     "53995c3f42cd8a",
     NONE},
    {"00"
     "01" SPAN_ID,
     NONE},
    {"0000"
     "00000000000000000000000000000000"
     "01" SPAN_ID "0201",
     NONE},
    {"0000" TRACE_ID "01"
     "0000000000000000"
     "0201",
     NONE},
    {"00", NONE},
    {"", NONE},
};

static void test_opencensus_binary(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof binary_rows / sizeof binary_rows[0]; i++) {
    uint8_t bytes[64];
    uint8_t again[CSPAN_OPENCENSUS_SIZE_BYTES];
    cspan_span_context context;
    size_t len = strlen(binary_rows[i].hex);
    assert_true(cspan_hex_decode(binary_rows[i].hex, len, bytes));
    bool found = cspan_opencensus_decode(bytes, len / 2, &context);
    if (found != (binary_rows[i].flags != NONE))
      fail_msg("%s: found %d", binary_rows[i].hex, found);
    if (!found)
      continue;
    check_ids(&context);
    assert_int_equal(context.trace_flags, binary_rows[i].flags);
    assert_true(cspan_opencensus_encode(&context, again));
    char hex[2 * sizeof again + 1];
    cspan_hex_encode(again, sizeof again, hex);
    assert_string_equal(hex, binary_rows[i].flags ? BIN_IDS "0201" : BIN_IDS "0200");
  }
}

/* The bytes of the first row above in base64. */
#define BIN      "AABXWemIvYYuP+G+RqmUJyeTAVOZXD9CzYrYAgE"
#define BIN_NONE "AABXWemIvYYuP+G+RqmUJyeTAVOZXD9CzYrYAgA"

static const header_case opencensus_rows[] = {
    {{"grpc-trace-bin: " BIN}, 1, {"grpc-trace-bin: " BIN}},
    {{"Grpc-Trace-Bin: " BIN "="}, 1, {"grpc-trace-bin: " BIN}},
    {{"grpc-trace-bin: " BIN_NONE}, 0, {"grpc-trace-bin: " BIN_NONE}},
    {{"grpc-trace-bin: " BIN "," BIN_NONE}, 1, {"grpc-trace-bin: " BIN}},
    {{"grpc-trace-bin: " BIN "=="}, NONE, {NULL}},
    {{"grpc-trace-bin: !" BIN}, NONE, {NULL}},
    {{"grpc-trace-bin: AAB"}, NONE, {NULL}},
    {{"grpc-trace-bin: "}, NONE, {NULL}},
    {{"grpc-trace-bin: ,"}, NONE, {NULL}},
};

static void test_opencensus(void **state) {
  (void)state;
  CHECK_ROWS(cspan_propagator_opencensus(), opencensus_rows);
  assert_false(cspan_opencensus_encode(NULL, (uint8_t[CSPAN_OPENCENSUS_SIZE_BYTES]){0}));
}

/* ------------------------------------------------------------------ memory */

/* Each allocation fails once: what is missing then is left out, and nothing leaks. */
static void test_without_memory(void **state) {
  (void)state;
  static const char *const lines[] = {"b3: " IDS "-d",         UBER TRACE_ID ":" SPAN_ID ":0:3",
                                      "uberctx-a: %20",        OT_ID LOW,
                                      OT_SPAN SPAN_ID,         "ot-baggage-k: v",
                                      ("grpc-trace-bin: " BIN)};
  bool met = true;
  for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
    add_line(lines[i]);
  const size_t given = headers.count;
  for (size_t n = 1; met; n++) {
    assert_true(n < 1000);
    fail_alloc_arm(n, false);
    cspan_propagator *parts[4] = {cspan_propagator_b3(), cspan_propagator_jaeger(),
                                  cspan_propagator_ottrace(), cspan_propagator_opencensus()};
    cspan_propagator *all = cspan_propagator_composite(parts, 4);
    cspan_extracted extracted;
    headers.count = given;
    cspan_propagator_extract(all, NULL, &full_getter, &headers, &extracted);
    cspan_propagator_inject(all, &extracted.context, set_header, &headers);
    cspan_extracted_free(&extracted);
    cspan_propagator_free(all);
    met = fail_alloc_disarm();
  }
  assert_true(headers.count > given + 6); /* at last nothing failed */
}

static int install_allocator(void **state) {
  fail_alloc_install();
  return clear_headers(state);
}

static int uninstall_allocator(void **state) {
  (void)state;
  fail_alloc_uninstall();
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(test_b3, clear_headers),
      cmocka_unit_test_setup(test_b3_multi, clear_headers),
      cmocka_unit_test_setup(test_debug_is_kept, clear_headers),
      cmocka_unit_test_setup(test_jaeger, clear_headers),
      cmocka_unit_test_setup(test_ottrace, clear_headers),
      cmocka_unit_test_setup(test_ottrace_empty_half, clear_headers),
      cmocka_unit_test(test_opencensus_binary),
      cmocka_unit_test_setup(test_opencensus, clear_headers),
      cmocka_unit_test_setup_teardown(test_without_memory, install_allocator, uninstall_allocator),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
