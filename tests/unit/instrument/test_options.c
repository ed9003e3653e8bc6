/* SPDX-License-Identifier: Apache-2.0 */
/* The section of a configuration file that is the instrumentation's: every key to its option, what
 * the program chose before it, and what is wrong told with its place. */
#include <cloudspan/ext/propagator.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "instrument/options.h"
#include "instrument/options_schema.h"

#define SECTION "file_format: \"1.0\"\ninstrumentation/development:\n  c:\n    cloudspan:\n"

typedef struct completed {
  cspan_configuration *configuration;
  cspan_file_options memory;
  cspan_trace_options options;
} completed;

static void complete(completed *c, const char *yaml, const cspan_trace_options *given) {
  cspan_error *error = NULL;
  memset(c, 0, sizeof *c);
  if (given != NULL) {
    c->options = *given;
  }
  if (cspan_configuration_parse(yaml, strlen(yaml), "f", &c->configuration, &error) != CSPAN_OK) {
    fail_msg("%s", cspan_error_message(error));
  }
  c->options.configuration = c->configuration;
  if (cspan_options_complete(&c->options, &c->memory, &error) != CSPAN_OK) {
    fail_msg("%s", cspan_error_message(error));
  }
}

static void drop(completed *c) {
  cspan_propagator_free(c->options.propagator);
  cspan_file_options_free(&c->memory);
  cspan_configuration_free(c->configuration);
}

static void check_texts(const char *const *texts, const char *joined) {
  char all[256] = "";
  assert_non_null(texts);
  for (size_t i = 0; texts[i] != NULL; i++) {
    size_t len = strlen(all);
    snprintf(all + len, sizeof all - len, "%s%s", i > 0 ? "|" : "", texts[i]);
  }
  assert_string_equal(all, joined);
}

static bool has_field(const cspan_propagator *propagator, const char *name) {
  const char *const *fields = cspan_propagator_fields(propagator);
  for (size_t i = 0; fields[i] != NULL; i++) {
    if (strcasecmp(fields[i], name) == 0) {
      return true;
    }
  }
  return false;
}

static const char everything[] =
    SECTION "      retries: events_and_spans\n"
            "      semconv: dup\n"
            "      expected_outcomes: [\"404\", \"GetObject:NoSuchKey\"]\n"
            "      messaging_spans: Plain\n"
            "      carriers: [sqs, states]\n"
            "      attributes:\n"
            "        add:\n"
            "          - {service: DynamoDB, operation: \"Query,Scan\", source: output, path: "
            "LastKey.Id, key: app.last, form: int, max_bytes: 12}\n"
            "          - {path: \"Names[]\", key: app.names}\n"
            "        remove: [aws.s3.key, \"db.*\"]\n"
            "      metrics: false\n"
            "      cost: {enabled: true, price_file: /p.json, transfer_out: true}\n"
            "      allocation_tags: [team, tenant]\n"
            "      propagators: b3multi\n";

static void every_key(void **state) {
  (void)state;
  completed c;
  complete(&c, everything, NULL);
  const cspan_trace_options *o = &c.options;
  assert_int_equal(o->retries, CSPAN_RETRY_EVENTS_AND_SPANS);
  assert_int_equal(o->semconv, CSPAN_SEMCONV_DUP);
  check_texts(o->expected_outcomes, "404|GetObject:NoSuchKey");
  assert_int_equal(o->messaging_spans, CSPAN_MESSAGING_SPANS_PLAIN);
  assert_int_equal(o->carriers, CSPAN_CARRIER_SQS | CSPAN_CARRIER_STATES);
  assert_int_equal(o->attribute_rule_count, 2);
  const cspan_attribute_rule *rule = &o->attribute_rules[0];
  assert_string_equal(rule->service, "DynamoDB");
  assert_string_equal(rule->operation, "Query,Scan");
  assert_int_equal(rule->source, CSPAN_FROM_OUTPUT);
  assert_string_equal(rule->path, "LastKey.Id");
  assert_string_equal(rule->key, "app.last");
  assert_int_equal(rule->form, CSPAN_AS_INT);
  assert_int_equal(rule->max_bytes, 12);
  rule = &o->attribute_rules[1];
  assert_null(rule->service);
  assert_null(rule->operation);
  assert_int_equal(rule->source, CSPAN_FROM_INPUT);
  assert_int_equal(rule->form, CSPAN_AS_STRING);
  assert_int_equal(rule->max_bytes, 0);
  check_texts(o->removed_attributes, "aws.s3.key|db.*");
  assert_int_equal(o->metrics, CSPAN_SWITCH_OFF);
  assert_int_equal(o->cost, CSPAN_SWITCH_ON);
  assert_int_equal(o->cost_transfer_out, CSPAN_SWITCH_ON);
  assert_string_equal(o->price_file, "/p.json");
  check_texts(o->allocation_tags, "team|tenant");
  assert_true(has_field(o->propagator, "X-B3-TraceId"));
  assert_false(has_field(o->propagator, "X-Amzn-Trace-Id"));
  drop(&c);
}

