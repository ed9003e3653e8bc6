/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of what is emitted: docs/attributes.md is made of them,
 *
 *   test_instrument_attributes --print > docs/attributes.md
 *
 * the code sets no key that they lack, and the semantic conventions have what they say. */
#include <dirent.h>
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/sys.h"
#include "instrument/emitted.h"
#include "instrument/metric_table.h"
#include "instrument/options_schema.h"
#include "instrument/rules.h"
#include "telemetry/config/node.h"

enum { DOCUMENT_MAX = 1 << 18, SOURCE_MAX = 1 << 20, KEYS_MAX = 1000 };

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* ---------------------------------------------------------- all rows as one list */

typedef struct row {
  const char *service; /* NULL: of no one */
  const char *operation;
  const char *on;
  const char *key;
  const char *type; /* NULL: only the key is known, of a metric */
  const char *when;
} row;

typedef struct row_list {
  row rows[KEYS_MAX];
  size_t count;
} row_list;

static void add_row(row_list *list, row added) {
  assert_true(list->count < KEYS_MAX);
  list->rows[list->count++] = added;
}

static void add_service(row_list *list, const cspan_service_rules *table) {
  static const char *const sources[] = {"input", "output", "error"};
  static char texts[KEYS_MAX][160];
  static size_t used;
  for (size_t i = 0; i < table->rule_count; i++) {
    const cspan_attribute_rule *rule = &table->rules[i];
    assert_true(used < KEYS_MAX);
    if (rule->path != NULL) {
      snprintf(texts[used], sizeof texts[used], "%s `%s`", sources[rule->source], rule->path);
    } else {
      snprintf(texts[used], sizeof texts[used], "the error's code");
    }
    add_row(list, (row){table->service, rule->operation, "call", rule->key,
                        cspan_emitted_type(rule->form), texts[used++]});
  }
  for (size_t i = 0; i < table->fixed_count; i++) {
    const cspan_fixed_attribute *fixed = &table->fixed[i];
    assert_true(used < KEYS_MAX);
    snprintf(texts[used], sizeof texts[used],
             fixed->value != NULL ? "`%s`" : "the operation's name", fixed->value);
    add_row(list,
            (row){table->service, fixed->operation, "call", fixed->key, "string", texts[used++]});
  }
}

static void add_all(row_list *list) {
  list->count = 0;
  for (size_t i = 0; cspan_emitted_at(i) != NULL; i++) {
    const cspan_emitted *own = cspan_emitted_at(i);
    add_row(list, (row){NULL, NULL, own->on, own->key, own->type, own->when});
  }
  for (size_t i = 0; cspan_rules_at(i) != NULL; i++) {
    add_service(list, cspan_rules_at(i));
  }
}

/* ------------------------------------------------------------------- document */

static void put_options(cspan_buf *out) {
  cspan_buf_str(out, "## Options\n\n"
                     "In `cspan_trace_options`, and below `instrumentation/development: c: "
                     "cloudspan:` of a\nconfiguration file. instrumentation.md shows what they "
                     "change.\n\n"
                     "| Key | Option | Values | Default | Meaning |\n| --- | --- | --- | --- | --- "
                     "|\n");
  for (size_t i = 0; i < cspan_option_row_count; i++) {
    const cspan_option_row *option = &cspan_option_rows[i];
    cspan_buf_printf(out, "| `%s` | `%s` | %s | %s | %s |\n", option->key, option->option,
                     option->values, option->fallback, option->meaning);
  }
}

/* Keys that are no service's. */
static void put_common(cspan_buf *out, const row_list *list) {
  cspan_buf_str(out, "\n## Attributes that are no row of a service's table\n\n"
                     "`call` is the span of a call, `attempt` that of an attempt (where `retries` "
                     "asks for them),\n`process` that of processing messages, `link` a link to a "
                     "sender's span; anything else is the\nname of an event of a call's span.\n\n"
                     "| On | Key | Type | When |\n| --- | --- | --- | --- |\n");
  for (size_t i = 0; i < list->count; i++) {
    const row *own = &list->rows[i];
    if (own->service == NULL) {
      cspan_buf_printf(out, "| %s | `%s` | %s | %s |\n", own->on, own->key, own->type, own->when);
    }
  }
}

