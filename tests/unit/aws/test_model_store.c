/* SPDX-License-Identifier: Apache-2.0 */
/* Where models are found, which one wins, and compiled files that are damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "aws/model/file.h"
#include "aws/model/section.h"
#include "aws/model/store.h"
#include "base/alloc.h"
#include "base/crc.h"
#include "base/sys.h"
#include "support/model_folder.h"

#define FILE_MAX ((size_t)1 << 20)

static char root[64];

static const char *in_root(const char *path) {
  return model_folder_path(root, path);
}

/* FOLDER/SERVICE/VERSION/service-2.json of a service that says where it comes from. */
static void put_model(const char *folder, const char *service, const char *version, const char *id,
                      bool packed) {
  char json[512];
  char path[256];
  int len = snprintf(json, sizeof json,
                     "{\"version\":\"2.0\",\"metadata\":{\"protocol\":\"json\",\"serviceId\":"
                     "\"%s\",\"apiVersion\":\"%s\",\"serviceFullName\":\"%s\"},\"operations\":{"
                     "\"Do\":{\"documentation\":\"<p>Does.</p>\"}}}",
                     id, version, folder);
  (void)snprintf(path, sizeof path, "%s/%s/%s/%s/service-2.json%s", root, folder, service, version,
                 packed ? ".gz" : "");
  if (!packed) {
    model_folder_put(path, json, (size_t)len);
    return;
  }
  model_folder_parents(path);
  gzFile file = gzopen(path, "wb");
  assert_non_null(file);
  assert_int_equal(gzwrite(file, json, (unsigned)len), len);
  assert_int_equal(gzclose(file), Z_OK);
}

static int make_models(void **state) {
  (void)state;
  model_folder_make(root);
  put_model("first", "toys", "2020-01-01", "Toy Shop", false);
  put_model("first", "toys", "2019-01-01", "Toy Shop", false);
  put_model("first", "tea-room", "2020-01-01", "Tea", false);
  put_model("second", "toys", "2020-01-01", "Toy Shop", true);
  put_model("second", "toys", "2021-01-01", "Toy Shop", true);
  put_model("second", "cakes", "2020-01-01", "Elastic Cakes v2", true);
  put_model("home/.aws/models", "toys", "2018-01-01", "Toy Shop", false);
  (void)mkdir(in_root("first/empty"), 0755);
  setenv("HOME", in_root("home"), 1);
  unsetenv("CLOUDSPAN_MODELS");
  return 0;
}

static int remove_models(void **state) {
  (void)state;
  model_folder_remove(root);
  return 0;
}

static cspan_model_store *open_store(const char *models, const char *data_path, bool only) {
  cspan_model_store *store = NULL;
  cspan_error *error = NULL;
  cspan_model_store_options options = {
      .models = models, .data_path = data_path, .only_models = only};
  if (cspan_model_store_open(&options, &store, &error) != CSPAN_OK) {
    fail_msg("%s", cspan_error_message(error));
  }
  return store;
}

static const char *text_of(const cspan_service_model *model, cspan_text_ref ref) {
  return cspan_model_text(model, ref);
}

/* Which folder and version a name leads to. */
static void assert_found(cspan_model_store *store, const char *service, const char *version,
                         const char *folder, const char *found_version) {
  const cspan_service_model *model = NULL;
  cspan_error *error = NULL;
  if (cspan_model_store_service(store, service, version, &model, &error) != CSPAN_OK) {
    fail_msg("%s", cspan_error_message(error));
  }
  assert_string_equal(text_of(model, model->info->full_name), folder);
  assert_string_equal(text_of(model, model->info->api_version), found_version);
  cspan_service_model_release(model);
}

static void test_order(void **state) {
  char path[256];
  (void)state;
  (void)snprintf(path, sizeof path, "/nowhere:%s::%s", in_root("first"), in_root("second"));
  cspan_model_store *store = open_store(NULL, path, false);
  assert_found(store, "toys", NULL, "second", "2021-01-01");
  assert_found(store, "toys", "2020-01-01", "first", "2020-01-01");
  assert_found(store, "toys", "2018-01-01", "home/.aws/models", "2018-01-01");
  cspan_model_store_free(store);
  /* The options' folder comes first for the same version. */
  store = open_store(in_root("second"), path, false);
  assert_found(store, "toys", "2020-01-01", "second", "2020-01-01");
  cspan_model_store_free(store);
  store = open_store(in_root("first"), path, true);
  assert_found(store, "toys", NULL, "first", "2020-01-01");
  cspan_model_store_free(store);
}

static void test_names(void **state) {
  static const char *const names[] = {"cakes", "CAKES", "Elastic Cakes v2", "elastic-cakes-v2",
                                      "ElasticCakesV2"};
  (void)state;
  cspan_model_store *store = open_store(in_root("second"), NULL, true);
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    assert_found(store, names[i], NULL, "second", "2020-01-01");
  }
  cspan_model_store_free(store);
}

