/* SPDX-License-Identifier: Apache-2.0 */
/* The file that appears under its name only when it is whole. */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/sys.h"
#include "services/s3/storage_file.h"

typedef struct place {
  char folder[64];
  char path[96];
} place;

static int set_up(void **state) {
  place *here = calloc(1, sizeof *here);
  snprintf(here->folder, sizeof here->folder, "/tmp/cloudspan-file-XXXXXX");
  if (!mkdtemp(here->folder)) {
    return 1;
  }
  snprintf(here->path, sizeof here->path, "%s/target", here->folder);
  *state = here;
  return 0;
}

static int tear_down(void **state) {
  place *here = *state;
  unlink(here->path);
  int left = rmdir(here->folder); /* fails when something was left behind */
  free(here);
  return left;
}

static void write_file(const char *path, const char *text) {
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fputs(text, file);
  assert_int_equal(fclose(file), 0);
}

static void check_content(const char *path, const char *text) {
  cspan_buf buf;
  cspan_buf_init(&buf, 1024);
  assert_int_equal(cspan_file_read(path, 1024, &buf, NULL), CSPAN_OK);
  assert_string_equal(cspan_buf_text(&buf), text);
  cspan_buf_free(&buf);
}

static void committed(void **state) {
  place *here = *state;
  cspan_atomic_file file = {.path = here->path, .fd = -1};
  assert_int_equal(cspan_atomic_file_start(&file, NULL), CSPAN_OK);
  assert_int_equal(cspan_atomic_file_write(&file, "first attempt", 13, NULL), CSPAN_OK);
  assert_int_not_equal(access(here->path, F_OK), 0);
  assert_int_equal(cspan_atomic_file_start(&file, NULL), CSPAN_OK);
  assert_int_equal(cspan_atomic_file_write(&file, "second", 6, NULL), CSPAN_OK);
  assert_int_equal(cspan_atomic_file_commit(&file, NULL), CSPAN_OK);
  cspan_atomic_file_discard(&file);
  check_content(here->path, "second");
}

/* A link stays a link: what it leads to is replaced, in its own folder. */
static void through_a_link(void **state) {
  place *here = *state;
  char other[96];
  char link[96];
  struct stat info;
  snprintf(other, sizeof other, "%.64s/other", here->folder);
  snprintf(link, sizeof link, "%.64s/other/link", here->folder);
  assert_int_equal(mkdir(other, 0700), 0);
  write_file(here->path, "before");
  assert_int_equal(symlink(here->path, link), 0);
  cspan_atomic_file file = {.path = link, .fd = -1};
  assert_int_equal(cspan_atomic_file_start(&file, NULL), CSPAN_OK);
  assert_int_equal(cspan_atomic_file_write(&file, "after", 5, NULL), CSPAN_OK);
  assert_int_equal(cspan_atomic_file_commit(&file, NULL), CSPAN_OK);
  cspan_atomic_file_discard(&file);
  check_content(here->path, "after");
  assert_int_equal(lstat(link, &info), 0);
  assert_true(S_ISLNK(info.st_mode));
  unlink(here->path);
  cspan_error *error = NULL;
  assert_int_equal(cspan_atomic_file_start(&file, &error), CSPAN_ERR_IO); /* leads nowhere now */
  assert_non_null(strstr(cspan_error_message(error), "link"));
  cspan_error_free(error);
  cspan_atomic_file_discard(&file);
  unlink(link);
  assert_int_equal(rmdir(other), 0);
}

/* In steps that no buffer is a multiple of. */
static void large(void **state) {
  enum { STEP = 16331, STEPS = 17 };
  place *here = *state;
  char *all = malloc(STEP * STEPS);
  cspan_buf buf;
  cspan_atomic_file file = {.path = here->path, .fd = -1};
  for (int i = 0; i < STEP * STEPS; i++) {
    all[i] = (char)(i * 7 / 3);
  }
  assert_int_equal(cspan_atomic_file_start(&file, NULL), CSPAN_OK);
  for (int i = 0; i < STEPS; i++) {
    assert_int_equal(cspan_atomic_file_write(&file, all + i * STEP, STEP, NULL), CSPAN_OK);
  }
  assert_int_equal(cspan_atomic_file_commit(&file, NULL), CSPAN_OK);
  cspan_atomic_file_discard(&file);
  cspan_buf_init(&buf, STEP * STEPS);
  assert_int_equal(cspan_file_read(here->path, STEP * STEPS, &buf, NULL), CSPAN_OK);
  assert_int_equal(buf.len, STEP * STEPS);
  assert_memory_equal(buf.data, all, STEP * STEPS);
  cspan_buf_free(&buf);
  free(all);
}

/* What does not fit on the disk fails at the latest when the file is committed. */
static void full(void **state) {
  place *here = *state;
  cspan_error *error = NULL;
  cspan_atomic_file file = {.path = here->path, .fd = -1};
  assert_int_equal(cspan_atomic_file_start(&file, NULL), CSPAN_OK);
  close(file.fd);
  file.fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
  assert_true(file.fd >= 0);
  assert_int_equal(cspan_atomic_file_write(&file, "some", 4, NULL), CSPAN_OK);
  assert_int_equal(cspan_atomic_file_commit(&file, &error), CSPAN_ERR_IO);
  assert_non_null(strstr(cspan_error_message(error), "cannot write"));
  cspan_error_free(error);
  cspan_atomic_file_discard(&file);
  assert_int_not_equal(access(here->path, F_OK), 0);
}

