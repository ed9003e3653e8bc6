/* SPDX-License-Identifier: Apache-2.0 */
/* W3C Trace Context and Baggage, X-Ray, and propagators in general. */
#include "unit/telemetry/propagator_fixture.h"

/* ------------------------------------------------------------ trace context */

typedef struct parent_case {
  const char *header;
  int flags; /* -1: not accepted */
} parent_case;

static const parent_case parents[] = {
    {"00-" IDS "-01", 1},
    {"00-" IDS "-00", 0},
    {"00-" IDS "-03", 3},
    {"00-" IDS "-ff", 3},
    {" 00-" IDS "-01\t", 1},
    {"01-" IDS "-01", 1},
    {"cc-" IDS "-01-what-later-versions-have", 1},
    {"cc-" IDS "-01.what", -1},
    {"fe-" IDS "-01-", 1},
    {"00-" IDS "-01-", -1},
    {"00-" IDS "-01-more", -1},
    {"00-" IDS "-01,00-" IDS "-01", -1},
    {"ff-" IDS "-01", -1},
    {"0-" IDS "-01", -1},
    {"0x-" IDS "-01", -1},
    {"00-" IDS "-1", -1},
    {"00-" IDS "-0g", -1},
    {"00-" IDS, -1},
    {"00-5759E988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01", -1},
    {"00-5759e988bd862e3fe1be46a994272793-53995C3f42cd8ad8-01", -1},
    {"00-00000000000000000000000000000000-53995c3f42cd8ad8-01", -1},
    {"00-5759e988bd862e3fe1be46a994272793-0000000000000000-01", -1},
    {"00_5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01", -1},
    {"00-5759e988bd862e3fe1be46a994272793_53995c3f42cd8ad8-01", -1},
    {"00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8_01", -1},
    {"", -1},
};

static void test_traceparent(void **state) {
  (void)state;
  cspan_propagator *propagator = cspan_propagator_tracecontext();
  for (size_t i = 0; i < sizeof parents / sizeof parents[0]; i++) {
    cspan_extracted extracted;
    cspan_span_context context;
    headers.count = 0;
    set_header(&headers, "TraceParent", parents[i].header);
    cspan_propagator_extract(propagator, NULL, &getter, &headers, &extracted);
    bool found = cspan_span_get_context(extracted.context.span, &context);
    if (found != (parents[i].flags >= 0) || (found && context.trace_flags != parents[i].flags))
      fail_msg("%s: found %d, flags %d", parents[i].header, found, context.trace_flags);
    if (found)
      check_ids(&context);
    cspan_extracted_free(&extracted);
  }
  cspan_propagator_free(propagator);
}

#define REPEAT10(text) text text text text text text text text text text
#define CHARS100(c)    REPEAT10(REPEAT10(c))

typedef struct state_case {
  const char *header;
  const char *kept; /* NULL: nothing */
} state_case;