static void put_operations(cspan_buf *out, const char *operations) {
  if (operations == NULL) {
    cspan_buf_str(out, "all");
    return;
  }
  for (const char *at = operations; *at != '\0';) {
    size_t len = strcspn(at, ",");
    cspan_buf_printf(out, "%s`%.*s`", at == operations ? "" : ", ", (int)len, at);
    at += len + (at[len] == ',');
  }
}

static void put_services(cspan_buf *out, const row_list *list) {
  cspan_buf_str(out,
                "\n## Attributes by service\n\n"
                "On the span of a call. What comes from the input is there from the start, so "
                "that samplers see\nit. Of rows with the same key the first that finds a value "
                "counts.\n");
  for (size_t t = 0; cspan_rules_at(t) != NULL; t++) {
    const char *service = cspan_rules_at(t)->service;
    bool any = false;
    for (size_t i = 0; i < list->count; i++) {
      const row *own = &list->rows[i];
      if (own->service != service) {
        continue;
      }
      if (!any) {
        cspan_buf_printf(out,
                         "\n### %s\n\n| Key | Type | Operations | From |\n| --- | --- | --- | --- "
                         "|\n",
                         service);
      }
      any = true;
      cspan_buf_printf(out, "| `%s` | %s | ", own->key, own->type);
      put_operations(out, own->operation);
      cspan_buf_printf(out, " | %s |\n", own->when);
    }
  }
}

static void put_metrics(cspan_buf *out) {
  cspan_buf_str(out, "\n## Metrics\n\n"
                     "Scope `cloudspan/aws`. Histograms of seconds have the bounds that the "
                     "conventions advise. Where a\nspan was sampled, exemplars name it.\n\n"
                     "| Metric | Kind | Unit | Attributes | When |\n| --- | --- | --- | --- | --- "
                     "|\n");
  for (size_t i = 0; i < CSPAN_METRIC_COUNT; i++) {
    const cspan_metric_row *metric = &cspan_metric_rows[i];
    cspan_buf_printf(out, "| `%s` | %s | `%s` | ", metric->name,
                     metric->kind == CSPAN_HISTOGRAM ? "histogram" : "counter", metric->unit);
    for (size_t k = 0; metric->attributes[k] != NULL; k++) {
      cspan_buf_printf(out, "%s`%s`", k > 0 ? ", " : "", metric->attributes[k]);
    }
    cspan_buf_printf(out, " | %s |\n", metric->when);
  }
}

static void put_document(cspan_buf *out) {
  row_list *list = calloc(1, sizeof *list);
  assert_non_null(list);
  add_all(list);
  cspan_buf_str(out, "# Options, attributes and metrics of the instrumentation\n\n"
                     "Made from the tables that the code works by (`src/instrument`); do not "
                     "edit.\n\n");
  put_options(out);
  put_common(out, list);
  put_services(out, list);
  put_metrics(out);
  free(list);
}

/* A file of the project: this one's path tells where that is. */
static void full_path(const char *path, char out[1024]) {
  static const char here[] = "tests/unit/instrument/test_attributes.c";
  const char *end = strstr(__FILE__, here);
  assert_non_null(end);
  snprintf(out, 1024, "%.*s%s", (int)(end - __FILE__), __FILE__, path);
}

static void the_document_is_the_tables(void **state) {
  (void)state;
  char path[1024];
  cspan_buf wanted;
  cspan_buf found;
  cspan_buf_init(&wanted, DOCUMENT_MAX);
  cspan_buf_init(&found, DOCUMENT_MAX);
  put_document(&wanted);
  assert_int_equal(cspan_buf_status(&wanted), CSPAN_OK);
  full_path("docs/attributes.md", path);
  assert_int_equal(cspan_file_read(path, DOCUMENT_MAX, &found, NULL), CSPAN_OK);
  if (strcmp(cspan_buf_text(&wanted), cspan_buf_text(&found)) != 0) {
    fail_msg("docs/attributes.md is old: test_instrument_attributes --print > docs/attributes.md");
  }
  cspan_buf_free(&wanted);
  cspan_buf_free(&found);
}