static void test_not_found(void **state) {
  static const struct {
    const char *service;
    const char *version;
    const char *says;
  } rows[] = {
      {"toyz", NULL, "did you mean 'toys'?"},
      {"toyz", NULL, "/first)"},
      {"nothing-like-it", NULL, "no model of service 'nothing-like-it'"},
      {"../first/toys", NULL, "no model of service"},
      {"", NULL, "no model of service ''"},
      {"empty", NULL, "no model of service 'empty'"},
      {"toys", "1999-01-01", "no model of API version '1999-01-01'; the newest is '2020-01-01'"},
  };
  (void)state;
  cspan_model_store *store = open_store(in_root("first"), NULL, true);
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    const cspan_service_model *model = NULL;
    cspan_error *error = NULL;
    cspan_status status =
        cspan_model_store_service(store, rows[i].service, rows[i].version, &model, &error);
    assert_int_equal(status, CSPAN_ERR_CONFIG);
    assert_null(model);
    assert_string_equal(cspan_error_code(error), "unknown_service");
    if (!strstr(cspan_error_message(error), rows[i].says)) {
      fail_msg("row %zu: %s", i, cspan_error_message(error));
    }
    cspan_error_free(error);
  }
  cspan_model_store_free(store);
}

static void test_list(void **state) {
  static const char *const rows[][3] = {{"cakes", "2020-01-01", "second"},
                                        {"tea-room", "2020-01-01", "first"},
                                        {"toys", "2021-01-01", "second"}};
  char path[256];
  const char *key = NULL;
  const char *version = NULL;
  const char *origin = NULL;
  (void)state;
  (void)snprintf(path, sizeof path, "%s:%s", in_root("first"), in_root("second"));
  setenv("CLOUDSPAN_MODELS", in_root("home/.aws/models"), 1);
  cspan_model_store *store = open_store(NULL, path, false);
  unsetenv("CLOUDSPAN_MODELS");
  size_t found = 0;
  for (size_t i = 0; cspan_model_store_at(store, i, &key, &version, &origin); i++) {
    for (size_t k = 0; k < 3; k++) {
      if (strcmp(key, rows[k][0]) == 0) {
        assert_string_equal(version, rows[k][1]);
        assert_string_equal(origin, in_root(rows[k][2]));
        found++;
      }
    }
  }
  assert_int_equal(found, 3);
  cspan_model_store_free(store);
}

/* The second request is the same model, and it outlives the store. */
static void test_cache(void **state) {
  const cspan_service_model *models[2] = {NULL, NULL};
  char *text = NULL;
  (void)state;
  cspan_model_store *store = open_store(in_root("second"), NULL, true);
  for (size_t i = 0; i < 2; i++) {
    assert_int_equal(cspan_model_store_service(store, "toys", NULL, &models[i], NULL), CSPAN_OK);
  }
  assert_ptr_equal(models[0], models[1]);
  cspan_service_model_release(models[0]);
  cspan_model_store_free(store);
  const cspan_operation_model *operation = cspan_model_operation(models[1], "Do");
  assert_int_equal(cspan_model_documentation(models[1], operation->documentation, &text, NULL),
                   CSPAN_OK);
  assert_string_equal(text, "<p>Does.</p>");
  cspan_free(text);
  cspan_service_model_release(models[1]);
}

static void *open_often(void *user) {
  static const char *const names[] = {"toys", "cakes", "Toy Shop"};
  for (size_t i = 0; i < 300; i++) {
    const cspan_service_model *model = NULL;
    if (cspan_model_store_service(user, names[i % 3], NULL, &model, NULL) != CSPAN_OK ||
        !cspan_model_operation(model, "Do")) {
      return user;
    }
    cspan_service_model_release(model);
  }
  return NULL;
}

static void test_threads(void **state) {
  pthread_t threads[4];
  (void)state;
  cspan_model_store *store = open_store(in_root("second"), NULL, true);
  for (size_t i = 0; i < 4; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, open_often, store), 0);
  }
  for (size_t i = 0; i < 4; i++) {
    void *failed = NULL;
    assert_int_equal(pthread_join(threads[i], &failed), 0);
    assert_null(failed);
  }
  cspan_model_store_free(store);
}