static const state_case states[] = {
    {"a=1", "a=1"},
    {" a=1 ,\tb=2 ", "a=1,b=2"},
    {"a=1,,b=2,", "a=1,b=2"},
    {"0a=x y,tenant@sys=!", "0a=x y,tenant@sys=!"},
    {"a-_*/@z=1", "a-_*/@z=1"},
    {"0@a=1", "0@a=1"},
    {"a@=1", NULL},
    {"@a=1", NULL},
    {"a@@b=1", NULL},
    {"a@b@c=1", NULL},
    {"a@0=1", NULL},
    {"a=1,B@c=2", NULL},
    {"A=1", NULL},
    {"a=1,A=1", NULL},
    {"_a=1", NULL},
    {"a", NULL},
    {"a=", NULL},
    {"=1", NULL},
    {"a=1=2", NULL},
    {"a=\x01", NULL},
    {"a=\xc3\xa9", NULL},
    {"a b=1", NULL},
    {"a=1,b=2,a=3", NULL},
    {"", NULL},
    {",", NULL},
    {"a=" CHARS100("v") CHARS100("v"), "a=" CHARS100("v") CHARS100("v")},
    {"a=" CHARS100("v") CHARS100("v") CHARS100("v"), NULL},
    {CHARS100("k") CHARS100("k") "=1", CHARS100("k") CHARS100("k") "=1"},
    {CHARS100("k") CHARS100("k") CHARS100("k") "=1", NULL},
    {CHARS100("t") CHARS100("t") "ttttttttttttttttttttttttttttttttttttttttt@ssssssssssssss=1",
     CHARS100("t") CHARS100("t") "ttttttttttttttttttttttttttttttttttttttttt@ssssssssssssss=1"},
    {CHARS100("t") CHARS100("t") "tttttttttttttttttttttttttttttttttttttttttt@s=1", NULL},
    {"t@sssssssssssssss=1", NULL},
    /* over 512 characters: what is over 128 goes first, from the end on */
    {"a=" CHARS100("v") ",b=" CHARS100("v") CHARS100("w") ",c=" CHARS100("v") CHARS100("w") ",d=1",
     "a=" CHARS100("v") ",b=" CHARS100("v") CHARS100("w") ",c=" CHARS100("v") CHARS100("w") ",d=1"},
    {"a=" CHARS100("v") CHARS100("w") ",b=" CHARS100("v") CHARS100("w") ",c=" CHARS100("v")
         CHARS100("w") ",d=1",
     "a=" CHARS100("v") CHARS100("w") ",b=" CHARS100("v") CHARS100("w") ",d=1"},
    {"a=" CHARS100("v") ",b=" CHARS100("v") ",c=" CHARS100("v") ",d=" CHARS100("v") ",e=" CHARS100(
         "v") ",f=" CHARS100("v"),
     "a=" CHARS100("v") ",b=" CHARS100("v") ",c=" CHARS100("v") ",d=" CHARS100("v")},
};

static void check_state(const char *header, const char *kept) {
  cspan_propagator *propagator = cspan_propagator_tracecontext();
  cspan_extracted extracted;
  cspan_span_context context;
  headers.count = 0;
  set_header(&headers, "traceparent", "00-" IDS "-01");
  set_header(&headers, "tracestate", header);
  cspan_propagator_extract(propagator, NULL, &getter, &headers, &extracted);
  assert_true(cspan_span_get_context(extracted.context.span, &context));
  const char *got = context.trace_state ? context.trace_state : "";
  if (strcmp(got, kept ? kept : "") != 0)
    fail_msg("%s: \"%s\" was kept, not \"%s\"", header, got, kept ? kept : "");
  cspan_extracted_free(&extracted);
  cspan_propagator_free(propagator);
}

static void test_tracestate(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
    check_state(states[i].header, states[i].kept);
}

static void test_tracestate_members(void **state) {
  (void)state;
  char text[400] = "";
  for (int i = 0; i < 33; i++) {
    if (i == 32)
      check_state(text, text);
    size_t len = strlen(text);
    snprintf(text + len, sizeof text - len, "%sk%d=%d", i ? "," : "", i, i);
  }
  check_state(text, NULL);
}

static void test_inject_trace_context(void **state) {
  (void)state;
  cspan_propagator *propagator = cspan_propagator_tracecontext();
  cspan_span span = remote_span("a=1,b=2", 0xff);
  const cspan_context context = {.span = span};
  cspan_propagator_inject(propagator, &context, set_header, &headers);
  assert_int_equal(headers.count, 2);
  assert_string_equal(get_header(&headers, "traceparent"), "00-" IDS "-03");
  assert_string_equal(get_header(&headers, "tracestate"), "a=1,b=2");
  const char *const *fields = cspan_propagator_fields(propagator);
  assert_string_equal(fields[0], "traceparent");
  assert_string_equal(fields[1], "tracestate");
  assert_null(fields[2]);
  cspan_span_end(span); /* its context stays */
  headers.count = 0;
  cspan_propagator_inject(propagator, &context, set_header, &headers);
  assert_int_equal(headers.count, 2);
  assert_string_equal(get_header(&headers, "tracestate"), "a=1,b=2");
  cspan_propagator_free(propagator);
}

/* Ends the span between the two headers, as another thread may, and opens one in its place. */
typedef struct hasty_carrier {
  cspan_span span;
  cspan_span next;
} hasty_carrier;

static void set_and_end(void *to, const char *key, const char *value) {
  hasty_carrier *c = to;
  set_header(&headers, key, value);
  if (c->span.slot != NULL) {
    cspan_span_end(c->span);
    c->span = (cspan_span){0};
    c->next = remote_span("other=state,of=another,span=1", 0);
  }
}