/* -------------------------------------------------------------------- options */

static void check_options_of(const cspan_schema *schema, const char *prefix, size_t *leaves) {
  for (size_t i = 0; i < schema->member_count; i++) {
    const cspan_schema_member *member = &schema->members[i];
    char key[128];
    snprintf(key, sizeof key, "%s%s", prefix, member->name);
    if (member->schema->kind == CSPAN_SCHEMA_OBJECT) {
      char inner[130];
      snprintf(inner, sizeof inner, "%s.", key);
      check_options_of(member->schema, inner, leaves);
      continue;
    }
    ++*leaves;
    bool found = false;
    for (size_t k = 0; k < cspan_option_row_count; k++) {
      found = found || strcmp(cspan_option_rows[k].key, key) == 0;
    }
    if (!found) {
      fail_msg("the option %s is in no row of cspan_option_rows", key);
    }
  }
}

static void options_have_rows(void **state) {
  (void)state;
  size_t leaves = 0;
  check_options_of(&cspan_options_schema, "", &leaves);
  assert_int_equal(leaves, cspan_option_row_count);
}

/* --------------------------------------------------------------------- sources */

static bool is_listed(const row_list *list, const char *key, size_t size) {
  for (size_t i = 0; i < list->count; i++) {
    if (strlen(list->rows[i].key) == size && memcmp(list->rows[i].key, key, size) == 0) {
      return true;
    }
  }
  return false;
}

/* The keys that calls in a source set: literals after these. */
static const char *const setters[] = {"cspan_attr_",      "cspan_span_set_", "cspan_slot_put_",
                                      "cspan_slot_keep_", "put_text(",       "put_int64("};

static size_t check_source(const row_list *list, const char *name, const char *text) {
  size_t seen = 0;
  for (size_t s = 0; s < COUNT(setters); s++) {
    for (const char *at = strstr(text, setters[s]); at != NULL; at = strstr(at + 1, setters[s])) {
      const char *open = strchr(at, '(');
      const char *quote = open != NULL ? strchr(open, '"') : NULL;
      if (quote == NULL || strcspn(open, ";{") < (size_t)(quote - open)) {
        continue;
      }
      size_t size = strcspn(quote + 1, "\"");
      if (memchr(quote + 1, '.', size) != NULL &&
          strspn(quote + 1, "abcdefghijklmnopqrstuvwxyz0123456789._") == size) {
        seen++;
        if (!is_listed(list, quote + 1, size)) {
          fail_msg("%s sets %.*s, which is in no table", name, (int)size, quote + 1);
        }
      }
    }
  }
  return seen;
}

static size_t check_folder(const row_list *list, const char *folder) {
  char path[1024];
  size_t seen = 0;
  full_path(folder, path);
  DIR *dir = opendir(path);
  assert_non_null(dir);
  for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
    const char *dot = strrchr(entry->d_name, '.');
    /* Their keys are held against the rows of the metrics. */
    if (dot == NULL || strcmp(dot, ".c") != 0 || strncmp(entry->d_name, "metric", 6) == 0) {
      continue;
    }
    char file[2048];
    cspan_buf text;
    snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
    cspan_buf_init(&text, SOURCE_MAX);
    assert_int_equal(cspan_file_read(file, SOURCE_MAX, &text, NULL), CSPAN_OK);
    seen += check_source(list, entry->d_name, cspan_buf_text(&text));
    cspan_buf_free(&text);
  }
  closedir(dir);
  return seen;
}

static void sources_set_what_is_listed(void **state) {
  (void)state;
  row_list *list = calloc(1, sizeof *list);
  assert_non_null(list);
  add_all(list);
  size_t seen =
      check_folder(list, "src/instrument") + check_folder(list, "src/instrument/services");
  assert_true(seen > 10); /* it does see them */
  free(list);
}

/* ----------------------------------------------------------------- conventions
 * The YAML of the semantic conventions, in the folder that CLOUDSPAN_REFERENCE names, or beside the
 * project. */