static void test_bad_places(void **state) {
  (void)state;
  cspan_model_store *store = NULL;
  cspan_error *error = NULL;
  model_folder_put(in_root("not-a-file.csm"), "hello", 5);
  const char *const paths[] = {in_root("missing"), in_root("not-a-file.csm")};
  const char *const says[] = {"there are no models at", "is not a compiled model file"};
  for (size_t i = 0; i < 2; i++) {
    cspan_model_store_options options = {.models = paths[i]};
    assert_int_not_equal(cspan_model_store_open(&options, &store, &error), CSPAN_OK);
    assert_null(store);
    assert_non_null(strstr(cspan_error_message(error), says[i]));
    cspan_error_free(error);
    error = NULL;
    setenv("CLOUDSPAN_MODELS", paths[i], 1);
    assert_int_not_equal(cspan_model_store_open(NULL, &store, &error), CSPAN_OK);
    assert_non_null(strstr(cspan_error_message(error), says[i]));
    cspan_error_free(error);
    error = NULL;
    unsetenv("CLOUDSPAN_MODELS");
  }
}

/* A model whose JSON is wrong, or whose gzip is cut short, is named with its folder. */
static void test_bad_models(void **state) {
  static const unsigned char cut[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xab};
  (void)state;
  model_folder_put(in_root("bad/wrong/2020-01-01/service-2.json"), "{\"metadata\":1}", 14);
  model_folder_put(in_root("bad/cut/2020-01-01/service-2.json.gz"), cut, sizeof cut);
  cspan_model_store *store = open_store(in_root("bad"), NULL, true);
  static const char *const names[] = {"wrong", "cut"};
  for (size_t i = 0; i < 2; i++) {
    const cspan_service_model *model = NULL;
    cspan_error *error = NULL;
    assert_int_equal(cspan_model_store_service(store, names[i], NULL, &model, &error),
                     CSPAN_ERR_INVALID);
    assert_non_null(strstr(cspan_error_message(error), names[i]));
    cspan_error_free(error);
  }
  cspan_model_store_free(store);
}

static void compile_folders(const char *to) {
  char first[256];
  char second[256];
  cspan_models_compiled done;
  cspan_error *error = NULL;
  (void)snprintf(first, sizeof first, "%s", in_root("first"));
  (void)snprintf(second, sizeof second, "%s", in_root("second"));
  const char *const folders[] = {first, second};
  if (cspan_models_compile(folders, 2, false, to, &done, &error) != CSPAN_OK) {
    fail_msg("%s", cspan_error_message(error));
  }
  assert_int_equal(done.services, 3);
}

static void test_compiled(void **state) {
  char path[256];
  (void)state;
  (void)snprintf(path, sizeof path, "%s", in_root("all.csm"));
  compile_folders(path);
  cspan_model_store *store = open_store(path, NULL, true);
  assert_found(store, "toys", NULL, "second", "2021-01-01");
  assert_found(store, "elastic cakes V2", NULL, "second", "2020-01-01");
  assert_found(store, "tea-room", "2020-01-01", "first", "2020-01-01");
  const char *key = NULL;
  const char *version = NULL;
  const char *origin = NULL;
  assert_true(cspan_model_store_at(store, 2, &key, &version, &origin));
  assert_string_equal(key, "toys");
  assert_string_equal(origin, path);
  assert_false(cspan_model_store_at(store, 3, &key, &version, &origin));
  cspan_model_store_free(store);
  /* Nothing but the file itself is left of the writing. */
  char beside[300];
  (void)snprintf(beside, sizeof beside, "%s.%ld.tmp", path, (long)getpid());
  assert_int_not_equal(access(beside, F_OK), 0);
}

static void test_compile_fails(void **state) {
  char folder[256];
  const char *const folders[] = {folder};
  cspan_models_compiled done;
  cspan_error *error = NULL;
  (void)state;
  (void)snprintf(folder, sizeof folder, "%s", in_root("home"));
  assert_int_equal(cspan_models_compile(folders, 1, false, in_root("x.csm"), &done, &error),
                   CSPAN_ERR_CONFIG);
  assert_non_null(strstr(cspan_error_message(error), "no service model"));
  cspan_error_free(error);
  error = NULL;
  (void)snprintf(folder, sizeof folder, "%s", in_root("first"));
  assert_int_equal(
      cspan_models_compile(folders, 1, false, in_root("no/such/folder"), &done, &error),
      CSPAN_ERR_IO);
  assert_non_null(strstr(cspan_error_message(error), "no/such/folder"));
  cspan_error_free(error);
}

static cspan_status open_bytes(const void *data, size_t len, const char *service,
                               cspan_error **error) {
  cspan_model_store *store = NULL;
  char path[256];
  (void)snprintf(path, sizeof path, "%s", in_root("damaged.csm"));
  model_folder_put(path, data, len);
  cspan_model_store_options options = {.models = path, .only_models = true};
  cspan_status status = cspan_model_store_open(&options, &store, error);
  const cspan_service_model *model = NULL;
  if (status == CSPAN_OK) {
    status = cspan_model_store_service(store, service, NULL, &model, error);
  }
  cspan_service_model_release(model);
  cspan_model_store_free(store);
  return status;
}