static void test_inject_span_that_ends(void **state) {
  (void)state;
  hasty_carrier carrier = {.span = remote_span("a=1", CSPAN_TRACE_FLAG_SAMPLED)};
  cspan_propagator *w3c = cspan_propagator_tracecontext();
  const cspan_context context = cspan_context_with_span(NULL, carrier.span);
  cspan_propagator_inject(w3c, &context, set_and_end, &carrier);
  assert_string_equal(get_header(&headers, "traceparent"), "00-" IDS "-01");
  assert_string_equal(get_header(&headers, "tracestate"), "a=1");
  headers.count = 0;
  cspan_propagator_inject(w3c, &context, set_header, &headers); /* it has ended */
  assert_string_equal(get_header(&headers, "tracestate"), "a=1");
  cspan_span_end(carrier.next);
  cspan_propagator_free(w3c);
}

static void test_inject_current_span(void **state) {
  (void)state;
  cspan_propagator *propagator = cspan_propagator_tracecontext();
  cspan_span span = remote_span(NULL, 1);
  cspan_span before = cspan_span_make_current(span);
  const cspan_context empty = {0};
  cspan_propagator_inject(propagator, NULL, set_header, &headers);
  cspan_propagator_inject(propagator, &empty, set_header, &headers);
  cspan_span_make_current(before);
  assert_int_equal(headers.count, 2);
  assert_string_equal(headers.headers[0].value, "00-" IDS "-01");
  assert_string_equal(headers.headers[1].value, "00-" IDS "-01");
  cspan_span_end(span);
  cspan_propagator_inject(propagator, NULL, set_header, &headers);
  assert_int_equal(headers.count, 2);
  cspan_propagator_free(propagator);
}

/* Each line of a header counts, in their order. */
static void test_header_lines(void **state) {
  (void)state;
  static const struct {
    const char *parents[3];
    const char *states[5];
    const char *kept; /* "": no state; NULL: no parent either */
  } rows[] = {
      {{"00-" IDS "-01"}, {"a=1", "b=2", "c=3"}, "a=1,b=2,c=3"},
      {{"00-" IDS "-01"}, {"a=1,b=2", "", " ,c=3"}, "a=1,b=2,c=3"},
      {{"00-" IDS "-01"}, {"", "a=1"}, "a=1"},
      {{"00-" IDS "-01"}, {"a=1", ""}, "a=1"},
      {{"00-" IDS "-01"}, {"", ""}, ""},
      {{"00-" IDS "-01"}, {"a=1", "a=1"}, ""},
      {{"00-" IDS "-01"}, {"a=1", "A=2"}, ""},
      {{"00-" IDS "-01", "00-" IDS "-01"}, {"a=1"}, NULL},
      {{"00-" IDS "-01", "broken"}, {NULL}, NULL},
      {{"00-" IDS "-01", ""}, {NULL}, NULL},
      {{NULL}, {"a=1"}, NULL},
  };
  cspan_propagator *propagator = cspan_propagator_tracecontext();
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    cspan_extracted extracted;
    cspan_span_context context;
    headers.count = 0;
    for (size_t line = 0; rows[i].parents[line]; line++)
      set_header(&headers, "traceparent", rows[i].parents[line]);
    for (size_t line = 0; rows[i].states[line]; line++)
      set_header(&headers, "Tracestate", rows[i].states[line]);
    cspan_propagator_extract(propagator, NULL, &full_getter, &headers, &extracted);
    bool found = cspan_span_get_context(extracted.context.span, &context);
    if (found != (rows[i].kept != NULL))
      fail_msg("row %zu: a parent was%s found", i, found ? "" : " not");
    if (found)
      assert_string_equal(context.trace_state ? context.trace_state : "", rows[i].kept);
    cspan_extracted_free(&extracted);
  }
  cspan_propagator_free(propagator);
}

