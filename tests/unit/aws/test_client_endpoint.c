/* SPDX-License-Identifier: Apache-2.0 */
/* Where the parameters of a call come from, what endpoints come to, and the cache of them. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "aws/model/compile.h"
#include "aws/rules/client_endpoint.h"
#include "rules_fixture.h"

/* Every operation sets P of the rules in one more way than the one before. */
static const char service_json[] =
    "{'metadata':{'apiVersion':'1','endpointPrefix':'t','protocol':'json','jsonVersion':'1.0',"
    "'serviceFullName':'T','serviceId':'T','signatureVersion':'v4'},"
    "'clientContextParams':{'P':{'type':'string'}},"
    "'operations':{"
    "'Plain':{'name':'Plain','http':{'method':'POST','requestUri':'/'}},"
    "'Path':{'name':'Path','http':{'method':'POST','requestUri':'/'},'input':{'shape':'In'},"
    "'operationContextParams':{'P':{'path':'Deep.Name'},'L':{'path':'List[*].Name'},"
    "'Flag':{'path':'Deep.Name'}}},"
    "'Member':{'name':'Member','http':{'method':'POST','requestUri':'/'},'input':{'shape':'Both'},"
    "'operationContextParams':{'P':{'path':'Deep.Name'}}},"
    "'Static':{'name':'Static','http':{'method':'POST','requestUri':'/'},'input':{'shape':'Both'},"
    "'staticContextParams':{'P':{'value':'static'},'Flag':{'value':true},"
    "'L':{'value':['x','y']}}},"
    "'On':{'name':'On','http':{'method':'POST','requestUri':'/'},"
    "'staticContextParams':{'Flag':{'value':true}}},"
    "'Off':{'name':'Off','http':{'method':'POST','requestUri':'/'},"
    "'staticContextParams':{'Flag':{'value':false}}}},"
    "'shapes':{'S':{'type':'string'},"
    "'Deep':{'type':'structure','members':{'Name':{'shape':'S'}}},"
    "'List':{'type':'list','member':{'shape':'Deep'}},"
    "'In':{'type':'structure','members':{'Deep':{'shape':'Deep'},'List':{'shape':'List'}}},"
    "'Both':{'type':'structure','members':{'Deep':{'shape':'Deep'},"
    "'Own':{'shape':'S','contextParam':{'name':'P'}}}}}}";

/* An endpoint that is given, an error for one region, else all that came in as parts of the host. */
static const char rules_json[] =
    "{'version':'1.0','parameters':{"
    "'P':{'type':'string','builtIn':'AWS::Region','required':true,'default':'default'},"
    "'Flag':{'type':'boolean'},'L':{'type':'stringArray'},'Unused':{'type':'string','builtIn':"
    "'AWS::Auth::AccountId'},"
    "'Endpoint':{'type':'string','builtIn':'SDK::Endpoint'},"
    "'Mode':{'type':'string','builtIn':'AWS::Auth::AccountIdEndpointMode'}},'rules':["
    "{'type':'endpoint','conditions':[{'fn':'isSet','argv':[{'ref':'Endpoint'}]}],"
    "'endpoint':{'url':{'ref':'Endpoint'},'properties':{'authSchemes':["
    "{'name':'unknown'},{'name':'sigv4a','signingName':'n','signingRegionSet':['a','{P}']},"
    "{'name':'sigv4','signingRegion':'{P}','disableDoubleEncoding':true,"
    "'disableNormalizePath':true},{'name':'bearer'}],"
    "'backend':'S3Express'},'headers':{'x-p':['{P}']}}},"
    "{'type':'error','conditions':[{'fn':'stringEquals','argv':['{P}','bad']}],"
    "'error':'{P} is bad'},"
    "{'type':'endpoint','conditions':[{'fn':'coalesce','argv':[{'fn':'getAttr','argv':["
    "{'ref':'L'},'[0]']},'none'],'assign':'first'},{'fn':'ite','argv':[{'fn':'isSet','argv':["
    "{'ref':'Flag'}]},'flag','no'],'assign':'flag'}],'endpoint':{'url':"
    "'https://{P}.{first}.{flag}.{Mode}'}}]}";

typedef struct fixture {
  cspan_buf section;
  cspan_buf partitions;
  cspan_service_model model;
  cspan_endpoint_resolver *resolver;
  cspan_arena *arena;
} fixture;

