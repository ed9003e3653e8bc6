/* SPDX-License-Identifier: Apache-2.0 */
/* `cloudspan call`: exit codes, the options of all commands, the environment, the trace. */
#include "integration/call_scenario.h"

/* ------------------------------------------------------------- globals, codes */

static void exit_codes_tell_what_happened(void **state) {
  (void)state;
  static const scenario scenarios[] = {
      {.args = {"attic", "get-box", NAME_A},
       .answers = {"404 {\"__type\": \"Other\", \"message\": \"no\"}"},
       .code = 4,
       .err = "cloudspan call: no (Other, HTTP 404, request id id-1)"},
      {.args = {"attic", "get-box", NAME_A},
       .answers = {"400 {\"__type\": \"a.b#ResourceNotFoundException\", \"message\": \"no\"}"},
       .code = 4,
       .err = "ResourceNotFoundException"},
      {.args = {"attic", "get-box", NAME_A},
       .answers = {"400 {\"__type\": \"BoxDoesNotExist\"}"},
       .code = 4,
       .err = "BoxDoesNotExist"},
      {.args = {"attic", "get-box", NAME_A},
       .answers = {"400 {\"__type\": \"Full\"}"},
       .code = 1,
       .err = "Full"},
      {.args = {"attic", "get-box", NAME_A, "--api-version", "1999-01-01"},
       .code = 2,
       .err = "1999-01-01"},
      {.args = {"attic", "get-box", NAME_A, "--models", "~/no-models"},
       .code = 2,
       .err = "no-models"},
  };
  PLAY(scenarios);
  command c;
  char url[64];
  (void)snprintf(url, sizeof url, "http://127.0.0.1:%d", script_refused_port());
  const scenario refused = {.args = {"attic", "get-box", NAME_A}, .code = 1, .err = "call: "};
  run_at(&refused, url, &c);
  command_free(&c);
}

static void global_options_are_honoured(void **state) {
  (void)state;
  static const scenario scenarios[] = {
      {.args = {"attic", "get-box", NAME_A, "--region", "eu-west-3"},
       .answers = {"200 {}"},
       .sent = {"Credential=AKIDEXAMPLE/", "/eu-west-3/attic/aws4_request"}},
      {.args = {"attic", "get-box", NAME_A, "--profile", "other"},
       .answers = {"200 {}"},
       .sent = {"Credential=AKIDOTHER/", "/ap-south-1/attic/aws4_request"}},
      {.args = {"attic", "get-box", NAME_A, "--max-attempts", "2"},
       .answers = {"500 {}", "200 {\"Count\": 2}"},
       .out = "{\n    \"Count\": 2\n}\n"},
  };
  home_set("[default]\nregion = us-east-2\n[profile other]\nregion = ap-south-1\n"
           "aws_access_key_id = AKIDOTHER\naws_secret_access_key = " SECRET "\n",
           "[default]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = " SECRET "\n");
  PLAY(scenarios);
}

static void requests_may_go_unsigned(void **state) {
  (void)state;
  service own;
  command c;
  home_set(NULL, NULL);
  service_start(&own, (const char *const[]){"200 {}", NULL});
  const scenario s = {
      .args = {"attic", "get-box", NAME_A, "--no-sign-request", "--region", "us-east-1"}};
  run_at(&s, script_server_url(own.server, ""), &c);
  char *received = script_server_received(own.server);
  assert_has("the request", received, "GET /boxes/a HTTP");
  assert_null(strstr(received, "Authorization"));
  free(received);
  command_free(&c);
  script_server_stop(own.server);
  const scenario none = {.args = {"attic", "get-box", NAME_A, "--region", "us-east-1"},
                         .code = 2,
                         .err = "credential"};
  play(&none);
}

/* AWS_ENDPOINT_URL_ATTIC is for this service alone, and comes before AWS_ENDPOINT_URL. */
static void the_environment_names_endpoints(void **state) {
  (void)state;
  service own;
  command c;
  service_start(&own, (const char *const[]){"200 {}", NULL});
  setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1", 1);
  setenv("AWS_ENDPOINT_URL_ATTIC", script_server_url(own.server, ""), 1);
  command_run(&c, (const char *const[]){"cloudspan", "call", "--models", root, "attic", "get-box",
                                        NAME_A, NULL});
  assert_string_equal(c.err, "");
  assert_int_equal(c.exit_code, 0);
  char *received = script_server_received(own.server);
  assert_has("the request", received, "GET /boxes/a HTTP");
  free(received);
  command_free(&c);
  script_server_stop(own.server);
}