/* Lines that are more than a valid state can be are not even joined. */
static void test_tracestate_of_endless_lines(void **state) {
  (void)state;
  static char blanks[HEADER_VALUE_BYTES];
  memset(blanks, ' ', sizeof blanks - 1);
  cspan_propagator *propagator = cspan_propagator_tracecontext();
  cspan_extracted extracted;
  cspan_span_context context;
  set_header(&headers, "traceparent", "00-" IDS "-01");
  set_header(&headers, "tracestate", "a=1");
  set_header(&headers, "tracestate", blanks);
  set_header(&headers, "tracestate", blanks);
  cspan_propagator_extract(propagator, NULL, &full_getter, &headers, &extracted);
  assert_true(cspan_span_get_context(extracted.context.span, &context));
  assert_null(context.trace_state);
  cspan_extracted_free(&extracted);
  cspan_propagator_free(propagator);
}

/* The parent's values stay where a header says nothing. */
static void test_extract_keeps_the_parent(void **state) {
  (void)state;
  cspan_propagator *propagator = cspan_propagator_from_names("tracecontext,baggage,xray", NULL);
  cspan_span span = remote_span(NULL, 1);
  cspan_baggage *baggage = cspan_baggage_with(NULL, "k", "v", NULL);
  const cspan_context parent = {.span = span, .baggage = baggage, .deadline_ns = 77};
  cspan_extracted extracted;
  set_header(&headers, "traceparent", "broken");
  cspan_propagator_extract(propagator, &parent, &getter, &headers, &extracted);
  assert_ptr_equal(extracted.context.span.slot, span.slot);
  assert_ptr_equal(extracted.context.baggage, baggage);
  assert_int_equal(extracted.context.deadline_ns, 77);
  cspan_extracted_free(&extracted);
  assert_true(cspan_span_get_context(span, &(cspan_span_context){0}));
  cspan_span_end(span);
  cspan_baggage_free(baggage);
  cspan_propagator_free(propagator);
}

/* ----------------------------------------------------------------- baggage */

typedef struct baggage_case {
  const char *header;
  const char *again; /* as it is written again; NULL: no baggage */
} baggage_case;

static const baggage_case baggages[] = {
    {"a=1", "a=1"},
    {" a = 1 , b=2", "a=1,b=2"},
    {"a=1;p=x ; q,b=2", "a=1;p=x ; q,b=2"},
    {"a=%20%22%2C%3B%5C%25%C3%A9", "a=%20%22%2C%3B%5C%25%C3%A9"},
    {"a=%41%7a", "a=Az"},
    {"a=100%", "a=100%25"},
    {"a=%zz", "a=%25zz"},
    {"a=%FFx", "a=%EF%BF%BDx"},
    {"a=%FF%FF%FF%FF", "a=%EF%BF%BD%EF%BF%BD%EF%BF%BD%EF%BF%BD"},
    {"a=\xc3\xa9", "a=%C3%A9"},
    {"a=1=2", "a=1=2"},
    {"a=", "a="},
    {"a=1,a=2", "a=2"},
    {"a=%00,b=2", "b=2"},
    {"=1,b=2", "b=2"},
    {"a b=1,b=2", "b=2"},
    {"a;p=1,b=2", "b=2"},
    {"a=1;\x01,b=2", "b=2"},
    {"nothing,b=2", "b=2"},
    {",,b=2,", "b=2"},
    {"", NULL},
    {"nothing", NULL},
};

static void test_baggage(void **state) {
  (void)state;
  cspan_propagator *propagator = cspan_propagator_baggage();
  for (size_t i = 0; i < sizeof baggages / sizeof baggages[0]; i++) {
    cspan_extracted extracted;
    headers.count = 0;
    set_header(&headers, "baggage", baggages[i].header);
    cspan_propagator_extract(propagator, NULL, &getter, &headers, &extracted);
    headers.count = 0;
    cspan_propagator_inject(propagator, &extracted.context, set_header, &headers);
    const char *again = get_header(&headers, "baggage");
    if (!again != !baggages[i].again || (again && strcmp(again, baggages[i].again) != 0))
      fail_msg("%s: %s", baggages[i].header, again ? again : "nothing");
    cspan_extracted_free(&extracted);
  }
  assert_string_equal(cspan_propagator_fields(propagator)[0], "baggage");
  assert_null(cspan_propagator_fields(propagator)[1]);
  cspan_propagator_free(propagator);
}

static size_t extracted_members(const char *header) {
  cspan_propagator *propagator = cspan_propagator_baggage();
  cspan_extracted extracted;
  headers.count = 0;
  set_header(&headers, "baggage", header);
  cspan_propagator_extract(propagator, NULL, &getter, &headers, &extracted);
  size_t count = cspan_baggage_count(extracted.context.baggage);
  cspan_extracted_free(&extracted);
  cspan_propagator_free(propagator);
  return count;
}

