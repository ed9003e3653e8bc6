/* SPDX-License-Identifier: Apache-2.0 */
/* All models of Debian's python3-botocore, and the command that prints and compiles models. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aws/model/compile.h"
#include "aws/model/documentation.h"
#include "aws/model/file.h"
#include "aws/model/folder.h"
#include "aws/model/store.h"
#include "support/command.h"
#include "support/model_folder.h"
#include "support/valgrind.h"

#define PACKAGE     "/usr/lib/python3/dist-packages/botocore/data"
#define SECTION_MAX ((size_t)64 << 20)
/* What all services together may take. */
#define ALL_MAX 16000000

static char root[64];

static const char *in_root(const char *path) {
  return model_folder_path(root, path);
}

/* ------------------------------------------------------------ all of Debian's */

/* A model beside the JSON that it was compiled from. */
typedef struct pair {
  const char *name;
  cspan_service_model model;
  json_t *json;
  cspan_documentation_reader reader;
} pair;

static void assert_documented(pair *p, uint32_t handle, json_t *from) {
  const char *text = NULL;
  const char *expected = json_string_value(json_object_get(from, "documentation"));
  assert_int_equal(cspan_documentation_read(&p->reader, &p->model, handle, &text, NULL), CSPAN_OK);
  if (strcmp(text, expected ? expected : "") != 0) {
    fail_msg("%s: documentation differs: %.60s", p->name, text);
  }
}

static const char *string_at(json_t *from, const char *outer, const char *inner) {
  const char *text = json_string_value(json_object_get(json_object_get(from, outer), inner));
  return text ? text : "";
}

static const char *shape_name(const pair *p, cspan_table_ref ref) {
  const cspan_shape *shape = cspan_model_shape(&p->model, ref);
  return shape ? cspan_model_text(&p->model, shape->name) : "";
}

static void check_operations(pair *p) {
  json_t *operations = json_object_get(p->json, "operations");
  const char *name = NULL;
  json_t *json = NULL;
  assert_int_equal(p->model.operation_count, json_object_size(operations));
  json_object_foreach(operations, name, json) {
    const cspan_operation_model *operation = cspan_model_operation(&p->model, name);
    assert_non_null(operation);
    assert_string_equal(shape_name(p, operation->input), string_at(json, "input", "shape"));
    assert_string_equal(shape_name(p, operation->output), string_at(json, "output", "shape"));
    assert_string_equal(cspan_model_text(&p->model, operation->http_method),
                        string_at(json, "http", "method"));
    assert_string_equal(cspan_model_text(&p->model, operation->request_uri),
                        string_at(json, "http", "requestUri"));
    assert_int_equal(operation->errors.count, json_array_size(json_object_get(json, "errors")));
    assert_documented(p, operation->documentation, json);
  }
}

static void check_members(pair *p, const cspan_shape *shape, json_t *json) {
  json_t *members = json_object_get(json, "members");
  const char *name = NULL;
  json_t *member = NULL;
  assert_int_equal(shape->members.count, json_object_size(members));
  json_object_foreach(members, name, member) {
    const cspan_member_model *found = cspan_shape_member(&p->model, shape, name, strlen(name));
    assert_non_null(found);
    assert_string_equal(cspan_model_text(&p->model, cspan_member_shape(&p->model, found)->name),
                        json_string_value(json_object_get(member, "shape")));
    const char *wire = json_string_value(json_object_get(member, "locationName"));
    assert_string_equal(cspan_model_text(&p->model, found->location_name), wire ? wire : "");
    assert_documented(p, found->documentation, member);
  }
}

static void check_shapes(pair *p) {
  json_t *shapes = json_object_get(p->json, "shapes");
  const char *name = NULL;
  json_t *json = NULL;
  uint32_t i = 0;
  assert_int_equal(p->model.shape_count, json_object_size(shapes));
  json_object_foreach(shapes, name, json) {
    const cspan_shape *shape = &p->model.shapes[i++];
    assert_string_equal(cspan_model_text(&p->model, shape->name), name);
    assert_int_equal(shape->enums.count, json_array_size(json_object_get(json, "enum")));
    assert_documented(p, shape->documentation, json);
    if (shape->type == CSPAN_SHAPE_STRUCTURE) {
      check_members(p, shape, json);
    }
  }
}

/* The JSON as the library sees it, with its extras. */
static json_t *read_json(const char *folder, const char *service, const char *version) {
  char path[512];
  (void)snprintf(path, sizeof path, "%s/%s/%s/service-2.json", folder, service, version);
  json_t *json = json_load_file(path, 0, NULL);
  assert_non_null(json);
  (void)snprintf(path, sizeof path, "%s/%s/%s/service-2.sdk-extras.json", folder, service, version);
  json_t *extras = json_load_file(path, 0, NULL);
  if (extras) {
    assert_int_equal(json_object_update_recursive(json, json_object_get(extras, "merge")), 0);
    json_decref(extras);
  }
  return json;
}

