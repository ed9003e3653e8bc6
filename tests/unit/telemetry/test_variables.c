/* SPDX-License-Identifier: Apache-2.0 */
/* The table of environment variables: it has all that are read, and docs/environment.md is made
 * of it:
 *
 *   test_telemetry_variables --print > docs/environment.md
 */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

#include "unit/telemetry/config_fixture.h"

#include "base/buf.h"
#include "base/sys.h"
#include "telemetry/settings.h"

enum { DOCUMENT_MAX = 1 << 18, SOURCE_MAX = 1 << 20 };

/* ------------------------------------------------------------------- document */

/* A "|" would end the cell. */
static void put_cell(cspan_buf *out, const char *text) {
  for (; *text != '\0'; text++) {
    cspan_buf_printf(out, *text == '|' ? "\\|" : "%c", *text);
  }
}

static void put_document(cspan_buf *out) {
  cspan_buf_str(
      out,
      "# Environment variables\n\n"
      "All variables that the telemetry of cloudspan reads. Made from the table that the code\n"
      "reads them by (`src/telemetry/config/variables.c`); do not edit.\n\n"
      "- A variable that is set to nothing counts as not set.\n"
      "- A boolean is true only when it is `true`, in any case.\n"
      "- A number that cannot be read or is out of its range, and a name that is not known,\n"
      "  are warned of and ignored. Durations and timeouts are milliseconds.\n"
      "- What a program says in an options struct or an argument wins over its variable. A\n"
      "  configuration file (OTEL_CONFIG_FILE) stands for all of them.\n"
      "- `http_proxy`, `https_proxy` and `no_proxy`, which libcurl reads, count for receivers\n"
      "  that are not on this host.\n\n"
      "| Variable | Type | Default | Meaning | Rule |\n| --- | --- | --- | --- | --- |\n");
  for (size_t i = 0; i < cspan_variable_count; i++) {
    const cspan_variable *v = &cspan_variables[i];
    cspan_buf_printf(out, "| `%s` | %s | %s | ", v->name, v->type, v->fallback);
    put_cell(out, v->meaning);
    cspan_buf_printf(out, " | %s |\n", v->source);
  }
}

/* A file of the project: this one's path tells where that is. */
static bool read_source(const char *path, cspan_buf *out) {
  static const char here[] = "tests/unit/telemetry/test_variables.c";
  char full[1024];
  const char *end = strstr(__FILE__, here);
  assert_non_null(end);
  snprintf(full, sizeof full, "%.*s%s", (int)(end - __FILE__), __FILE__, path);
  cspan_buf_init(out, SOURCE_MAX);
  return cspan_file_read(full, SOURCE_MAX, out, NULL) == CSPAN_OK;
}

static void test_document(void **state) {
  (void)state;
  cspan_buf wanted;
  cspan_buf found;
  cspan_buf_init(&wanted, DOCUMENT_MAX);
  put_document(&wanted);
  assert_int_equal(cspan_buf_status(&wanted), CSPAN_OK);
  assert_true(read_source("docs/environment.md", &found));
  if (strcmp(cspan_buf_text(&wanted), cspan_buf_text(&found)) != 0) {
    fail_msg("docs/environment.md is old: test_telemetry_variables --print > docs/environment.md");
  }
  cspan_buf_free(&wanted);
  cspan_buf_free(&found);
}

/* ----------------------------------------------------------------------- table */