/* ---------------------------------------------------------------------- trace */

static int port_after(const char *path, const char *word) {
  char *text = command_read_file(path, NULL);
  const char *at = text ? strstr(text, word) : NULL;
  const char *end = at ? strchr(at, '\n') : NULL;
  int port = end ? atoi(at + strlen(word)) : 0;
  free(text);
  return port;
}

static bool is_listening(void *user) {
  return port_after(user, "gRPC 127.0.0.1:") != 0;
}

static void a_call_is_one_trace(void **state) {
  (void)state;
  service own;
  command viewer;
  command c;
  char endpoint[64];
  command_start(&viewer,
                (const char *const[]){"cloudspan", "view", "--grpc-port", "0", "--http-port", "0",
                                      "--json", "--count", "1", "--quiet-ms", "1", NULL},
                NULL, 0);
  assert_true(command_wait_until(&viewer, is_listening, viewer.err_path));
  (void)snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%d",
                 port_after(viewer.err_path, "gRPC 127.0.0.1:"));
  setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint, 1);
  service_start(&own, (const char *const[]){"200 {}", NULL});
  const scenario s = {.args = {"attic", "get-box", NAME_A, "--trace"}};
  run_at(&s, script_server_url(own.server, ""), &c);
  unsetenv("OTEL_EXPORTER_OTLP_ENDPOINT");
  command_wait(&viewer);
  assert_int_equal(viewer.exit_code, 0);
  assert_has("the trace", viewer.out, "\"cloudspan call\"");
  assert_has("the trace", viewer.out, "\"Attic.GetBox\"");
  assert_null(strchr(strchr(viewer.out, '\n') + 1, '\n'));
  assert_null(strstr(viewer.out, SECRET));
  command_free(&viewer);
  command_free(&c);
  script_server_stop(own.server);
}

/* Whoever names an exporter wants spans; nobody else gets any, nor a word about them. */
static void an_exporter_asks_for_a_trace(void **state) {
  (void)state;
  static const struct {
    const char *exporter; /* NULL: not set */
    const char *option;   /* NULL: none */
    const char *span;     /* is in the output; NULL: there is nothing but the answer */
  } cases[] = {
      {NULL, NULL, NULL},
      {"", NULL, NULL},
      {"none", NULL, NULL},
      {"None", NULL, NULL},
      {"none", "--trace", NULL},
      {"console", NULL, " Attic.GetBox CLIENT "},
      {"otlp/stdout", NULL, "\"name\":\"Attic.GetBox\""},
      {"console", "--trace", " Attic.GetBox CLIENT "},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    service own;
    command c;
    service_start(&own, (const char *const[]){"200 {}", NULL});
    if (cases[i].exporter) {
      setenv("OTEL_TRACES_EXPORTER", cases[i].exporter, 1);
    }
    const scenario s = {.args = {"attic", "get-box", NAME_A, cases[i].option}};
    run_at(&s, script_server_url(own.server, ""), &c);
    unsetenv("OTEL_TRACES_EXPORTER");
    assert_int_equal(c.exit_code, 0);
    assert_null(strstr(c.err, "warning"));
    if (cases[i].span) {
      assert_has("the output", c.out, cases[i].span);
    } else {
      assert_null(strstr(c.out, "Attic.GetBox"));
      assert_string_equal(c.err, "");
    }
    command_free(&c);
    script_server_stop(own.server);
  }
}

/* ----------------------------------------------------------------------- main */

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(exit_codes_tell_what_happened, call_set_up),
      cmocka_unit_test_setup(global_options_are_honoured, call_set_up),
      cmocka_unit_test_setup(requests_may_go_unsigned, call_set_up),
      cmocka_unit_test_setup(the_environment_names_endpoints, call_set_up),
      cmocka_unit_test_setup(a_call_is_one_trace, call_set_up),
      cmocka_unit_test_setup(an_exporter_asks_for_a_trace, call_set_up),
  };
  return cmocka_run_group_tests(tests, call_make, call_clean);
}