static size_t count_in(const char *service, const char *version, const char *file,
                       const char *key) {
  char path[512];
  (void)snprintf(path, sizeof path, "%s/%s/%s/%s", PACKAGE, service, version, file);
  json_t *json = json_load_file(path, 0, NULL);
  size_t count = json_object_size(json_object_get(json, key));
  json_decref(json);
  return count;
}

static void check_version(const char *service, const char *version) {
  cspan_buf section;
  cspan_error *error = NULL;
  pair p = {.name = service};
  cspan_buf_init(&section, SECTION_MAX);
  if (cspan_folder_compile(PACKAGE, service, version, false, &section, &error) != CSPAN_OK ||
      cspan_model_open(section.data, section.len, &p.model, &error) != CSPAN_OK) {
    fail_msg("%s %s: %s", service, version, cspan_error_message(error));
  }
  p.json = read_json(PACKAGE, service, version);
  check_operations(&p);
  check_shapes(&p);
  assert_int_equal(p.model.paginator_count,
                   count_in(service, version, "paginators-1.json", "pagination"));
  assert_int_equal(p.model.waiter_count, count_in(service, version, "waiters-2.json", "waiters"));
  assert_true(p.model.rules_size > 0);
  cspan_documentation_reader_clear(&p.reader);
  json_decref(p.json);
  cspan_buf_free(&section);
}

static void test_all_of_debian(void **state) {
  cspan_name_list services;
  size_t models = 0;
  (void)state;
  if (access(PACKAGE, R_OK) != 0) {
    print_message("python3-botocore is not installed\n");
    skip();
  }
  assert_int_equal(cspan_folder_services(PACKAGE, &services, NULL), CSPAN_OK);
  for (size_t i = 0; i < services.count; i += service_step()) {
    cspan_name_list versions;
    assert_int_equal(cspan_folder_versions(PACKAGE, services.names[i], &versions, NULL), CSPAN_OK);
    for (size_t k = 0; k < versions.count; k++) {
      check_version(services.names[i], versions.names[k]);
      models++;
    }
    cspan_name_list_free(&versions);
  }
  cspan_name_list_free(&services);
  assert_true(models > 0);
  print_message("%zu models\n", models);
}

/* The file of all of them: small enough, and each service opens from it by itself. */
static void test_debian_file(void **state) {
  static const char *const folders[] = {PACKAGE};
  cspan_models_compiled done;
  cspan_model_store *store = NULL;
  cspan_error *error = NULL;
  const char *key = NULL;
  const char *version = NULL;
  const char *origin = NULL;
  (void)state;
  if (access(PACKAGE, R_OK) != 0 || under_valgrind()) {
    skip();
  }
  const char *path = in_root("debian.csm");
  if (cspan_models_compile(folders, 1, false, path, &done, &error) != CSPAN_OK) {
    fail_msg("%s", cspan_error_message(error));
  }
  print_message("%zu services, %zu bytes\n", done.services, done.bytes);
  assert_true(done.bytes < ALL_MAX);
  cspan_model_store_options options = {.models = path, .only_models = true};
  assert_int_equal(cspan_model_store_open(&options, &store, NULL), CSPAN_OK);
  size_t count = 0;
  int64_t slowest = 0;
  for (; cspan_model_store_at(store, count, &key, &version, &origin); count++) {
    const cspan_service_model *model = NULL;
    int64_t start = cspan_now_ns();
    assert_int_equal(cspan_model_store_service(store, key, NULL, &model, NULL), CSPAN_OK);
    int64_t took = cspan_now_ns() - start;
    slowest = took > slowest ? took : slowest;
    assert_string_equal(cspan_model_text(model, model->info->key), key);
    assert_true(model->rules_size > 0 && model->partitions_size > 0);
    cspan_service_model_release(model);
  }
  print_message("the slowest opened in %lld us\n", (long long)(slowest / 1000));
  assert_int_equal(count, done.services);
  cspan_model_store_free(store);
  (void)unlink(path);
}

/* ------------------------------------------------------------ the command */