enum { CONVENTIONS_MAX = 4000 };

typedef struct convention {
  char key[96];
  char type[32]; /* "": only referred to; of a metric its unit */
  char kind[16]; /* "attribute", or of a metric "histogram", "counter" */
  bool is_deprecated;
} convention;

typedef struct convention_list {
  convention all[CONVENTIONS_MAX];
  size_t count;
} convention_list;

static const char *text_at(const cspan_config_node *map, const char *key) {
  const char *text = "";
  cspan_config_node_string(cspan_config_node_get(map, key), &text);
  return text;
}

/* An enumeration has the type of its members' values. */
static const char *type_at(const cspan_config_node *map) {
  const cspan_config_node *members =
      cspan_config_node_get(cspan_config_node_get(map, "type"), "members");
  const cspan_config_node *first = cspan_config_node_at(members, 0, NULL);
  if (first == NULL) {
    return text_at(map, "type");
  }
  const cspan_config_node *value = cspan_config_node_get(first, "value");
  return cspan_config_node_type(value) == CSPAN_CONFIG_INT64 ? "int" : "string";
}

static void add_convention(convention_list *list, const char *key, const char *type,
                           const char *kind, bool is_deprecated) {
  assert_true(list->count < CONVENTIONS_MAX);
  convention *to = &list->all[list->count++];
  snprintf(to->key, sizeof to->key, "%s", key);
  snprintf(to->type, sizeof to->type, "%s", type);
  snprintf(to->kind, sizeof to->kind, "%s", kind);
  to->is_deprecated = is_deprecated;
}

static void collect(convention_list *list, const cspan_config_node *node) {
  const char *id = text_at(node, "id");
  const char *metric = text_at(node, "metric_name");
  bool is_deprecated = cspan_config_node_get(node, "deprecated") != NULL;
  if (metric[0] != '\0') {
    add_convention(list, metric, text_at(node, "unit"), text_at(node, "instrument"), is_deprecated);
  } else if (id[0] != '\0' && cspan_config_node_get(node, "brief") != NULL &&
             cspan_config_node_get(node, "attributes") == NULL) {
    add_convention(list, id, type_at(node), "attribute", is_deprecated);
  }
  if (text_at(node, "ref")[0] != '\0') {
    add_convention(list, text_at(node, "ref"), "", "attribute", false);
  }
  for (size_t i = 0; i < cspan_config_node_count(node); i++) {
    collect(list, cspan_config_node_at(node, i, NULL));
  }
}

static void read_conventions(convention_list *list, const char *path) {
  cspan_buf text;
  cspan_error *error = NULL;
  const cspan_config_node *root = NULL;
  cspan_arena *arena = cspan_arena_create(CSPAN_CONFIG_ARENA_MAX);
  cspan_buf_init(&text, SOURCE_MAX);
  assert_int_equal(cspan_file_read(path, SOURCE_MAX, &text, NULL), CSPAN_OK);
  if (cspan_config_read_yaml(arena, cspan_buf_text(&text), text.len, path, &root, &error) !=
      CSPAN_OK) {
    fail_msg("%s", cspan_error_message(error));
  }
  collect(list, root);
  cspan_buf_free(&text);
  cspan_arena_free(arena);
}

/* False where the conventions are not there. */
static bool read_all_conventions(convention_list *list) {
  char pattern[1200];
  char beside[1024];
  glob_t files;
  const char *reference = getenv("CLOUDSPAN_REFERENCE");
  full_path("../shared/reference", beside);
  snprintf(pattern, sizeof pattern, "%s/semconv/*/*.yaml", reference ? reference : beside);
  if (glob(pattern, 0, NULL, &files) != 0) {
    print_message("skipped: there is no %s\n", pattern);
    return false;
  }
  for (size_t i = 0; i < files.gl_pathc; i++) {
    read_conventions(list, files.gl_pathv[i]);
  }
  globfree(&files);
  return true;
}