static void test_baggage_limits(void **state) {
  (void)state;
  static char text[20000];
  size_t len = 0;
  for (int i = 0; i < 70; i++)
    len += (size_t)snprintf(text + len, sizeof text - len, "%sk%d=v", i ? "," : "", i);
  assert_int_equal(extracted_members(text), 64);
  /* 1,000 bytes each with its comma: eight fit into 8,192. */
  len = 0;
  for (int i = 0; i < 12; i++)
    len += (size_t)snprintf(text + len, sizeof text - len, "%sk%02d=%0995d", i ? "," : "", i, i);
  assert_int_equal(extracted_members(text), 8);
  snprintf(text, sizeof text, "k=%08190d", 1);
  assert_int_equal(extracted_members(text), 1);
  snprintf(text, sizeof text, "k=%08191d", 1);
  assert_int_equal(extracted_members(text), 0);
}

static void test_baggage_lines(void **state) {
  (void)state;
  static char long_line[9000];
  cspan_propagator *propagator = cspan_propagator_baggage();
  cspan_extracted extracted;
  set_header(&headers, "baggage", "a=1,b=2");
  set_header(&headers, "Baggage", "c=3;p");
  set_header(&headers, "baggage", "b=4");
  cspan_propagator_extract(propagator, NULL, &full_getter, &headers, &extracted);
  headers.count = 0;
  cspan_propagator_inject(propagator, &extracted.context, set_header, &headers);
  assert_string_equal(get_header(&headers, "baggage"), "a=1,b=4,c=3;p");
  cspan_extracted_free(&extracted);
  /* A line that does not fit into the limit takes nothing of the others with it. */
  snprintf(long_line, sizeof long_line, "long=%08980d", 0);
  headers.count = 0;
  set_header(&headers, "baggage", "a=1");
  set_header(&headers, "baggage", long_line);
  set_header(&headers, "baggage", long_line);
  cspan_propagator_extract(propagator, NULL, &full_getter, &headers, &extracted);
  assert_int_equal(cspan_baggage_count(extracted.context.baggage), 1);
  assert_string_equal(cspan_baggage_get(extracted.context.baggage, "a"), "1");
  cspan_extracted_free(&extracted);
  cspan_propagator_free(propagator);
}

/* ------------------------------------------------------------------- x-ray */

#define ROOT   "Root=1-5759e988-bd862e3fe1be46a994272793"
#define PARENT "Parent=53995c3f42cd8ad8"

static const parent_case xrays[] = {
    {ROOT ";" PARENT ";Sampled=1", 1},
    {ROOT ";" PARENT ";Sampled=0", 0},
    {ROOT ";" PARENT ";Sampled=?", 0},
    {ROOT ";" PARENT, 0},
    {" Sampled=1 ; " PARENT " ; " ROOT " ", 1},
    {"Self=1-67891234-12456789abcdef012345678;" ROOT ";" PARENT
     ";Sampled=1;Lineage=a87bd80c:1|68fd:0",
     1},
    {ROOT ";" PARENT ";;novalue;Sampled=1", 1},
    {"Root=1-5759E988-BD862E3FE1BE46A994272793;" PARENT ";Sampled=1", 1},
    {ROOT ";Sampled=1", -1},
    {PARENT ";Sampled=1", -1},
    {"Root=2-5759e988-bd862e3fe1be46a994272793;" PARENT, -1},
    {"Root=1-5759e988-bd862e3fe1be46a99427279;" PARENT, -1},
    {"Root=1-5759e98-8bd862e3fe1be46a994272793;" PARENT, -1},
    {"Root=1-5759e98x-bd862e3fe1be46a994272793;" PARENT, -1},
    {ROOT ";Parent=53995c3f42cd8ad", -1},
    {ROOT ";Parent=0000000000000000", -1},
    {"Root=1-00000000-000000000000000000000000;" PARENT, -1},
    {"", -1},
};

