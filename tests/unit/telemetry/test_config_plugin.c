/* SPDX-License-Identifier: Apache-2.0 */
/* Components of a program's own in a configuration file, and the resource, seen by an exporter
 * that is one. */
#include "unit/telemetry/config_fixture.h"

#include <cloudspan/ext/exporter.h>
#include <cloudspan/ext/propagator.h>
#include <cloudspan/ext/sampler.h>

/* What the last call of a create function was given. */
static struct {
  char properties[256];
  cspan_config_type type;
  size_t calls;
  cspan_span_exporter *memory;
} seen;

static void note(const cspan_config_node *properties) {
  const char *key;
  const char *text;
  seen.calls++;
  seen.type = cspan_config_node_type(properties);
  seen.properties[0] = '\0';
  for (size_t i = 0; i < cspan_config_node_count(properties); i++) {
    const cspan_config_node *member = cspan_config_node_at(properties, i, &key);
    strcat(seen.properties, key);
    if (cspan_config_node_string(member, &text)) {
      strcat(seen.properties, "=");
      strcat(seen.properties, text);
    }
    strcat(seen.properties, ";");
  }
}

static cspan_status make_exporter(void *user, const cspan_config_node *properties,
                                  cspan_component *out, cspan_error **error) {
  (void)error;
  assert_ptr_equal(user, &seen);
  note(properties);
  out->exporter = cspan_exporter_memory();
  seen.memory = out->exporter;
  return CSPAN_OK;
}

static cspan_status make_processor(void *user, const cspan_config_node *properties,
                                   cspan_component *out, cspan_error **error) {
  (void)user;
  (void)error;
  note(properties);
  out->processor = cspan_processor_simple(cspan_exporter_memory());
  return CSPAN_OK;
}

static cspan_status make_sampler(void *user, const cspan_config_node *properties,
                                 cspan_component *out, cspan_error **error) {
  (void)user;
  int64_t per_mille;
  note(properties);
  if (!cspan_config_node_int64(cspan_config_node_get(properties, "per_mille"), &per_mille)) {
    return cspan_config_node_error(properties, error, "needs a whole number per_mille");
  }
  out->sampler = cspan_sampler_trace_id_ratio((double)per_mille / 1000);
  return CSPAN_OK;
}

static cspan_status make_propagator(void *user, const cspan_config_node *properties,
                                    cspan_component *out, cspan_error **error) {
  (void)user;
  (void)error;
  note(properties);
  out->propagator = cspan_propagator_xray();
  return CSPAN_OK;
}

static cspan_status detect(void *user, const cspan_config_node *properties, cspan_component *out,
                           cspan_error **error) {
  (void)user;
  const char *strings[] = {"a", "b"};
  const cspan_attr attributes[] = {
      cspan_attr_string("host.rack", "r7"), cspan_attr_string("host.secret", "x"),
      cspan_attr_int64("host.slot", 4), cspan_attr_strings("host.tags", strings, 2),
      cspan_attr_string("service.version", "detected")};
  note(properties);
  return cspan_resource_create(attributes, sizeof attributes / sizeof attributes[0], NULL,
                               &out->resource, error);
}

static cspan_status make_nothing(void *user, const cspan_config_node *properties,
                                 cspan_component *out, cspan_error **error) {
  (void)properties;
  (void)out;
  (void)error;
  return user != NULL ? CSPAN_ERR_IO : CSPAN_OK;
}

static const cspan_component_provider providers[] = {
    {.kind = CSPAN_COMPONENT_SPAN_EXPORTER,
     .name = "memory",
     .create = make_exporter,
     .user = &seen},
    {.kind = CSPAN_COMPONENT_SPAN_PROCESSOR, .name = "mine", .create = make_processor},
    {.kind = CSPAN_COMPONENT_SAMPLER, .name = "mine", .create = make_sampler},
    {.kind = CSPAN_COMPONENT_PROPAGATOR, .name = "mine", .create = make_propagator},
    {.kind = CSPAN_COMPONENT_RESOURCE_DETECTOR, .name = "mine", .create = detect},
    {.kind = CSPAN_COMPONENT_RESOURCE_DETECTOR, .name = "idle", .create = make_nothing},
    {.kind = CSPAN_COMPONENT_SPAN_EXPORTER, .name = "nothing", .create = make_nothing},
    {.kind = CSPAN_COMPONENT_SPAN_EXPORTER,
     .name = "broken",
     .create = make_nothing,
     .user = &seen},
};
enum { PROVIDERS = sizeof providers / sizeof providers[0] };

