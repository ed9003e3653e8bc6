/* SPDX-License-Identifier: Apache-2.0 */
/* Endpoints that a service is asked for where that is wanted, but not needed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <cloudspan/cloudspan.h>

#include "support/model_folder.h"
#include "support/stand_in.h"
#include "unit/aws/home_fixture.h"

/* clang-format off */

#define SERVICE(name, more)                                                                        \
  "{'version': '2.0', 'metadata': {'apiVersion': '2112-06-01', 'endpointPrefix': 'x', "            \
  "'protocol': 'json', 'jsonVersion': '1.1', 'targetPrefix': 'X', 'serviceFullName': 'X', "        \
  "'serviceId': '" name "', 'signatureVersion': 'v4', 'uid': 'x'}, 'operations': {"                \
  "'DescribeEndpoints': {'name': 'DescribeEndpoints', 'http': {'method': 'POST', 'requestUri': "   \
  "'/'}, 'output': {'shape': 'Out'}, 'endpointoperation': true}, "                                 \
  "'Look': {'name': 'Look', 'http': {'method': 'POST', 'requestUri': '/'}, "                       \
  "'endpointdiscovery': {" more "}}}, 'shapes': {"                                                 \
  "'Text': {'type': 'string'}, 'Long': {'type': 'long'}, "                                         \
  "'Out': {'type': 'structure', 'members': {'Endpoints': {'shape': 'Endpoints'}}}, "               \
  "'Endpoints': {'type': 'list', 'member': {'shape': 'Endpoint'}}, "                               \
  "'Endpoint': {'type': 'structure', 'members': {'Address': {'shape': 'Text'}, "                   \
  "'CachePeriodInMinutes': {'shape': 'Long'}}}}}"

/* clang-format on */

/* What came: "ask;", "ask-fips;" and "PATH;". */
typedef struct service {
  pthread_mutex_t mutex;
  char seen[256];
  bool fails;      /* when it is asked for endpoints */
  int64_t minutes; /* that what it tells of endpoints holds */
} service;

static service here = {.mutex = PTHREAD_MUTEX_INITIALIZER, .minutes = 60};
static stand_in *server;
static char models[64];

static void serve(void *user, const stand_in_request *request, stand_in_answer *answer) {
  service *s = user;
  bool asks = strcmp(stand_in_header(request, "X-Amz-Target"), "X.DescribeEndpoints") == 0;
  pthread_mutex_lock(&s->mutex);
  size_t len = strlen(s->seen);
  const char *fips = strncmp(request->target, "/fips", 5) == 0 ? "-fips" : "";
  snprintf(s->seen + len, sizeof s->seen - len, "%s%s;", asks ? "ask" : request->target,
           asks ? fips : "");
  answer->status = asks && s->fails ? 400 : 200;
  if (asks && !s->fails) {
    snprintf(answer->body, sizeof answer->body,
             "{\"Endpoints\": [{\"Address\": \"%s/cell%s\", \"CachePeriodInMinutes\": %" PRId64
             "}]}",
             stand_in_url(server), fips, s->minutes);
  } else {
    snprintf(answer->body, sizeof answer->body, "{}");
  }
  pthread_mutex_unlock(&s->mutex);
}

static void expect_seen(const char *wanted) {
  char seen[sizeof here.seen];
  pthread_mutex_lock(&here.mutex);
  memcpy(seen, here.seen, sizeof seen);
  here.seen[0] = '\0';
  pthread_mutex_unlock(&here.mutex);
  assert_string_equal(seen, wanted);
}

static void put_model(const char *name, const char *json) {
  char path[96];
  char rules[768];
  snprintf(path, sizeof path, "%s/2112-06-01/service-2.json", name);
  model_folder_put_json(model_folder_path(models, path), json);
  snprintf(path, sizeof path, "%s/2112-06-01/endpoint-rule-set-1.json", name);
  snprintf(rules, sizeof rules,
           "{'version': '1.0', 'parameters': {'F': {'builtIn': 'AWS::UseFIPS', 'type': 'Boolean', "
           "'required': true, 'default': false}}, 'rules': [{'type': 'endpoint', 'conditions': "
           "[{'fn': 'booleanEquals', 'argv': [{'ref': 'F'}, true]}], "
           "'endpoint': {'url': '%s/fips', 'properties': {}, 'headers': {}}}, "
           "{'type': 'endpoint', 'conditions': [], "
           "'endpoint': {'url': '%s', 'properties': {}, 'headers': {}}}]}",
           stand_in_url(server), stand_in_url(server));
  model_folder_put_json(model_folder_path(models, path), rules);
}

static int make(void **state) {
  model_folder_make(models);
  server = stand_in_start(serve, &here);
  put_model("larder", SERVICE("larder", ""));
  put_model("strict", SERVICE("strict", "'required': true"));
  model_folder_put_json(
      model_folder_path(models, "partitions.json"),
      "{'version': '1.1', 'partitions': [{'id': 'aws', 'regionRegex': "
      "'^us\\\\-\\\\w+\\\\-\\\\d+$', "
      "'regions': {}, 'outputs': {'name': 'aws', 'dnsSuffix': 'x', 'dualStackDnsSuffix': 'x', "
      "'supportsFIPS': true, 'supportsDualStack': true}}]}");
  return home_make(state);
}