/* A definition where there is one, else a reference. */
static const convention *find_convention(const convention_list *list, const char *key) {
  const convention *found = NULL;
  for (size_t i = 0; i < list->count; i++) {
    const convention *each = &list->all[i];
    if (strcmp(each->key, key) == 0 && (found == NULL || found->type[0] == '\0')) {
      found = each;
    }
  }
  return found;
}

/* Whether the folder has the registry of the key's namespace ("db" of "db.system.name"). */
static bool has_namespace(const convention_list *list, const char *key) {
  size_t size = strcspn(key, ".") + 1;
  for (size_t i = 0; i < list->count; i++) {
    const convention *each = &list->all[i];
    if (each->type[0] != '\0' && strcmp(each->kind, "attribute") == 0 &&
        strncmp(each->key, key, size) == 0) {
      return true;
    }
  }
  return false;
}

/* What is ours, by the list of spans. */
static bool is_own(const char *key) {
  static const char *const prefixes[] = {"aws.retry.", "aws.http.", "aws.batch.",
                                         "cloudspan.", "s3.",       "aws.eventbridge."};
  for (size_t i = 0; i < COUNT(prefixes); i++) {
    if (strncmp(key, prefixes[i], strlen(prefixes[i])) == 0) {
      return true;
    }
  }
  return false;
}

static void check_convention(const convention_list *list, const row *own) {
  const convention *found = find_convention(list, own->key);
  if (own->when != NULL && strcmp(own->when, "legacy") == 0) {
    return; /* of a former generation, which `semconv` asks for */
  }
  if (found == NULL) {
    if (!is_own(own->key) && has_namespace(list, own->key)) {
      fail_msg("%s is no attribute of the conventions, and not under a prefix of ours", own->key);
    }
    return;
  }
  if (is_own(own->key)) {
    fail_msg("%s is under a prefix of ours, but the conventions have it", own->key);
  }
  if (found->is_deprecated) {
    fail_msg("%s is deprecated", own->key);
  }
  if (own->type != NULL && found->type[0] != '\0' && strcmp(own->type, found->type) != 0) {
    fail_msg("%s is %s here and %s in the conventions", own->key, own->type, found->type);
  }
}

static void attributes_are_conventional(void **state) {
  (void)state;
  convention_list *list = calloc(1, sizeof *list);
  row_list *rows = calloc(1, sizeof *rows);
  assert_true(list != NULL && rows != NULL);
  if (read_all_conventions(list)) {
    assert_non_null(find_convention(list, "aws.dynamodb.table_names"));
    add_all(rows);
    for (size_t i = 0; i < rows->count; i++) {
      check_convention(list, &rows->rows[i]);
    }
  }
  free(list);
  free(rows);
}

static void metrics_are_conventional(void **state) {
  (void)state;
  convention_list *list = calloc(1, sizeof *list);
  assert_non_null(list);
  if (!read_all_conventions(list)) {
    free(list);
    return;
  }
  for (size_t i = 0; i < CSPAN_METRIC_COUNT; i++) {
    const cspan_metric_row *metric = &cspan_metric_rows[i];
    const convention *found = find_convention(list, metric->name);
    for (size_t k = 0; metric->attributes[k] != NULL; k++) {
      const row own = {.key = metric->attributes[k]};
      check_convention(list, &own);
    }
    if (found == NULL) {
      assert_true(is_own(metric->name) || !has_namespace(list, metric->name));
      continue;
    }
    assert_false(found->is_deprecated);
    assert_string_equal(found->type, metric->unit);
    assert_string_equal(found->kind, metric->kind == CSPAN_HISTOGRAM ? "histogram" : "counter");
  }
  free(list);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_document_is_the_tables), cmocka_unit_test(options_have_rows),
      cmocka_unit_test(sources_set_what_is_listed), cmocka_unit_test(attributes_are_conventional),
      cmocka_unit_test(metrics_are_conventional),
  };
  if (argc > 1 && strcmp(argv[1], "--print") == 0) {
    cspan_buf document;
    cspan_buf_init(&document, DOCUMENT_MAX);
    put_document(&document);
    fputs(cspan_buf_text(&document), stdout);
    cspan_buf_free(&document);
    return 0;
  }
  return cmocka_run_group_tests(tests, NULL, NULL);
}