static int set_up(void **state) {
  static fixture f;
  cspan_buf service;
  cspan_buf rules;
  cspan_partitions *partitions = NULL;
  cspan_error *error = NULL;
  cspan_model_source source = {.key = "t",
                               .service = fixture_json(service_json, &service),
                               .rules = fixture_json(rules_json, &rules),
                               .without_documentation = true};
  cspan_buf_init(&f.section, RULES_FIXTURE_MAX);
  if (cspan_model_compile(&source, &f.section, &error) != CSPAN_OK ||
      cspan_model_open(f.section.data, f.section.len, &f.model, &error) != CSPAN_OK) {
    fail_msg("%s", cspan_error_message(error));
  }
  fixture_partitions(&f.partitions, &partitions);
  cspan_partitions_free(partitions);
  f.model.partitions = f.partitions.data;
  f.model.partitions_size = f.partitions.len;
  assert_int_equal(cspan_endpoint_resolver_create(&f.model, &f.resolver, &error), CSPAN_OK);
  f.arena = cspan_arena_create(0);
  cspan_buf_free(&service);
  cspan_buf_free(&rules);
  *state = &f;
  return 0;
}

static int tear_down(void **state) {
  fixture *f = *state;
  cspan_endpoint_resolver_free(f->resolver);
  cspan_arena_free(f->arena);
  cspan_buf_free(&f->section);
  cspan_buf_free(&f->partitions);
  return 0;
}

static void assert_goes_to(const fixture *f, const cspan_endpoint_settings *settings,
                           const char *operation, const char *input_json, const char *url) {
  cspan_client_endpoint_result out;
  cspan_value input;
  cspan_error *error = NULL;
  fixture_params(input_json, f->arena, &input);
  if (cspan_client_endpoint(f->resolver, settings, cspan_model_operation(&f->model, operation),
                            &input, f->arena, &out, &error) != CSPAN_OK) {
    fail_msg("%s", cspan_error_message(error));
  }
  assert_string_equal(out.url, url);
}

#define INPUT "{'Own':'own','Deep':{'Name':'deep'},'List':[{'Name':'l1'},{'Name':'l2'}]}"

static void the_nearest_value_wins(void **state) {
  const fixture *f = *state;
  cspan_value client = CSPAN_MAP(cspan_field("P", cspan_string("client")),
                                 cspan_field("Flag", cspan_bool(true))); /* not the client's */
  cspan_endpoint_settings none = {.region = NULL};
  cspan_endpoint_settings region = {.region = "region", .account_id_mode = "disabled"};
  cspan_endpoint_settings full = {.region = "region", .client_params = &client};
  assert_goes_to(f, &none, "Plain", "{}", "https://default.none.no.preferred");
  assert_goes_to(f, &region, "Plain", "{}", "https://region.none.no.disabled");
  assert_goes_to(f, &full, "Plain", "{}", "https://client.none.no.preferred");
  assert_goes_to(f, &full, "Path", INPUT, "https://deep.l1.no.preferred");
  assert_goes_to(f, &full, "Path", "{}", "https://client.none.no.preferred");
  assert_goes_to(f, &full, "Member", INPUT, "https://own.none.no.preferred");
  assert_goes_to(f, &full, "Member", "{'Deep':{'Name':'deep'}}", "https://deep.none.no.preferred");
  assert_goes_to(f, &full, "Static", INPUT, "https://static.x.flag.preferred");
  assert_goes_to(f, &full, "Unknown", INPUT, "https://client.none.no.preferred");
}

static void errors_are_those_of_the_rules(void **state) {
  const fixture *f = *state;
  cspan_client_endpoint_result out;
  cspan_error *error = NULL;
  cspan_endpoint_settings bad = {.region = "bad"};
  assert_int_equal(cspan_client_endpoint(f->resolver, &bad, NULL, NULL, f->arena, &out, &error),
                   CSPAN_ERR_INVALID);
  assert_string_equal(cspan_error_message(error), "bad is bad");
  cspan_error_free(error);
  error = NULL;
  cspan_endpoint_settings no_host = {.region = "a b"};
  assert_int_equal(cspan_client_endpoint(f->resolver, &no_host, NULL, NULL, f->arena, &out, &error),
                   CSPAN_ERR_CONFIG);
  cspan_error_free(error);
}