static int clean(void **state) {
  stand_in_stop(server);
  model_folder_remove(models);
  return home_remove(state);
}

/* With the setting. */
static cspan_client *open_client(const char *name, const char *setting, bool fails) {
  const cspan_aws_options options = {.size = sizeof options,
                                     .region = "us-east-1",
                                     .access_key_id = "AKIDEXAMPLE",
                                     .secret_access_key = "secret",
                                     .max_attempts = 1};
  const cspan_client_options with = {.size = sizeof with, .models = models};
  cspan_aws_config *config = NULL;
  cspan_client *client = NULL;
  home_set(NULL, NULL);
  if (setting != NULL) {
    setenv("AWS_ENABLE_ENDPOINT_DISCOVERY", setting, 1);
  }
  pthread_mutex_lock(&here.mutex);
  here.fails = fails;
  pthread_mutex_unlock(&here.mutex);
  assert_int_equal(cspan_aws_config_load(&options, &config, NULL), CSPAN_OK);
  assert_int_equal(cspan_client_create(config, name, &with, &client, NULL), CSPAN_OK);
  cspan_aws_config_free(config);
  return client;
}

/* Calls Look so often; the status of the last, or what became of it. */
static cspan_status look(const char *name, const char *setting, bool fails, int times,
                         cspan_error **error) {
  cspan_client *client = open_client(name, setting, fails);
  cspan_status status = CSPAN_OK;
  for (int i = 0; i < times && status == CSPAN_OK; i++) {
    status = cspan_call(NULL, client, "Look", NULL, NULL, error);
  }
  cspan_client_free(client);
  return status;
}

static void services_are_asked_where_that_is_wanted(void **state) {
  (void)state;
  static const struct {
    const char *service;
    const char *setting; /* NULL: none */
    bool fails;
    const char *seen; /* of two calls */
  } cases[] = {
      {"larder", NULL, false, "/;/;"},
      {"larder", "auto", false, "/;/;"},
      {"larder", "false", false, "/;/;"},
      {"larder", "true", false, "ask;/cell;/cell;"},
      {"larder", "true", true, "ask;/;/;"}, /* not again for a while */
      {"strict", NULL, false, "ask;/cell;/cell;"},
      {"strict", "true", false, "ask;/cell;/cell;"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    cspan_error *error = NULL;
    if (look(cases[i].service, cases[i].setting, cases[i].fails, 2, &error) != CSPAN_OK) {
      fail_msg("case %zu: %s", i, cspan_error_message(error));
    }
    expect_seen(cases[i].seen);
  }
}

static void who_needs_it_fails_without(void **state) {
  (void)state;
  cspan_error *error = NULL;
  assert_int_equal(look("strict", "false", false, 1, &error), CSPAN_ERR_CONFIG);
  assert_non_null(strstr(cspan_error_message(error), "endpoint_discovery_enabled is false"));
  expect_seen("");
  cspan_error_free(error);
  error = NULL;
  assert_int_equal(look("strict", NULL, true, 1, &error), CSPAN_ERR_SERVICE);
  expect_seen("ask;");
  cspan_error_free(error);
}

/* Periods that no clock can count do not hold, or not for longer than a week. */
static void odd_periods_are_bounded(void **state) {
  (void)state;
  static const struct {
    int64_t minutes;
    const char *seen; /* of two calls */
  } cases[] = {
      {0, "ask;/cell;ask;/cell;"},
      {-1, "ask;/cell;ask;/cell;"},
      {-200000000, "ask;/cell;ask;/cell;"}, /* in ns, int64_t would wrap to the far future */
      {INT64_MIN, "ask;/cell;ask;/cell;"},
      {200000000, "ask;/cell;/cell;"}, /* and here to the past */
      {INT64_MAX, "ask;/cell;/cell;"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    pthread_mutex_lock(&here.mutex);
    here.minutes = cases[i].minutes;
    pthread_mutex_unlock(&here.mutex);
    assert_int_equal(look("strict", NULL, false, 2, NULL), CSPAN_OK);
    expect_seen(cases[i].seen);
  }
  pthread_mutex_lock(&here.mutex);
  here.minutes = 60;
  pthread_mutex_unlock(&here.mutex);
}

/* A call whose own region is one of FIPS asks there, and what it is told is for such calls alone. */
static void regions_of_calls_are_asked_for(void **state) {
  (void)state;
  static const char *const regions[] = {NULL, "fips-us-east-1", "fips-us-east-1", "us-east-1"};
  cspan_client *client = open_client("strict", NULL, false);
  for (size_t i = 0; i < sizeof regions / sizeof regions[0]; i++) {
    const cspan_call_options options = {.size = sizeof options, .region = regions[i]};
    const cspan_client_request request = {
        .size = sizeof request, .operation = "Look", .options = &options};
    assert_int_equal(cspan_client_send(client, &request, NULL, NULL), CSPAN_OK);
  }
  cspan_client_free(client);
  expect_seen("ask;/cell;ask-fips;/cell-fips;/cell-fips;ask;/cell;");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(services_are_asked_where_that_is_wanted),
      cmocka_unit_test(who_needs_it_fails_without),
      cmocka_unit_test(odd_periods_are_bounded),
      cmocka_unit_test(regions_of_calls_are_asked_for),
  };
  return cmocka_run_group_tests(tests, make, clean);
}