static void test_xray_extract(void **state) {
  (void)state;
  cspan_propagator *propagator = cspan_propagator_xray();
  for (size_t i = 0; i < sizeof xrays / sizeof xrays[0]; i++) {
    cspan_extracted extracted;
    cspan_span_context context;
    headers.count = 0;
    set_header(&headers, "x-amzn-trace-id", xrays[i].header);
    cspan_propagator_extract(propagator, NULL, &getter, &headers, &extracted);
    bool found = cspan_span_get_context(extracted.context.span, &context);
    if (found != (xrays[i].flags >= 0) || (found && context.trace_flags != xrays[i].flags))
      fail_msg("%s: found %d, flags %d", xrays[i].header, found, context.trace_flags);
    if (found)
      check_ids(&context);
    cspan_extracted_free(&extracted);
  }
  cspan_propagator_free(propagator);
}

static void test_xray_inject(void **state) {
  (void)state;
  cspan_propagator *propagator = cspan_propagator_xray();
  for (uint8_t flags = 0; flags < 2; flags++) {
    cspan_span span = remote_span(NULL, flags);
    const cspan_context context = {.span = span};
    headers.count = 0;
    cspan_propagator_inject(propagator, &context, set_header, &headers);
    assert_int_equal(headers.count, 1);
    assert_string_equal(headers.headers[0].name, "X-Amzn-Trace-Id");
    assert_string_equal(headers.headers[0].value,
                        flags ? ROOT ";" PARENT ";Sampled=1" : ROOT ";" PARENT ";Sampled=0");
    cspan_span_end(span);
  }
  cspan_propagator_free(propagator);
}

/* --------------------------------------------------------- several, by name */

static size_t field_count(const cspan_propagator *propagator) {
  size_t count = 0;
  while (cspan_propagator_fields(propagator)[count])
    count++;
  return count;
}

static const struct {
  const char *names;
  size_t fields;
} name_cases[] = {
    {"tracecontext", 2},
    {"tracecontext,baggage", 3},
    {" xray , baggage ", 2},
    {"xray,xray,xray", 1},
    {"b3", 1},
    {"b3multi", 4},
    {"jaeger", 1},
    {"ottrace", 3},
    {"tracecontext,baggage,b3,b3multi,jaeger,xray,ottrace", 13},
    {"baggage,tracecontext,baggage,baggage", 3},
    {"none", 0},
    {"none,none", 0},
    {"", 0},
    {",", 0},
};

static void test_by_name(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof name_cases / sizeof name_cases[0]; i++) {
    cspan_propagator *propagator = cspan_propagator_from_names(name_cases[i].names, NULL);
    assert_non_null(propagator);
    assert_int_equal(field_count(propagator), name_cases[i].fields);
    cspan_propagator_free(propagator);
  }
}

static char last_warning[200];

static void keep_warning(void *user, cspan_log_level level, const char *message) {
  (void)user;
  (void)level;
  snprintf(last_warning, sizeof last_warning, "%s", message);
}

static void test_by_environment(void **state) {
  (void)state;
  unsetenv("OTEL_PROPAGATORS");
  cspan_propagator *propagator = cspan_propagator_from_names(NULL, NULL);
  assert_int_equal(field_count(propagator), 3);
  cspan_propagator_free(propagator);
  setenv("OTEL_PROPAGATORS", "xray", 1);
  propagator = cspan_propagator_from_names(NULL, NULL);
  assert_int_equal(field_count(propagator), 1);
  cspan_propagator_free(propagator);
  setenv("OTEL_PROPAGATORS", "B3,xray,zipkin", 1);
  last_warning[0] = '\0';
  cspan_log_set(keep_warning, NULL, CSPAN_LOG_WARN);
  propagator = cspan_propagator_from_names(NULL, NULL);
  cspan_log_set(NULL, NULL, CSPAN_LOG_WARN);
  assert_int_equal(field_count(propagator), 1);
  assert_non_null(strstr(last_warning, "OTEL_PROPAGATORS: \"zipkin\""));
  cspan_propagator_free(propagator);
  unsetenv("OTEL_PROPAGATORS");
}

static void test_unknown_name(void **state) {
  (void)state;
  cspan_error *error = NULL;
  assert_null(cspan_propagator_from_names("tracecontext,b4", &error));
  assert_int_equal(cspan_error_status(error), CSPAN_ERR_CONFIG);
  assert_string_equal(cspan_error_message(error),
                      "\"b4\" is not a propagator: use tracecontext, baggage, b3, b3multi, "
                      "jaeger, xray, ottrace or none");
  cspan_error_free(error);
}