static void test_rows(void **state) {
  (void)state;
  assert_true(cspan_variable_count > 50);
  for (size_t i = 0; i < cspan_variable_count; i++) {
    const cspan_variable *v = &cspan_variables[i];
    assert_ptr_equal(cspan_variable_find(v->name), v); /* and so no name stands twice */
    assert_true(strspn(v->name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") == strlen(v->name));
    assert_true(v->type[0] && v->meaning[0] && v->source[0]);
    assert_int_equal(v->meaning[strlen(v->meaning) - 1], '.');
  }
  assert_null(cspan_variable_find("OTEL_NOTHING"));
}

/* Each variable is named in the file that the table says reads it. The names of OTLP are put
 * together from a prefix, a signal and a suffix. */
static void test_readers(void **state) {
  (void)state;
  static const char otlp[] = "OTEL_EXPORTER_OTLP_";
  for (size_t i = 0; i < cspan_variable_count; i++) {
    const cspan_variable *v = &cspan_variables[i];
    char path[256];
    char quoted[128];
    cspan_buf text;
    const char *name = v->name;
    snprintf(path, sizeof path, "src/%s", v->reader);
    if (!read_source(path, &text)) {
      fail_msg("%s: there is no %s", v->name, path);
    }
    if (strncmp(name, otlp, sizeof otlp - 1) == 0 && strstr(name, "_PREFERENCE") == NULL &&
        strstr(name, "_AGGREGATION") == NULL) {
      name += sizeof otlp - 1;
      name += strncmp(name, "TRACES_", 7) == 0 ? 7 : strncmp(name, "METRICS_", 8) == 0 ? 8 : 0;
    }
    snprintf(quoted, sizeof quoted, "\"%s\"", name);
    if (strstr(cspan_buf_text(&text), quoted) == NULL) {
      fail_msg("%s is not read by %s", v->name, path);
    }
    cspan_buf_free(&text);
  }
}

/* The SDK reads no variable past the table. */
static void test_no_other_way(void **state) {
  (void)state;
  static const char *const patterns[] = {"src/telemetry/*.c", "src/telemetry/*/*.c"};
  /* The table's own reader; values that a configuration file asks for; what a platform says of
   * itself to a detector. */
  static const char *const allowed[] = {"telemetry/settings.c", "config/yaml.c",
                                        "config/make_resource.c", "resource/detector_"};
  static const char here[] = "tests/unit/telemetry/test_variables.c";
  size_t files = 0;
  for (size_t p = 0; p < sizeof patterns / sizeof patterns[0]; p++) {
    char pattern[1024];
    glob_t found;
    snprintf(pattern, sizeof pattern, "%.*s%s", (int)(strstr(__FILE__, here) - __FILE__), __FILE__,
             patterns[p]);
    assert_int_equal(glob(pattern, 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++, files++) {
      cspan_buf text;
      bool is_allowed = false;
      for (size_t a = 0; a < sizeof allowed / sizeof allowed[0]; a++) {
        is_allowed = is_allowed || strstr(found.gl_pathv[i], allowed[a]) != NULL;
      }
      cspan_buf_init(&text, SOURCE_MAX);
      assert_int_equal(cspan_file_read(found.gl_pathv[i], SOURCE_MAX, &text, NULL), CSPAN_OK);
      if (!is_allowed && (strstr(cspan_buf_text(&text), "cspan_env(") != NULL ||
                          strstr(cspan_buf_text(&text), "getenv(") != NULL)) {
        fail_msg("%s reads the environment by itself, not by cspan_setting_text()",
                 found.gl_pathv[i]);
      }
      cspan_buf_free(&text);
    }
    globfree(&found);
  }
  assert_true(files > 50);
}

/* --------------------------------------------------------------------- reading */

static void test_numbers(void **state) {
  (void)state;
  static const struct {
    const char *text; /* NULL: not set */
    uint64_t value;
    bool warns;
  } cases[] = {{NULL, 7, false},
               {"", 7, false},
               {"5", 5, false},
               {"10", 10, false},
               {"11", 7, true},
               {"1", 7, true},
               {"-5", 7, true},
               {"five", 7, true},
               {"5.0", 7, true},
               {" 5", 7, true},
               {"0x5", 7, true},
               {"+5", 7, true},
               {"99999999999999999999", 7, true}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    config_listen(NULL);
    unsetenv("OTEL_BSP_MAX_QUEUE_SIZE");
    if (cases[i].text != NULL) {
      setenv("OTEL_BSP_MAX_QUEUE_SIZE", cases[i].text, 1);
    }
    assert_int_equal(cspan_setting("OTEL_BSP_MAX_QUEUE_SIZE", 7, 2, 10), cases[i].value);
    assert_int_equal(config_logged[0] != '\0', cases[i].warns);
    if (cases[i].warns) {
      config_assert_contains(config_logged, cases[i].text); /* as the user wrote it */
    }
  }
  unsetenv("OTEL_BSP_MAX_QUEUE_SIZE");
}

static void test_booleans(void **state) {
  (void)state;
  static const struct {
    const char *text;
    bool value;
    bool warns;
  } cases[] = {{NULL, false, false},    {"", false, false},    {"true", true, false},
               {"TRUE", true, false},   {"True", true, false}, {"false", false, false},
               {"FALSE", false, false}, {"1", false, true},    {"yes", false, true},
               {"t", false, true},      {" true", false, true}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    config_listen(NULL);
    unsetenv("OTEL_SDK_DISABLED");
    if (cases[i].text != NULL) {
      setenv("OTEL_SDK_DISABLED", cases[i].text, 1);
    }
    assert_int_equal(cspan_setting_bool("OTEL_SDK_DISABLED"), cases[i].value);
    assert_int_equal(config_logged[0] != '\0', cases[i].warns);
  }
  unsetenv("OTEL_SDK_DISABLED");
}

/* While a file is in use no variable is set, on this thread. */
static void test_ignored(void **state) {
  (void)state;
  setenv("OTEL_SERVICE_NAME", "x", 1);
  cspan_settings_ignore();
  cspan_settings_ignore();
  assert_null(cspan_setting_text("OTEL_SERVICE_NAME"));
  cspan_settings_heed();
  assert_null(cspan_setting_text("OTEL_SERVICE_NAME"));
  cspan_settings_heed();
  assert_string_equal(cspan_setting_text("OTEL_SERVICE_NAME"), "x");
  unsetenv("OTEL_SERVICE_NAME");
}

static int print_document(void) {
  cspan_buf document;
  cspan_buf_init(&document, DOCUMENT_MAX);
  put_document(&document);
  fputs(cspan_buf_text(&document), stdout);
  cspan_buf_free(&document);
  return 0;
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_rows),    cmocka_unit_test(test_document),
      cmocka_unit_test(test_readers), cmocka_unit_test(test_no_other_way),
      cmocka_unit_test(test_numbers), cmocka_unit_test(test_booleans),
      cmocka_unit_test(test_ignored),
  };
  if (argc > 1 && strcmp(argv[1], "--print") == 0) {
    return print_document();
  }
  return cmocka_run_group_tests(tests, config_listen, NULL);
}
