/* SPDX-License-Identifier: Apache-2.0 */
/* $CLOUDSPAN_CONFORMANCE/config-corpus: every file is read as a config and as a credentials
 * file. None has an expected output: it must be read, or be refused with a line. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aws/client.h"

enum { PATH_LEN = 2048 };

static char root[PATH_LEN];

/* As either kind of file, with a profile that most of them have. */
static void load(const char *path, bool as_config) {
  cspan_aws_options options = {.size = sizeof options,
                               .profile = "foo",
                               .config_file = as_config ? path : "/nonexistent",
                               .credentials_file = as_config ? "/nonexistent" : path};
  cspan_aws_config *config = NULL;
  cspan_error *error = NULL;
  cspan_status status = cspan_aws_config_load(&options, &config, &error);
  if (status == CSPAN_OK) {
    assert_non_null(config);
    assert_null(error);
    assert_string_equal(cspan_aws_config_get(config, "profile", NULL), "foo");
    /* Without a command in any of them, this looks through the files once more. */
    assert_int_not_equal(cspan_aws_config_check_credentials(config, NULL, &error), CSPAN_OK);
  } else {
    assert_null(config);
    assert_int_equal(status, CSPAN_ERR_CONFIG);
    assert_non_null(strstr(cspan_error_message(error), path));
  }
  cspan_error_free(error);
  cspan_aws_config_free(config);
}

static int is_visible(const struct dirent *entry) {
  return entry->d_name[0] != '.';
}

static size_t load_folder(const char *folder) {
  struct dirent **entries = NULL;
  int count = scandir(folder, &entries, is_visible, alphasort);
  size_t loaded = 0;
  for (int i = 0; i < count; i++) {
    char path[PATH_LEN * 2];
    snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
    if (entries[i]->d_type == DT_DIR) {
      loaded += load_folder(path);
    } else {
      load(path, true);
      load(path, false);
      loaded++;
    }
    free(entries[i]);
  }
  free(entries);
  return loaded;
}

static void every_file_is_read_or_refused(void **state) {
  (void)state;
  size_t loaded = load_folder(root);
  print_message("%zu files\n", loaded);
  if (loaded == 0) {
    print_message("skipped: there is nothing in %s\n", root);
    skip();
  }
}

int main(void) {
  /* Whatever the files ask for is asked for here, where nobody answers. */
  setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
  setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1", 1);
  setenv("AWS_MAX_ATTEMPTS", "1", 1);
  const char *base = getenv("CLOUDSPAN_CONFORMANCE");
  snprintf(root, sizeof root, "%s/config-corpus", base ? base : CLOUDSPAN_CONFORMANCE_DIR);
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_file_is_read_or_refused)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