static void an_endpoint_is_taken_apart(void **state) {
  const fixture *f = *state;
  cspan_client_endpoint_result out;
  cspan_endpoint_settings settings = {.region = "r",
                                      .endpoint_url = "http://host.example:8080/a/b/"};
  assert_int_equal(cspan_client_endpoint(f->resolver, &settings, NULL, NULL, f->arena, &out, NULL),
                   CSPAN_OK);
  assert_false(out.endpoint.https);
  assert_string_equal(out.endpoint.host, "host.example");
  assert_int_equal(out.endpoint.port, 8080);
  assert_string_equal(out.endpoint.host_header, "host.example:8080");
  assert_string_equal(out.endpoint.prefix, "/a/b");
  assert_true(out.is_s3express);
  assert_int_equal(out.auth_count, 3);
  assert_int_equal(out.auth[0].auth.kind, CSPAN_AUTH_V4A);
  assert_string_equal(out.auth[0].auth.signing_name, "n");
  assert_string_equal(out.auth[0].auth.region_set, "a,r");
  assert_null(out.auth[0].auth.region);
  assert_false(out.auth[0].auth.disable_double_encoding);
  assert_int_equal(out.auth[1].auth.kind, CSPAN_AUTH_V4);
  assert_string_equal(out.auth[1].name, "sigv4");
  assert_null(out.auth[1].auth.signing_name);
  assert_string_equal(out.auth[1].auth.region, "r");
  assert_null(out.auth[1].auth.region_set);
  assert_true(out.auth[1].auth.disable_double_encoding);
  assert_true(out.auth[1].auth.disable_normalize_path);
  assert_int_equal(out.auth[2].auth.kind, CSPAN_AUTH_BEARER);
  assert_string_equal(
      cspan_value_text(cspan_value_at(cspan_value_get(&out.headers, "x-p"), 0), NULL), "r");
}

static void a_style_forces_paths_or_not(void **state) {
  (void)state;
  cspan_base_url remote;
  cspan_base_url local;
  assert_int_equal(cspan_base_url_parse("https://s3.example", "test", &remote, NULL), CSPAN_OK);
  assert_int_equal(cspan_base_url_parse("http://localhost:9000", "test", &local, NULL), CSPAN_OK);
  assert_true(cspan_endpoint_force_path_style(CSPAN_ADDRESSING_PATH, NULL));
  assert_false(cspan_endpoint_force_path_style(CSPAN_ADDRESSING_AUTO, NULL));
  assert_false(cspan_endpoint_force_path_style(CSPAN_ADDRESSING_DEFAULT, &remote));
  assert_true(cspan_endpoint_force_path_style(CSPAN_ADDRESSING_AUTO, &local));
  assert_false(cspan_endpoint_force_path_style(CSPAN_ADDRESSING_VIRTUAL, &local));
}

static void needs_rules(void **state) {
  const fixture *f = *state;
  cspan_service_model bare = f->model;
  cspan_endpoint_resolver *resolver = NULL;
  bare.rules = NULL;
  assert_int_equal(cspan_endpoint_resolver_create(&bare, &resolver, NULL), CSPAN_ERR_UNSUPPORTED);
  assert_null(resolver);
  bare = f->model;
  bare.rules_size = 8;
  assert_int_equal(cspan_endpoint_resolver_create(&bare, &resolver, NULL), CSPAN_ERR_INVALID);
  assert_null(resolver);
}

/* --------------------------------------------------------------------- cache */

static const cspan_client_endpoint_result *get(const fixture *f, const char *region,
                                               const char *account) {
  const cspan_client_endpoint_result *out = NULL;
  cspan_endpoint_settings settings = {.region = region, .account_id = account};
  cspan_arena *scratch = cspan_arena_create(0);
  assert_int_equal(
      cspan_endpoint_resolver_get(f->resolver, &settings, NULL, NULL, scratch, &out, NULL),
      CSPAN_OK);
  cspan_arena_free(scratch);
  return out;
}

static void what_is_the_same_is_kept(void **state) {
  const fixture *f = *state;
  char region[] = "one";
  const cspan_client_endpoint_result *first = get(f, region, NULL);
  region[0] = 'x'; /* the result does not refer to what it was made of */
  const cspan_client_endpoint_result *same = get(f, "one", "123"); /* the rules do not look at it */
  const cspan_client_endpoint_result *other = get(f, "two", NULL);
  const cspan_client_endpoint_result *none = get(f, NULL, NULL);
  const cspan_client_endpoint_result *empty = get(f, "on", NULL);
  assert_ptr_equal(first, same);
  assert_ptr_not_equal(first, other);
  assert_string_equal(first->url, "https://one.none.no.preferred");
  assert_string_equal(other->url, "https://two.none.no.preferred");
  assert_string_equal(none->url, "https://default.none.no.preferred");
  assert_string_equal(empty->url, "https://on.none.no.preferred");
  cspan_client_endpoint_release(first);
  cspan_client_endpoint_release(same);
  cspan_client_endpoint_release(other);
  cspan_client_endpoint_release(none);
  cspan_client_endpoint_release(empty);
}