static const char shop[] =
    "{'metadata':{'protocol':'json','serviceId':'Toy Shop','serviceFullName':'The Toy Shop',"
    "'apiVersion':'2020-01-01'},'documentation':'<p>Sells &lt;toys&gt; &amp; more.</p>',"
    "'operations':{'GetToy':{'http':{'method':'POST','requestUri':'/'},'input':{'shape':'Ask'},"
    "'output':{'shape':'Toy'},'errors':[{'shape':'Gone'}],"
    "'documentation':'<p>Gets a toy. It takes time.</p><ul><li>one</li><li><p>two</p></li></ul>'},"
    "'ListToys':{'deprecated':true,'documentation':'<p>Lists toys.</p>'}},"
    "'shapes':{'Ask':{'type':'structure','required':['Name'],'members':{"
    "'Name':{'shape':'Name','documentation':'<p>The <b>name</b>. As it is.</p>'},"
    "'Colour':{'shape':'Colour','location':'header','locationName':'x-colour'}}},"
    "'Toy':{'type':'structure','members':{'Parts':{'shape':'Parts'},'Maker':{'shape':'Maker'},"
    "'Seller':{'shape':'Maker'}}},"
    "'Maker':{'type':'structure','members':{'Town':{'shape':'Name'}}},"
    "'Parts':{'type':'list','member':{'shape':'Toy'}},"
    "'Name':{'type':'string','min':1,'max':9},'Colour':{'type':'string','enum':['red','blue']},"
    "'Gone':{'type':'structure','exception':true,'error':{'httpStatusCode':404},'members':{}}}}";

static int make_models(void **state) {
  (void)state;
  model_folder_make(root);
  model_folder_put_json(in_root("data/toys/2020-01-01/service-2.json"), shop);
  setenv("HOME", root, 1);
  setenv("CLOUDSPAN_MODELS", in_root("data"), 1);
  unsetenv("AWS_DATA_PATH");
  return 0;
}

static int remove_models(void **state) {
  (void)state;
  model_folder_remove(root);
  return 0;
}

typedef struct expectation {
  int code;
  const char *args[8]; /* after "cloudspan models"; '@' begins a path in the folder */
  const char *out[8];  /* each must be in the output */
  const char *err;
} expectation;

static void check_command(const expectation *row) {
  const char *args[12] = {"cloudspan", "models"};
  command c;
  for (size_t i = 0; row->args[i]; i++) {
    args[i + 2] = row->args[i][0] == '@' ? in_root(row->args[i] + 1) : row->args[i];
  }
  command_run(&c, args);
  if (c.exit_code != row->code) {
    fail_msg("models %s: exit code %d: %s", row->args[0], c.exit_code, c.err);
  }
  for (size_t i = 0; i < 8 && row->out[i]; i++) {
    if (!strstr(c.out, row->out[i])) {
      fail_msg("'%s' is not in:\n%s", row->out[i], c.out);
    }
  }
  if (row->err && !strstr(c.err, row->err)) {
    fail_msg("'%s' is not in: %s", row->err, c.err);
  }
  command_free(&c);
}