/* The words stand in the order of the C values. */
static void every_word(void **state) {
  (void)state;
  static const struct {
    const char *yaml; /* with %s for the word */
    const char *const *words;
    size_t offset;
    unsigned first;
    unsigned step; /* 0: each is twice the one before */
  } cases[] = {
      {"      retries: %s\n", cspan_option_retries, offsetof(cspan_trace_options, retries), 0, 1},
      {"      semconv: %s\n", cspan_option_semconv, offsetof(cspan_trace_options, semconv), 1, 1},
      {"      messaging_spans: %s\n", cspan_option_spans,
       offsetof(cspan_trace_options, messaging_spans), 1, 1},
      {"      carriers: [%s]\n", cspan_option_carriers, offsetof(cspan_trace_options, carriers),
       CSPAN_CARRIER_SQS, 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    unsigned want = cases[i].first;
    for (const char *const *word = cases[i].words; *word != NULL; word++) {
      char section[128];
      char yaml[256];
      unsigned value;
      completed c;
      snprintf(section, sizeof section, cases[i].yaml, *word);
      snprintf(yaml, sizeof yaml, SECTION "%s", section);
      complete(&c, yaml, NULL);
      memcpy(&value, (const char *)&c.options + cases[i].offset, sizeof value);
      if (value != want) {
        fail_msg("%s is %u, not %u", section, value, want);
      }
      want = cases[i].step > 0 ? want + cases[i].step : want * 2;
      drop(&c);
    }
  }
}

static void rule_words(void **state) {
  (void)state;
  for (int i = 0; cspan_option_forms[i] != NULL; i++) {
    char yaml[256];
    completed c;
    snprintf(yaml, sizeof yaml,
             SECTION "      attributes: {add: [{path: A, key: k, form: %s, source: %s}]}\n",
             cspan_option_forms[i], cspan_option_sources[i % 3]);
    complete(&c, yaml, NULL);
    assert_int_equal(c.options.attribute_rules[0].form, i);
    assert_int_equal(c.options.attribute_rules[0].source, i % 3);
    drop(&c);
  }
  assert_string_equal(cspan_option_forms[CSPAN_AS_ONLY_NAME], "only_name");
  assert_null(cspan_option_forms[CSPAN_AS_ONLY_NAME + 1]);
  assert_string_equal(cspan_option_sources[CSPAN_FROM_ERROR], "error");
}

static void empty_lists(void **state) {
  (void)state;
  completed c;
  complete(&c,
           SECTION "      carriers: []\n      expected_outcomes: []\n      attributes:\n      "
                   "cost:\n",
           NULL);
  assert_int_equal(c.options.carriers, CSPAN_CARRIERS_NONE);
  check_texts(c.options.expected_outcomes, "");
  assert_int_equal(c.options.cost, CSPAN_SWITCH_DEFAULT);
  drop(&c);
}

/* ------------------------------------------------------------- who comes first */

static void the_program_chose(void **state) {
  (void)state;
  static const char *const texts[] = {"mine", NULL};
  const cspan_attribute_rule rule = {.path = "Mine", .key = "mine"};
  completed c;
  const cspan_trace_options given = {.retries = CSPAN_RETRY_SPANS,
                                     .semconv = CSPAN_SEMCONV_LEGACY,
                                     .expected_outcomes = texts,
                                     .messaging_spans = CSPAN_MESSAGING_SPANS_CONVENTION,
                                     .carriers = CSPAN_CARRIER_LAMBDA,
                                     .attribute_rules = &rule,
                                     .attribute_rule_count = 1,
                                     .removed_attributes = texts,
                                     .metrics = CSPAN_SWITCH_ON,
                                     .cost = CSPAN_SWITCH_OFF,
                                     .cost_transfer_out = CSPAN_SWITCH_OFF,
                                     .price_file = "/mine",
                                     .allocation_tags = texts,
                                     .propagator = cspan_propagator_tracecontext()};
  cspan_trace_options want = given;
  complete(&c, everything, &given);
  want.configuration = c.configuration;
  assert_memory_equal(&c.options, &want, sizeof want);
  drop(&c);
}

/* Without a section only the propagators are the file's. */
static void no_section(void **state) {
  (void)state;
  completed c;
  complete(&c, "file_format: \"1.0\"\npropagator: {composite: [{b3: }]}\n", NULL);
  assert_int_equal(c.options.retries, CSPAN_RETRY_EVENTS);
  assert_int_equal(c.options.metrics, CSPAN_SWITCH_DEFAULT);
  assert_null(c.options.expected_outcomes);
  assert_true(has_field(c.options.propagator, "b3"));
  assert_true(has_field(c.options.propagator, "X-Amzn-Trace-Id"));
  assert_false(has_field(c.options.propagator, "traceparent"));
  drop(&c);
}

static void the_environment_names_it(void **state) {
  (void)state;
  char path[] = "/tmp/cloudspan-options-XXXXXX";
  int fd = mkstemp(path);
  static const char yaml[] = SECTION "      retries: spans\n";
  assert_true(fd >= 0 && write(fd, yaml, sizeof yaml - 1) == (ssize_t)(sizeof yaml - 1));
  close(fd);
  cspan_trace_options options = {.size = sizeof options};
  cspan_file_options memory;
  setenv("OTEL_CONFIG_FILE", path, 1);
  assert_int_equal(cspan_options_complete(&options, &memory, NULL), CSPAN_OK);
  assert_int_equal(options.retries, CSPAN_RETRY_SPANS);
  cspan_propagator_free(options.propagator);
  cspan_file_options_free(&memory);
  unlink(path);

  cspan_error *error = NULL;
  options = (cspan_trace_options){.size = sizeof options};
  assert_int_equal(cspan_options_complete(&options, &memory, &error), CSPAN_ERR_IO);
  assert_non_null(strstr(cspan_error_message(error), "OTEL_CONFIG_FILE: "));
  cspan_error_free(error);
  cspan_file_options_free(&memory);

  unsetenv("OTEL_CONFIG_FILE");
  options = (cspan_trace_options){.size = sizeof options};
  assert_int_equal(cspan_options_complete(&options, &memory, NULL), CSPAN_OK);
  assert_null(options.propagator);
  cspan_file_options_free(&memory);
}

/* --------------------------------------------------------------- what is wrong */

static void errors(void **state) {
  (void)state;
  static const struct {
    const char *section;
    const char *message; /* after "f:5:" */
  } cases[] = {
      {"      retrie: spans\n", "15: instrumentation/development.c.cloudspan.retrie: is not known; "
                                "did you mean \"retries\"?"},
      {"      retries: span\n", "16: instrumentation/development.c.cloudspan.retries: is \"span\", "
                                "which is none of events, spans, events_and_spans"},
      {"      metrics: 1\n",
       "16: instrumentation/development.c.cloudspan.metrics: must be true or false"},
      {"      carriers: [s3]\n",
       "18: instrumentation/development.c.cloudspan.carriers[0]: is \"s3\", which is none of sqs"},
      {"      cost: {enable: true}\n", "22: instrumentation/development.c.cloudspan.cost.enable: "
                                       "is not known; did you mean \"enabled\"?"},
      {"      expected_outcomes: [\"304\", \"Get:\"]\n",
       "34: instrumentation/development.c.cloudspan.expected_outcomes[1]: expected_outcomes: "
       "\"Get:\" is not understood"},
      {"      attributes: {add: [{path: A}]}\n",
       "26: instrumentation/development.c.cloudspan.attributes.add[0]"},
      {"      attributes: {add: [{path: \"A..B\", key: k}]}\n",
       "26: instrumentation/development.c.cloudspan.attributes.add[0]: "},
      {"      attributes: {add: [{path: A, key: \"\"}]}\n",
       "26: instrumentation/development.c.cloudspan.attributes.add[0]: "},
      {"      attributes: {add: [{path: A, key: a}, {path: B, key: b, operation: G*t}]}\n",
       "45: instrumentation/development.c.cloudspan.attributes.add[1]: row 2 of the attribute "
       "rules: "
       "in its operations '*' may only end a name"},
      {"      attributes: {remove: [a.*, \"a.*.b\"]}\n",
       "28: instrumentation/development.c.cloudspan.attributes.remove: key 2 of the removed "
       "attributes: '*' may only be its end"},
      {"      allocation_tags: [a, \"\"]\n",
       "24: instrumentation/development.c.cloudspan.allocation_tags: cspan_trace_append: a key"},
      {"      allocation_tags: [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q]\n",
       "24: instrumentation/development.c.cloudspan.allocation_tags: cspan_trace_append: "
       "allocation_tags has more than 16 keys"},
      {"      propagators: tracecontex\n",
       "20: instrumentation/development.c.cloudspan.propagators: "},
      {"      attributes: {add: [{path: A, key: k, max_bytes: 0}]}\n",
       "55: instrumentation/development.c.cloudspan.attributes.add[0].max_bytes: must be"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char yaml[512];
    char start[256];
    cspan_configuration *configuration = NULL;
    cspan_file_options memory;
    cspan_error *error = NULL;
    snprintf(yaml, sizeof yaml, SECTION "%s", cases[i].section);
    snprintf(start, sizeof start, "f:5:%s", cases[i].message);
    assert_int_equal(cspan_configuration_parse(yaml, strlen(yaml), "f", &configuration, NULL),
                     CSPAN_OK);
    cspan_trace_options options = {.size = sizeof options, .configuration = configuration};
    cspan_status status = cspan_options_complete(&options, &memory, &error);
    if (status != CSPAN_ERR_CONFIG || cspan_error_status(error) != CSPAN_ERR_CONFIG ||
        strncmp(cspan_error_message(error), start, strlen(start)) != 0) {
      fail_msg("%s\n  gives: %s (%d)\n  not:   %s", cases[i].section, cspan_error_message(error),
               status, start);
    }
    assert_null(options.propagator);
    cspan_error_free(error);
    cspan_file_options_free(&memory);
    cspan_configuration_free(configuration);
  }
}

/* ------------------------------------------------------------ other sections */

static char logged[1024];

static void keep_log(void *user, cspan_log_level level, const char *message) {
  (void)user;
  (void)level;
  snprintf(logged + strlen(logged), sizeof logged - strlen(logged), "%s\n", message);
}

/* Sections of other libraries are theirs; one that was meant to be ours is told. */
static void mistyped_sections(void **state) {
  (void)state;
  static const struct {
    const char *languages; /* below instrumentation/development */
    const char *log;
  } cases[] = {
      {"  c:\n    cloudspn: {retries: spans}\n",
       "f:4:15: instrumentation/development.c.cloudspn: is not known and is ignored; did you mean "
       "\"cloudspan\"?\n"},
      {"  c:\n    cloudspan: {retries: spans}\n    cloud_span: {semconv: dup}\n",
       "f:5:17: instrumentation/development.c.cloud_span: is not known and is ignored; did you "
       "mean "
       "\"cloudspan\"?\n"},
      {"  c:\n    cloudspan: {retries: spans}\n    libpq: {retries: 7}\n", ""},
      {"  c:\n  java: {cloudspn: 1}\n", ""},
      {"  java:\n", ""},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char yaml[512];
    completed c;
    snprintf(yaml, sizeof yaml, "file_format: \"1.0\"\ninstrumentation/development:\n%s",
             cases[i].languages);
    logged[0] = '\0';
    cspan_log_set(keep_log, NULL, CSPAN_LOG_WARN);
    complete(&c, yaml, NULL);
    cspan_log_set(NULL, NULL, CSPAN_LOG_WARN);
    assert_string_equal(logged, cases[i].log);
    bool is_ours = strstr(cases[i].languages, "cloudspan: {retries") != NULL;
    assert_int_equal(c.options.retries, is_ours ? CSPAN_RETRY_SPANS : CSPAN_RETRY_EVENTS);
    drop(&c);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_key),
      cmocka_unit_test(every_word),
      cmocka_unit_test(rule_words),
      cmocka_unit_test(empty_lists),
      cmocka_unit_test(the_program_chose),
      cmocka_unit_test(no_section),
      cmocka_unit_test(the_environment_names_it),
      cmocka_unit_test(errors),
      cmocka_unit_test(mistyped_sections),
  };
  unsetenv("OTEL_CONFIG_FILE");
  return cmocka_run_group_tests(tests, NULL, NULL);
}