/* A later propagator's finding replaces an earlier one's. */
static void test_composite(void **state) {
  (void)state;
  cspan_propagator *propagator = cspan_propagator_from_names("xray,tracecontext,baggage", NULL);
  cspan_extracted extracted;
  cspan_span_context context;
  set_header(&headers, "traceparent", "00-" IDS "-01");
  set_header(&headers, "baggage", "k=v");
  set_header(&headers, "X-Amzn-Trace-Id",
             "Root=1-11111111-111111111111111111111111;" PARENT ";Sampled=0");
  cspan_propagator_extract(propagator, NULL, &getter, &headers, &extracted);
  assert_true(cspan_span_get_context(extracted.context.span, &context));
  check_ids(&context);
  assert_string_equal(cspan_baggage_get(extracted.context.baggage, "k"), "v");
  headers.count = 0;
  cspan_propagator_inject(propagator, &extracted.context, set_header, &headers);
  assert_int_equal(headers.count, 3);
  assert_string_equal(headers.headers[0].value, ROOT ";" PARENT ";Sampled=1");
  assert_string_equal(headers.headers[1].value, "00-" IDS "-01");
  assert_string_equal(headers.headers[2].value, "k=v");
  cspan_extracted_free(&extracted);
  assert_null(extracted.context.baggage);
  cspan_extracted_free(&extracted);
  cspan_extracted_free(NULL);
  cspan_propagator_free(propagator);
}

/* The fields of all parts, each once. */
static void test_fields(void **state) {
  (void)state;
  static const char *const expected[] = {"X-Amzn-Trace-Id", "traceparent", "tracestate", NULL};
  cspan_propagator *parts[3] = {cspan_propagator_xray(), cspan_propagator_tracecontext(),
                                cspan_propagator_xray()};
  cspan_propagator *propagator = cspan_propagator_composite(parts, 3);
  const char *const *fields = cspan_propagator_fields(propagator);
  for (size_t i = 0; expected[i]; i++)
    assert_string_equal(fields[i], expected[i]);
  assert_null(fields[3]);
  cspan_propagator_free(propagator);
  assert_null(cspan_propagator_fields(NULL)[0]);
}

static int frees;

static void count_free(void *self) {
  (void)self;
  frees++;
}

static void test_composite_owns_its_parts(void **state) {
  (void)state;
  static const cspan_propagator_vtable vtable = {.size = sizeof vtable, .free = count_free};
  cspan_propagator *parts[2] = {cspan_propagator_create(&vtable, NULL), NULL};
  assert_null(cspan_propagator_composite(parts, 2)); /* as when a creator had no memory */
  assert_int_equal(frees, 1);
  parts[0] = cspan_propagator_create(&vtable, NULL);
  parts[1] = cspan_propagator_create(&vtable, NULL);
  cspan_propagator *propagator = cspan_propagator_composite(parts, 2);
  cspan_extracted extracted;
  cspan_propagator_extract(propagator, NULL, &getter, &headers, &extracted);
  cspan_propagator_inject(propagator, NULL, set_header, &headers);
  cspan_propagator_inject(NULL, NULL, set_header, &headers);
  assert_int_equal(headers.count, 0);
  cspan_propagator_free(propagator);
  assert_int_equal(frees, 3);
  cspan_propagator_free(NULL);
}

static void test_global(void **state) {
  (void)state;
  static const cspan_propagator_vtable vtable = {.size = sizeof vtable, .free = count_free};
  frees = 0;
  cspan_span span = remote_span(NULL, 1);
  const cspan_context context = {.span = span};
  cspan_extracted extracted;
  /* Nothing is set: it can be used, and does nothing. */
  set_header(&headers, "traceparent", "00-" IDS "-01");
  assert_non_null(cspan_propagator_global());
  assert_null(cspan_propagator_fields(cspan_propagator_global())[0]);
  cspan_propagator_extract(cspan_propagator_global(), NULL, &getter, &headers, &extracted);
  assert_null(extracted.context.span.slot);
  cspan_extracted_free(&extracted);
  cspan_propagator_inject(cspan_propagator_global(), &context, set_header, &headers);
  assert_int_equal(headers.count, 1);
  cspan_propagator_set_global(cspan_propagator_create(&vtable, NULL));
  cspan_propagator *own = cspan_propagator_tracecontext();
  cspan_propagator_set_global(own);
  assert_int_equal(frees, 1);
  cspan_propagator_set_global(own); /* setting it again does not free it */
  assert_ptr_equal(cspan_propagator_global(), own);
  headers.count = 0;
  cspan_propagator_inject(cspan_propagator_global(), &context, set_header, &headers);
  assert_string_equal(get_header(&headers, "traceparent"), "00-" IDS "-01");
  cspan_propagator_set_global(NULL);
  assert_null(cspan_propagator_fields(cspan_propagator_global())[0]);
  cspan_span_end(span);
}