static void discarded(void **state) {
  place *here = *state;
  write_file(here->path, "old");
  cspan_atomic_file file = {.path = here->path, .fd = -1};
  assert_int_equal(cspan_atomic_file_start(&file, NULL), CSPAN_OK);
  assert_int_equal(cspan_atomic_file_write(&file, "new", 3, NULL), CSPAN_OK);
  cspan_atomic_file_discard(&file);
  check_content(here->path, "old");
}

static void keeps_permissions(void **state) {
  place *here = *state;
  struct stat info;
  write_file(here->path, "secret");
  assert_int_equal(chmod(here->path, 0600), 0);
  cspan_atomic_file file = {.path = here->path, .fd = -1};
  assert_int_equal(cspan_atomic_file_start(&file, NULL), CSPAN_OK);
  assert_int_equal(cspan_atomic_file_commit(&file, NULL), CSPAN_OK);
  assert_int_equal(stat(here->path, &info), 0);
  assert_int_equal(info.st_mode & 0777, 0600);
  assert_int_equal(info.st_size, 0);
}

/* The temporary file's name must fit where the target's does. */
static void longest_name(void **state) {
  place *here = *state;
  char path[512];
  int folder = snprintf(path, sizeof path, "%s/", here->folder);
  memset(path + folder, 'n', NAME_MAX);
  path[folder + NAME_MAX] = '\0';
  cspan_atomic_file file = {.path = path, .fd = -1};
  assert_int_equal(cspan_atomic_file_start(&file, NULL), CSPAN_OK);
  assert_memory_equal(file.temporary, path, (size_t)folder);
  assert_int_equal(cspan_atomic_file_write(&file, "long", 4, NULL), CSPAN_OK);
  assert_int_equal(cspan_atomic_file_commit(&file, NULL), CSPAN_OK);
  cspan_atomic_file_discard(&file);
  check_content(path, "long");
  assert_int_equal(unlink(path), 0);
}

/* A bare name means the folder that the process is in. */
static void name_without_folder(void **state) {
  place *here = *state;
  int before = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  assert_true(before >= 0);
  assert_int_equal(chdir(here->folder), 0);
  cspan_atomic_file file = {.path = "target", .fd = -1};
  assert_int_equal(cspan_atomic_file_start(&file, NULL), CSPAN_OK);
  assert_null(strchr(file.temporary, '/'));
  assert_int_equal(cspan_atomic_file_commit(&file, NULL), CSPAN_OK);
  cspan_atomic_file_discard(&file);
  assert_int_equal(fchdir(before), 0);
  close(before);
  check_content(here->path, "");
}

static void no_folder(void **state) {
  (void)state;
  cspan_error *error = NULL;
  cspan_atomic_file file = {.path = "/nonexistent/folder/file", .fd = -1};
  assert_int_equal(cspan_atomic_file_start(&file, &error), CSPAN_ERR_IO);
  assert_non_null(strstr(cspan_error_message(error), "/nonexistent/folder/file"));
  assert_string_equal(cspan_error_code(error), "io_error");
  cspan_error_free(error);
  cspan_atomic_file_discard(&file);
}

/* The target becomes a folder while the download runs. */
static void cannot_be_renamed(void **state) {
  place *here = *state;
  cspan_error *error = NULL;
  cspan_atomic_file file = {.path = here->path, .fd = -1};
  assert_int_equal(cspan_atomic_file_start(&file, NULL), CSPAN_OK);
  assert_int_equal(mkdir(here->path, 0700), 0);
  assert_int_equal(cspan_atomic_file_commit(&file, &error), CSPAN_ERR_IO);
  assert_non_null(strstr(cspan_error_message(error), "rename"));
  cspan_error_free(error);
  cspan_atomic_file_discard(&file);
  assert_int_equal(rmdir(here->path), 0);
}

static void only_regular_files(void **state) {
  place *here = *state;
  assert_int_equal(cspan_atomic_file_check(here->path, NULL), CSPAN_OK);
  assert_int_equal(cspan_atomic_file_check(here->folder, NULL), CSPAN_ERR_INVALID);
  assert_int_equal(cspan_atomic_file_check("/dev/null", NULL), CSPAN_ERR_INVALID);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(committed, set_up, tear_down),
      cmocka_unit_test_setup_teardown(through_a_link, set_up, tear_down),
      cmocka_unit_test_setup_teardown(large, set_up, tear_down),
      cmocka_unit_test_setup_teardown(full, set_up, tear_down),
      cmocka_unit_test_setup_teardown(discarded, set_up, tear_down),
      cmocka_unit_test_setup_teardown(keeps_permissions, set_up, tear_down),
      cmocka_unit_test_setup_teardown(longest_name, set_up, tear_down),
      cmocka_unit_test_setup_teardown(name_without_folder, set_up, tear_down),
      cmocka_unit_test(no_folder),
      cmocka_unit_test_setup_teardown(cannot_be_renamed, set_up, tear_down),
      cmocka_unit_test_setup_teardown(only_regular_files, set_up, tear_down),
  };
  return cmocka_run_group_tests_name("storage file", tests, NULL, NULL);
}