/* Operations that differ in nothing but a flag of the rules. */
static void a_flag_tells_endpoints_apart(void **state) {
  const fixture *f = *state;
  static const char *const names[] = {"On", "Off", "On"};
  const cspan_client_endpoint_result *out[3];
  cspan_endpoint_settings settings = {.region = "r"};
  cspan_arena *scratch = cspan_arena_create(0);
  for (size_t i = 0; i < 3; i++) {
    const cspan_operation_model *operation = cspan_model_operation(&f->model, names[i]);
    assert_int_equal(cspan_endpoint_resolver_get(f->resolver, &settings, operation, NULL, scratch,
                                                 &out[i], NULL),
                     CSPAN_OK);
  }
  assert_ptr_not_equal(out[0], out[1]);
  assert_ptr_equal(out[0], out[2]);
  for (size_t i = 0; i < 3; i++) {
    cspan_client_endpoint_release(out[i]);
  }
  cspan_arena_free(scratch);
}

static const cspan_client_endpoint_result *get_number(const fixture *f, int number) {
  char region[32];
  snprintf(region, sizeof region, "n%d", number);
  return get(f, region, NULL);
}

static void the_one_not_used_for_longest_gives_way(void **state) {
  const fixture *f = *state;
  const cspan_client_endpoint_result *kept = get_number(f, 0);
  const cspan_client_endpoint_result *lost = get_number(f, 1);
  for (int i = 2; i <= CSPAN_ENDPOINT_CACHE_SIZE; i++) {
    cspan_client_endpoint_release(get_number(f, 0));
    cspan_client_endpoint_release(get_number(f, i));
  }
  const cspan_client_endpoint_result *again = get_number(f, 0);
  assert_ptr_equal(kept, again);
  const cspan_client_endpoint_result *anew = get_number(f, 1);
  assert_ptr_not_equal(lost, anew);
  assert_string_equal(lost->url, anew->url); /* good as long as it is held */
  cspan_client_endpoint_release(kept);
  cspan_client_endpoint_release(again);
  cspan_client_endpoint_release(lost);
  cspan_client_endpoint_release(anew);
}

/* Too long to be a key: resolved each time. */
static void what_is_long_is_not_kept(void **state) {
  const fixture *f = *state;
  enum { LONG = 9000 };
  static cspan_value items[LONG];
  const cspan_client_endpoint_result *out[2] = {NULL, NULL};
  cspan_endpoint_settings settings = {.region = "r"};
  cspan_arena *scratch = cspan_arena_create(0);
  for (size_t i = 0; i < LONG; i++) {
    cspan_member *name = cspan_arena_alloc(scratch, sizeof *name);
    *name = cspan_field("Name", cspan_string("l"));
    items[i] = cspan_map(name, 1);
  }
  cspan_value input = CSPAN_MAP(cspan_field("List", cspan_list(items, LONG)));
  for (size_t i = 0; i < 2; i++) {
    assert_int_equal(cspan_endpoint_resolver_get(f->resolver, &settings,
                                                 cspan_model_operation(&f->model, "Path"), &input,
                                                 scratch, &out[i], NULL),
                     CSPAN_OK);
    assert_string_equal(out[i]->url, "https://r.l.no.preferred");
  }
  assert_ptr_not_equal(out[0], out[1]);
  cspan_client_endpoint_release(out[0]);
  cspan_client_endpoint_release(out[1]);
  cspan_arena_free(scratch);
}

static void *ask_often(void *user) {
  const fixture *f = user;
  uintptr_t wrong = 0;
  for (int i = 0; i < 2000; i++) {
    char url[64];
    int number = i % (CSPAN_ENDPOINT_CACHE_SIZE + 8);
    const cspan_client_endpoint_result *out = get_number(f, number);
    snprintf(url, sizeof url, "https://n%d.none.no.preferred", number);
    wrong += strcmp(out->url, url) != 0;
    cspan_client_endpoint_release(out);
  }
  return (void *)wrong;
}

static void threads_share_it(void **state) {
  pthread_t threads[4];
  for (size_t i = 0; i < 4; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, ask_often, *state), 0);
  }
  for (size_t i = 0; i < 4; i++) {
    void *wrong = NULL;
    pthread_join(threads[i], &wrong);
    assert_null(wrong);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(the_nearest_value_wins, set_up, tear_down),
      cmocka_unit_test_setup_teardown(errors_are_those_of_the_rules, set_up, tear_down),
      cmocka_unit_test_setup_teardown(an_endpoint_is_taken_apart, set_up, tear_down),
      cmocka_unit_test(a_style_forces_paths_or_not),
      cmocka_unit_test_setup_teardown(needs_rules, set_up, tear_down),
      cmocka_unit_test_setup_teardown(what_is_the_same_is_kept, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_flag_tells_endpoints_apart, set_up, tear_down),
      cmocka_unit_test_setup_teardown(the_one_not_used_for_longest_gives_way, set_up, tear_down),
      cmocka_unit_test_setup_teardown(what_is_long_is_not_kept, set_up, tear_down),
      cmocka_unit_test_setup_teardown(threads_share_it, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