/* --------------------------------------------------------- one of one's own */

static const cspan_context_key tenant_key = {"tenant"};

static void free_text(void *text) {
  frees++;
  free(text);
}

static void tenant_extract(void *self, const cspan_carrier_getter *from, void *of,
                           cspan_extracted *out) {
  (void)self;
  assert_null(cspan_carrier_key(from, of, 0)); /* the carrier tells no names */
  assert_null(cspan_carrier_value(from, of, "tenant", 1));
  const char *text = cspan_carrier_value(from, of, "tenant", 0);
  assert_true(cspan_extracted_set_value(out, &tenant_key, strdup(text), free_text));
}

static void tenant_inject(void *self, const cspan_context *context, cspan_carrier_set_fn set,
                          void *to) {
  (void)self;
  set(to, "Tenant", cspan_context_value_get(context, &tenant_key));
}

/* Its values live in the context until what was extracted is freed; a caller built with a smaller
 * getter is served as well. */
static void test_values_of_an_extension(void **state) {
  (void)state;
  static const cspan_propagator_vtable vtable = {
      .size = sizeof vtable, .inject = tenant_inject, .extract = tenant_extract};
  cspan_carrier_getter old = full_getter;
  old.size = offsetof(cspan_carrier_getter, keys);
  cspan_propagator *propagator = cspan_propagator_create(&vtable, NULL);
  cspan_extracted extracted;
  frees = 0;
  set_header(&headers, "tenant", "blue");
  set_header(&headers, "tenant", "green");
  cspan_propagator_extract(propagator, NULL, &old, &headers, &extracted);
  headers.count = 0;
  cspan_context below = cspan_context_with_span(&extracted.context, (cspan_span){0});
  cspan_propagator_inject(propagator, &below, set_header, &headers);
  assert_string_equal(get_header(&headers, "tenant"), "blue");
  assert_int_equal(frees, 0);
  cspan_extracted_free(&extracted);
  assert_int_equal(frees, 1);
  cspan_propagator_free(propagator);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(test_traceparent, clear_headers),
      cmocka_unit_test_setup(test_tracestate, clear_headers),
      cmocka_unit_test_setup(test_tracestate_members, clear_headers),
      cmocka_unit_test_setup(test_inject_trace_context, clear_headers),
      cmocka_unit_test_setup(test_inject_span_that_ends, clear_headers),
      cmocka_unit_test_setup(test_inject_current_span, clear_headers),
      cmocka_unit_test_setup(test_header_lines, clear_headers),
      cmocka_unit_test_setup(test_tracestate_of_endless_lines, clear_headers),
      cmocka_unit_test_setup(test_extract_keeps_the_parent, clear_headers),
      cmocka_unit_test_setup(test_baggage, clear_headers),
      cmocka_unit_test_setup(test_baggage_limits, clear_headers),
      cmocka_unit_test_setup(test_baggage_lines, clear_headers),
      cmocka_unit_test_setup(test_xray_extract, clear_headers),
      cmocka_unit_test_setup(test_xray_inject, clear_headers),
      cmocka_unit_test_setup(test_by_name, clear_headers),
      cmocka_unit_test_setup(test_by_environment, clear_headers),
      cmocka_unit_test_setup(test_unknown_name, clear_headers),
      cmocka_unit_test_setup(test_composite, clear_headers),
      cmocka_unit_test_setup(test_fields, clear_headers),
      cmocka_unit_test_setup(test_composite_owns_its_parts, clear_headers),
      cmocka_unit_test_setup(test_global, clear_headers),
      cmocka_unit_test_setup(test_values_of_an_extension, clear_headers),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
