/* SPDX-License-Identifier: Apache-2.0 */
/* Models with every allocation failing in turn: nothing leaks or crashes, and the error says that
 * there is no memory. (What the JSON library allocates does not come from the library's
 * allocator.) */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/model/compile.h"
#include "aws/model/file.h"
#include "aws/model/store.h"
#include "support/fail_alloc.h"
#include "support/model_folder.h"

#define MOST_ALLOCATIONS 5000

static const char shop[] =
    "{'metadata':{'protocol':'json','serviceId':'Toy Shop','apiVersion':'2020-01-01'},"
    "'documentation':'<p>Sells toys.</p>','operations':{'GetToy':{'input':{'shape':'Toy'},"
    "'errors':[{'shape':'Gone'}],'staticContextParams':{'A':{'value':['x']}}}},"
    "'shapes':{'Toy':{'type':'structure','members':{'Name':{'shape':'Name'}}},"
    "'Name':{'type':'string','min':1,'max':9,'enum':['a','b']},"
    "'Gone':{'type':'structure','exception':true,'members':{}}}}";
static const char waiters[] =
    "{'waiters':{'Made':{'operation':'GetToy','delay':1,'maxAttempts':2,'acceptors':["
    "{'matcher':'error','expected':'Gone','state':'retry'}]}}}";

static char root[64];

static const char *in_root(const char *path) {
  return model_folder_path(root, path);
}

/* Does it; gives the status, and where that is not OK an error. */
typedef cspan_status (*scenario)(cspan_error **error);

static void replay(scenario run) {
  assert_int_equal(run(NULL), CSPAN_OK);
  long before = fail_alloc_outstanding_here();
  for (int all_that_follow = 0; all_that_follow < 2; all_that_follow++) {
    for (size_t n = 1;; n++) {
      cspan_error *error = NULL;
      assert_true(n < MOST_ALLOCATIONS);
      fail_alloc_arm(n, all_that_follow == 1);
      cspan_status status = run(&error);
      bool met = fail_alloc_disarm();
      if (met && status != CSPAN_OK && status != CSPAN_ERR_NOMEM) {
        fail_msg("allocation %zu: %s", n, cspan_error_message(error));
      }
      assert_true((status == CSPAN_OK) == (error == NULL));
      cspan_error_free(error);
      assert_int_equal(fail_alloc_outstanding_here(), before);
      if (!met) {
        assert_int_equal(status, CSPAN_OK);
        break;
      }
    }
  }
}

static cspan_status compile_and_open(cspan_error **error) {
  static char service[1024];
  static char waiting[512];
  cspan_buf section;
  cspan_service_model model;
  char *text = NULL;
  for (size_t i = 0; i < sizeof shop; i++) {
    service[i] = shop[i] == '\'' ? '"' : shop[i];
  }
  for (size_t i = 0; i < sizeof waiters; i++) {
    waiting[i] = waiters[i] == '\'' ? '"' : waiters[i];
  }
  cspan_model_source source = {.key = "toys",
                               .service = {service, sizeof shop - 1},
                               .waiters = {waiting, sizeof waiters - 1}};
  cspan_buf_init(&section, 1 << 20);
  cspan_status status = cspan_model_compile(&source, &section, error);
  if (status == CSPAN_OK) {
    status = cspan_model_open(section.data, section.len, &model, error);
  }
  if (status == CSPAN_OK) {
    status = cspan_model_documentation(&model, model.info->documentation, &text, error);
    assert_int_equal(text != NULL, status == CSPAN_OK);
  }
  cspan_free(text);
  cspan_buf_free(&section);
  return status;
}

static void test_compile(void **state) {
  (void)state;
  replay(compile_and_open);
}

static cspan_status from_store(const char *models, const char *name, cspan_error **error) {
  cspan_model_store *store = NULL;
  const cspan_service_model *model = NULL;
  cspan_model_store_options options = {.models = models, .only_models = true};
  cspan_status status = cspan_model_store_open(&options, &store, error);
  assert_int_equal(store != NULL, status == CSPAN_OK);
  if (status == CSPAN_OK) {
    status = cspan_model_store_service(store, name, NULL, &model, error);
    assert_int_equal(model != NULL, status == CSPAN_OK);
  }
  cspan_service_model_release(model);
  cspan_model_store_free(store);
  return status;
}

static cspan_status from_folder(cspan_error **error) {
  return from_store(in_root("data"), "toys", error);
}

static cspan_status from_folder_by_id(cspan_error **error) {
  return from_store(in_root("data"), "Toy Shop", error);
}

static cspan_status from_file(cspan_error **error) {
  return from_store(in_root("toys.csm"), "TOYS", error);
}

static cspan_status to_file(cspan_error **error) {
  char folder[128];
  const char *const folders[] = {folder};
  cspan_models_compiled done;
  (void)snprintf(folder, sizeof folder, "%s", in_root("data"));
  return cspan_models_compile(folders, 1, false, in_root("toys.csm"), &done, error);
}

static void test_store(void **state) {
  (void)state;
  replay(from_folder);
  replay(from_folder_by_id);
  replay(to_file);
  replay(from_file);
}

static int set_up(void **state) {
  (void)state;
  model_folder_make(root);
  model_folder_put_json(in_root("data/toys/2020-01-01/service-2.json"), shop);
  model_folder_put_json(in_root("data/tools/2020-01-01/service-2.json"),
                        "{'metadata':{'protocol':'json'}}");
  model_folder_put_json(in_root("data/toys/2020-01-01/waiters-2.json"), waiters);
  fail_alloc_install();
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  fail_alloc_uninstall();
  model_folder_remove(root);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_compile),
      cmocka_unit_test(test_store),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