static int open_all(void **state) {
  config_listen(state);
  for (size_t i = 0; i < PROVIDERS; i++) {
    if (cspan_component_register(&providers[i], NULL) != CSPAN_OK) {
      return 1;
    }
  }
  return 0;
}

static int close_all(void **state) {
  (void)state;
  for (size_t i = 0; i < PROVIDERS; i++) {
    if (!cspan_component_unregister(providers[i].kind, providers[i].name)) {
      return 1;
    }
  }
  return 0;
}

/* Kind and name together are the key; what is built in cannot be replaced. */
static void test_register(void **state) {
  (void)state;
  const struct {
    cspan_component_provider provider;
    const char *message;
  } cases[] = {
      {providers[0], "the span exporter \"memory\" is registered already"},
      {{.kind = CSPAN_COMPONENT_SAMPLER, .name = "always_on", .create = make_sampler},
       "the sampler \"always_on\" is built in"},
      {{.kind = CSPAN_COMPONENT_SPAN_PROCESSOR, .name = "batch", .create = make_sampler},
       "the span processor \"batch\" is built in"},
      {{.kind = CSPAN_COMPONENT_PROPAGATOR, .name = "b3", .create = make_sampler},
       "the propagator \"b3\" is built in"},
      {{.kind = CSPAN_COMPONENT_SAMPLER, .name = "x"}, "a component provider needs"},
      {{.kind = CSPAN_COMPONENT_SAMPLER, .create = make_sampler}, "a component provider needs"},
      {{.kind = CSPAN_COMPONENT_SAMPLER, .name = "", .create = make_sampler},
       "a component provider needs"},
      {{.kind = (cspan_component_kind)99, .name = "x", .create = make_sampler},
       "a component provider needs"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    cspan_error *error = NULL;
    assert_int_equal(cspan_component_register(&cases[i].provider, &error), CSPAN_ERR_INVALID);
    config_assert_contains(cspan_error_message(error), cases[i].message);
    cspan_error_free(error);
  }
  assert_int_equal(cspan_component_register(NULL, NULL), CSPAN_ERR_INVALID);
  assert_false(cspan_component_unregister(CSPAN_COMPONENT_SAMPLER, "memory"));
  const cspan_component_provider late = {
      .kind = CSPAN_COMPONENT_SAMPLER, .name = "late", .create = make_sampler};
  assert_int_equal(cspan_component_register(&late, NULL), CSPAN_OK);
  assert_true(cspan_component_unregister(CSPAN_COMPONENT_SAMPLER, "late"));
  assert_false(cspan_component_unregister(CSPAN_COMPONENT_SAMPLER, "late"));
  config_assert_contains(
      config_not_created("tracer_provider: {processors: [{simple: {exporter: {console: }}}], "
                         "sampler: {late: {per_mille: 1}}}"),
      "sampler.late: no sampler of that name");
}

static void test_components(void **state) {
  (void)state;
  static const struct {
    const char *body;
    const char *properties;
    cspan_config_type type;
  } cases[] = {
      {"tracer_provider: {processors: [{simple: {exporter: {memory: {path: /a, deep: {b: c}}}}}]}",
       "path=/a;deep;", CSPAN_CONFIG_MAP},
      {"tracer_provider: {processors: [{batch: {exporter: {memory: }}}]}", "", CSPAN_CONFIG_NULL},
      {"tracer_provider: {processors: [{mine: {a: \"1\"}}]}", "a=1;", CSPAN_CONFIG_MAP},
      {"tracer_provider: {processors: [{simple: {exporter: {console: }}}], sampler: {mine: "
       "{per_mille: 5}}}",
       "per_mille;", CSPAN_CONFIG_MAP},
      {"tracer_provider: {processors: [{simple: {exporter: {console: }}}], sampler: {parent_based: "
       "{root: {mine: {per_mille: 5, x: y}}}}}",
       "per_mille;x=y;", CSPAN_CONFIG_MAP},
      {"propagator: {composite: [{mine: {k: v}}]}", "k=v;", CSPAN_CONFIG_MAP},
      {"propagator: {composite_list: \"tracecontext,mine\"}", "", CSPAN_CONFIG_NULL},
      {"resource: {detection/development: {detectors: [{mine: {q: r}}]}}", "q=r;",
       CSPAN_CONFIG_MAP},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    memset(&seen, 0, sizeof seen);
    cspan_sdk_free(config_create(cases[i].body));
    assert_int_equal(seen.calls, 1);
    assert_string_equal(seen.properties, cases[i].properties);
    assert_int_equal(seen.type, cases[i].type);
  }
}

static void test_failures(void **state) {
  (void)state;
  static const struct {
    const char *body;
    const char *message;
  } cases[] = {
      {"tracer_provider: {processors: [{simple: {exporter: {console: }}}], sampler: {mine: "
       "{per_mile: 5}}}",
       "t:2:84: tracer_provider.sampler.mine: needs a whole number per_mille"},
      {"tracer_provider: {processors: [{simple: {exporter: {broken: }}}]}",
       "processors[0].simple.exporter.broken: the span exporter was not made: io"},
      {"tracer_provider: {processors: [{simple: {exporter: {nothing: }}}]}",
       "no memory for the \"nothing\" of the configuration"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    config_assert_contains(config_not_created(cases[i].body), cases[i].message);
  }
  cspan_error *error = NULL;
  assert_int_equal(cspan_config_node_error(NULL, &error, "is odd"), CSPAN_ERR_CONFIG);
  assert_string_equal(cspan_error_message(error), "is odd");
  cspan_error_free(error);
}

/* ------------------------------------------------------------------- resource */

/* One span with the resource of a body, as it was exported. */
static cspan_span_list *exported(const char *resource, cspan_sdk **sdk) {
  char body[4096];
  snprintf(body, sizeof body,
           "tracer_provider: {processors: [{simple: {exporter: {memory: }}}]}\n%s", resource);
  *sdk = config_create(body);
  cspan_tracer *tracer = cspan_tracer_get(cspan_sdk_tracer_provider(*sdk), "t", NULL, NULL);
  cspan_span_end(cspan_span_start(tracer, NULL, "s", NULL));
  cspan_span_list *list = cspan_memory_spans(seen.memory);
  assert_non_null(list);
  assert_int_equal(cspan_span_list_count(list), 1);
  return list;
}

static void put_attr(const cspan_attr *attr, char *out, size_t room) {
  switch (attr != NULL ? (int)attr->type : -1) {
  case CSPAN_ATTR_STRING:
    snprintf(out, room, "%.*s", (int)attr->count, attr->value.string);
    break;
  case CSPAN_ATTR_BOOL:
    snprintf(out, room, "bool %d", attr->value.boolean);
    break;
  case CSPAN_ATTR_INT64:
    snprintf(out, room, "int %d", (int)attr->value.int64);
    break;
  case CSPAN_ATTR_DOUBLE:
    snprintf(out, room, "double %g", attr->value.number);
    break;
  case CSPAN_ATTR_STRING_ARRAY:
    snprintf(out, room, "%s,%s", attr->value.strings[0], attr->value.strings[1]);
    break;
  case CSPAN_ATTR_BOOL_ARRAY:
    snprintf(out, room, "bools %d,%d", attr->value.booleans[0], attr->value.booleans[1]);
    break;
  case CSPAN_ATTR_INT64_ARRAY:
    snprintf(out, room, "ints %d,%d", (int)attr->value.int64s[0], (int)attr->value.int64s[1]);
    break;
  case CSPAN_ATTR_DOUBLE_ARRAY:
    snprintf(out, room, "doubles %g,%g", attr->value.numbers[0], attr->value.numbers[1]);
    break;
  default:
    snprintf(out, room, "absent");
  }
}

typedef struct expectation {
  const char *key;
  const char *value;
} expectation;

static void assert_resource(const char *yaml, const expectation *expected) {
  cspan_sdk *sdk;
  cspan_span_list *list = exported(yaml, &sdk);
  const cspan_span_view *span = cspan_span_list_at(list, 0);
  for (; expected->key != NULL; expected++) {
    char value[256];
    put_attr(cspan_attrs_find(span->resource, span->resource_count, expected->key), value,
             sizeof value);
    if (strcmp(value, expected->value) != 0) {
      fail_msg("%s is \"%s\", not \"%s\"", expected->key, value, expected->value);
    }
  }
  cspan_span_list_free(list);
  cspan_sdk_free(sdk);
}

static void test_resource_types(void **state) {
  (void)state;
  static const expectation expected[] = {{"s", "text"},       {"quoted", "12"},
                                         {"b", "bool 1"},     {"i", "int -5"},
                                         {"d", "double 1.5"}, {"whole", "double 2"},
                                         {"ss", "x,y"},       {"bs", "bools 1,0"},
                                         {"is", "ints 1,2"},  {"ds", "doubles 1,2.5"},
                                         {"none", "absent"},  {"telemetry.sdk.name", "cloudspan"},
                                         {NULL, NULL}};
  assert_resource("resource:\n  attributes:\n"
                  "    - {name: s, value: text}\n"
                  "    - {name: quoted, value: \"12\", type: string}\n"
                  "    - {name: b, value: true, type: bool}\n"
                  "    - {name: i, value: -5, type: int}\n"
                  "    - {name: d, value: 1.5, type: double}\n"
                  "    - {name: whole, value: 2, type: DOUBLE}\n"
                  "    - {name: ss, value: [x, y], type: string_array}\n"
                  "    - {name: bs, value: [true, false], type: bool_array}\n"
                  "    - {name: is, value: [1, 2], type: int_array}\n"
                  "    - {name: ds, value: [1, 2.5], type: double_array}\n"
                  "    - {name: none, value: }\n",
                  expected);
}

/* attributes win over attributes_list, which wins over what was detected. The environment says
 * nothing unless its detectors are asked for. */
static void test_resource_precedence(void **state) {
  (void)state;
  setenv("OTEL_RESOURCE_ATTRIBUTES", "from.env=1,service.version=env", 1);
  setenv("OTEL_SERVICE_NAME", "env-service", 1);
  static const expectation plain[] = {{"service.name", "shop"},
                                      {"service.version", "2"},
                                      {"host.name", "absent"},
                                      {"both", "attributes"},
                                      {"listed", "a,b"},
                                      {"from.env", "absent"},
                                      {"service.instance.id", "absent"},
                                      {NULL, NULL}};
  assert_resource("resource:\n  attributes:\n    - {name: service.name, value: shop}\n"
                  "    - {name: both, value: attributes}\n"
                  "  attributes_list: \"both=list,service.version=2, listed = a%2Cb \"\n",
                  plain);
  static const expectation asked[] = {
      {"service.name", "env-service"}, {"service.version", "env"}, {"from.env", "1"}, {NULL, NULL}};
  assert_resource("resource: {detection/development: {detectors: [{service: }, {env: }]}}", asked);
  static const expectation filtered[] = {
      {"host.rack", "r7"},           {"host.slot", "int 4"},    {"host.tags", "a,b"},
      {"host.secret", "absent"},     {"process.pid", "absent"}, {"os.type", "absent"},
      {"service.version", "listed"}, {"from.env", "absent"},    {NULL, NULL}};
  assert_resource(
      "resource:\n  attributes_list: service.version=listed\n"
      "  detection/development:\n"
      "    attributes: {included: [\"host.*\"], excluded: [\"*.s?cret\"]}\n"
      "    detectors: [{mine: }, {env: }, {idle: }, {service: }, {host: }, {process: }]\n",
      filtered);
  setenv("OTEL_RESOURCE_ATTRIBUTES", "a=1,broken", 1);
  config_listen(NULL);
  static const expectation broken[] = {{"a", "absent"}, {NULL, NULL}};
  assert_resource("resource: {detection/development: {detectors: [{env: }]}}", broken);
  config_assert_contains(config_logged, "OTEL_RESOURCE_ATTRIBUTES is not a list");
  unsetenv("OTEL_RESOURCE_ATTRIBUTES");
  unsetenv("OTEL_SERVICE_NAME");
}

static void test_instance_id(void **state) {
  (void)state;
  cspan_sdk *sdk;
  cspan_span_list *list =
      exported("resource: {detection/development: {detectors: [{service: }]}}", &sdk);
  const cspan_span_view *span = cspan_span_list_at(list, 0);
  const cspan_attr *id =
      cspan_attrs_find(span->resource, span->resource_count, "service.instance.id");
  assert_non_null(id);
  assert_int_equal(id->count, 36);
  assert_int_equal(id->value.string[14], '4');
  assert_non_null(strchr("89ab", id->value.string[19]));
  cspan_span_list_free(list);
  cspan_sdk_free(sdk);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_register),
      cmocka_unit_test(test_components),
      cmocka_unit_test(test_failures),
      cmocka_unit_test(test_resource_types),
      cmocka_unit_test(test_resource_precedence),
      cmocka_unit_test(test_instance_id),
  };
  return cmocka_run_group_tests(tests, open_all, close_all);
}