static void test_command(void **state) {
  static const expectation rows[] = {
      {0, {"list", "--from", "@data"}, {"toys", "2020-01-01", "/data"}, NULL},
      {0,
       {"list", "--json", "--from", "@data"},
       {"{\"service\":\"toys\",\"api_version\":\"2020-01-01\",\"origin\":\""},
       NULL},
      {2, {"list", "--from", "@nothing"}, {NULL}, "there are no models at"},
      {0,
       {"show", "Toy Shop"},
       {"The Toy Shop (Toy Shop), toys, API version 2020-01-01, protocol json, 2 operations",
        "Sells <toys> & more.", "\n  GetToy\n      Gets a toy.\n",
        "  ListToys (deprecated)\n      Lists toys.\n"},
       NULL},
      {0,
       {"show", "toys", "get-toy"},
       {"GetToy: POST /, protocol json\n\nGets a toy. It takes time.\n- one\n- two\n",
        "\nInput: Ask\n  Name: string, required, 1 to 9\n      The name.\n",
        "  Colour: string, in the header x-colour\n      One of red, blue\n",
        "\nOutput: Toy\n  Parts: list of structure Toy (recursive)\n",
        "  Maker: structure Maker\n    Town: string, 1 to 9\n",
        "  Seller: structure Maker (see above)\n", "\nErrors:\n  Gone (HTTP 404)\n"},
       NULL},
      {0, {"show", "--whole", "toys", "GetToy"}, {"      The name. As it is.\n"}, NULL},
      {0, {"show", "toys", "ListToys"}, {"\nInput: nothing\n\nOutput: nothing\n"}, NULL},
      {0,
       {"show", "--json", "toys"},
       {"{\"service\":\"toys\",\"operation\":\"GetToy\",\"http_method\":\"POST\","
        "\"request_uri\":\"/\",\"summary\":\"Gets a toy.\"}\n{"},
       NULL},
      {2, {"show", "toyz"}, {NULL}, "did you mean 'toys'?"},
      {2, {"show", "toys", "GetToi"}, {NULL}, "did you mean 'GetToy'?"},
      {2, {"show", "toys", "--api-version", "1999-01-01"}, {NULL}, "the newest is '2020-01-01'"},
      {2, {"show"}, {NULL}, "expected SERVICE [OPERATION]"},
      {0, {"compile", "-o", "@toys.csm", "@data"}, {"toys.csm: 1 service, "}, NULL},
      {0,
       {"compile", "--json", "--no-documentation", "-o", "@less.csm", "@data"},
       {"\"services\":1,\"size_bytes\":"},
       NULL},
      {0, {"show", "--from", "@toys.csm", "toys"}, {"Gets a toy."}, NULL},
      {0, {"show", "--from", "@less.csm", "toys"}, {"\n  GetToy\n  ListToys"}, NULL},
      {2, {"compile", "-o", "@x.csm", "@data/toys"}, {NULL}, "no service model"},
      {1,
       {"compile", "-o", "@x.csm", "@data", "@nothing"},
       {NULL},
       "nothing cannot be read: No such"},
      {1, {"compile", "-o", "@x.csm", "@toys.csm"}, {NULL}, "toys.csm cannot be read: Not a dir"},
      {1, {"compile", "-o", "@no/such/x.csm", "@data"}, {NULL}, "No such file"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    check_command(&rows[i]);
  }
}

/* They look where a call looks: in the data_path of the profile too, and first in --models. */
static void test_command_finds_what_a_call_finds(void **state) {
  static const expectation rows[] = {
      {2, {"show", "games"}, {NULL}, "games"},
      {0, {"list", "--profile", "player"}, {"games  ", "/more\n", "toys  ", "/data\n"}, NULL},
      {0, {"show", "games", "--profile", "player"}, {"The Toy Shop"}, NULL},
      {0, {"compile", "--profile", "player", "-o", "@games.csm"}, {"games.csm: "}, NULL},
      {0, {"show", "--from", "@games.csm", "games"}, {"The Toy Shop"}, NULL},
      {0, {"list", "--models", "@more"}, {"games  ", "/more\n", "toys  ", "/data\n"}, NULL},
      {0, {"show", "--models", "@more", "games"}, {"The Toy Shop"}, NULL},
      {2, {"show", "--from", "@more", "toys"}, {NULL}, "no model of service 'toys'"},
      {2,
       {"list", "--from", "@more", "--models", "@data"},
       {NULL},
       "--models and --from exclude each other"},
      {2, {"list", "--profile", "no-such"}, {NULL}, "no-such"},
  };
  char config[256];
  command c;
  (void)state;
  model_folder_put_json(in_root("more/games/2020-01-01/service-2.json"), shop);
  snprintf(config, sizeof config, "[profile player]\ndata_path = %s\n", in_root("more"));
  model_folder_put(in_root("config"), config, strlen(config));
  setenv("AWS_CONFIG_FILE", in_root("config"), 1);
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    check_command(&rows[i]);
  }
  command_run(&c, (const char *const[]){"cloudspan", "__complete", "--", "--profile", "player",
                                        "call", "gam", NULL});
  assert_non_null(strstr(c.out, "games\n"));
  command_free(&c);
  unsetenv("AWS_CONFIG_FILE");
}

/* What --json says of an operation is an object with every shape that it reaches. */
static void test_json_operation(void **state) {
  command c;
  (void)state;
  command_run(
      &c, (const char *const[]){"cloudspan", "models", "show", "--json", "toys", "GetToy", NULL});
  assert_int_equal(c.exit_code, 0);
  json_t *json = json_loads(c.out, 0, NULL);
  assert_non_null(json);
  json_t *shapes = json_object_get(json, "shapes");
  assert_int_equal(json_object_size(shapes), 6);
  json_t *name =
      json_object_get(json_object_get(json_object_get(shapes, "Ask"), "members"), "Name");
  assert_true(json_is_true(json_object_get(name, "required")));
  assert_string_equal(json_string_value(json_object_get(json, "output")), "Toy");
  assert_int_equal(json_array_size(json_object_get(json, "errors")), 1);
  json_decref(json);
  command_free(&c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_all_of_debian),  cmocka_unit_test(test_debian_file),
      cmocka_unit_test(test_command),        cmocka_unit_test(test_command_finds_what_a_call_finds),
      cmocka_unit_test(test_json_operation),
  };
  return cmocka_run_group_tests(tests, make_models, remove_models);
}