/* Only who opens the service meets the damage. */
static void check_damaged_section(cspan_buf *file) {
  const cspan_model_file_header *header = (const void *)file->data;
  size_t at = header->size;
  for (uint32_t i = 0; i < header->entries; i++) {
    const cspan_model_file_entry *entry =
        (const cspan_model_file_entry *)(const void *)(header + 1) + i;
    if (strcmp(file->data + header->texts + entry->key, "toys") == 0) {
      at = entry->offset + sizeof(cspan_section_header) + 4;
    }
  }
  cspan_error *error = NULL;
  file->data[at] = (char)(file->data[at] ^ 0x41);
  assert_int_equal(open_bytes(file->data, file->len, "toys", &error), CSPAN_ERR_INVALID);
  assert_non_null(strstr(cspan_error_message(error), "'toys'"));
  assert_int_equal(open_bytes(file->data, file->len, "cakes", NULL), CSPAN_OK);
  cspan_error_free(error);
  file->data[at] = (char)(file->data[at] ^ 0x41);
}

/* What is damaged, and what the error says; `fix` makes the checksum of the index fit. */
static void test_damaged_file(void **state) {
  char path[256];
  cspan_buf file;
  (void)state;
  (void)snprintf(path, sizeof path, "%s", in_root("whole.csm"));
  compile_folders(path);
  cspan_buf_init(&file, FILE_MAX);
  assert_int_equal(cspan_file_read(path, FILE_MAX, &file, NULL), CSPAN_OK);
  cspan_model_file_header *header = (void *)file.data;
  size_t entries = sizeof *header;
  const struct {
    size_t offset;
    bool fix;
    const char *says;
  } rows[] = {
      {0, false, "is not a compiled model file"},
      {offsetof(cspan_model_file_header, byte_order), false, "byte order"},
      {offsetof(cspan_model_file_header, version), false, "another version"},
      {offsetof(cspan_model_file_header, crc), false, "checksum of its index"},
      {offsetof(cspan_model_file_header, entries) + 1, true, "index"},
      {offsetof(cspan_model_file_header, texts) + 2, true, "index"},
      {offsetof(cspan_model_file_header, text_size) + 2, true, "index"},
      {offsetof(cspan_model_file_header, partitions) + 2, true, "index"},
      {offsetof(cspan_model_file_header, sections) + 3, false, "index"},
      {entries + offsetof(cspan_model_file_entry, key) + 2, true, "an entry of its index"},
      {entries + offsetof(cspan_model_file_entry, service_id) + 2, true, "an entry"},
      {entries + offsetof(cspan_model_file_entry, offset), true, "an entry"},
      {entries + offsetof(cspan_model_file_entry, offset) + 3, true, "an entry"},
      {entries + offsetof(cspan_model_file_entry, size) + 3, true, "an entry"},
      {entries + 1, false, "checksum of its index"},
      {header->texts, false, "checksum of its index"},
      {file.len - 1, false, NULL}, /* documentation: padding or unread */
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    cspan_error *error = NULL;
    uint32_t crc = header->crc;
    file.data[rows[i].offset] = (char)(file.data[rows[i].offset] ^ 0x41);
    if (rows[i].fix) {
      size_t checked = offsetof(cspan_model_file_header, entries);
      header->crc = cspan_crc32c(0, file.data + checked, header->sections - checked);
    }
    cspan_status status = open_bytes(file.data, file.len, "toys", &error);
    assert_int_equal(status, rows[i].says ? CSPAN_ERR_INVALID : CSPAN_OK);
    if (rows[i].says && !strstr(cspan_error_message(error), rows[i].says)) {
      fail_msg("row %zu: %s", i, cspan_error_message(error));
    }
    header->crc = rows[i].offset == offsetof(cspan_model_file_header, crc) ? header->crc : crc;
    file.data[rows[i].offset] = (char)(file.data[rows[i].offset] ^ 0x41);
    cspan_error_free(error);
  }
  check_damaged_section(&file);
  for (size_t len = 0; len < file.len; len += 61) {
    cspan_error *error = NULL;
    assert_int_equal(open_bytes(file.data, len, "toys", &error), CSPAN_ERR_INVALID);
    cspan_error_free(error);
  }
  assert_int_equal(open_bytes(file.data, file.len, "toys", NULL), CSPAN_OK);
  cspan_buf_free(&file);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_order),        cmocka_unit_test(test_names),
      cmocka_unit_test(test_not_found),    cmocka_unit_test(test_list),
      cmocka_unit_test(test_cache),        cmocka_unit_test(test_threads),
      cmocka_unit_test(test_bad_places),   cmocka_unit_test(test_bad_models),
      cmocka_unit_test(test_compiled),     cmocka_unit_test(test_compile_fails),
      cmocka_unit_test(test_damaged_file),
  };
  return cmocka_run_group_tests(tests, make_models, remove_models);
}
