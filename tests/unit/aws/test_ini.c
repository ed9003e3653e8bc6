/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aws/ini.h"
#include "base/error.h"

/* Writes what was read: "[type name] key=value parent.key=value". */
static void print_ini(const cspan_ini *ini, cspan_buf *out) {
  for (const cspan_ini_section *s = ini->first; s; s = s->next) {
    cspan_buf_printf(out, "%s[%s%s%s]", out->len ? " " : "", s->type, s->type[0] ? " " : "",
                     s->name);
    for (const cspan_ini_entry *e = s->first; e; e = e->next) {
      cspan_buf_printf(out, " %s%s%s=%s", e->parent ? e->parent : "", e->parent ? "." : "", e->name,
                       e->value);
    }
  }
}

typedef struct ini_case {
  const char *text;
  const char *expected; /* NULL: an error that names... */
  int line;             /* ...this line */
} ini_case;

static const ini_case cases[] = {
    {"", "", 0},
    {"\n \n\t\n", "", 0},
    {"# comment\n; comment\n  # indented\n", "", 0},
    {"[default]\nregion = a\n", "[default] region=a", 0},
    {"[default]\r\nregion=a\r\n", "[default] region=a", 0},
    {"\xef\xbb\xbf[default]\nregion=a", "[default] region=a", 0},
    {"[profile x]\nRegion=A b\n", "[profile x] region=A b", 0},
    {"[ profile \t x y ]\na=1", "[profile x y] a=1", 0},
    {"[profile \"x y\"]\na=1", "[profile x y] a=1", 0},
    {"[profile]\na=1", "[profile] a=1", 0},
    {"[services s]\n[sso-session t]\n", "[services s] [sso-session t]", 0},
    {"[x] # why\n[y];why\n", "[x] [y]", 0},
    {"[x]\na = 1 # why\nb = 1#2\nc = ;none\n", "[x] a=1 b=1#2 c=", 0},
    {"[x]\na = b = c\n", "[x] a=b = c", 0},
    {"[x]\na = 1\n  -more\n\t-still # kept\nb=2", "[x] a=1\n-more\n-still # kept b=2", 0},
    {"[x]\ns3 =\n  one = 1\n\n  # why\n  Two = 2 # why\nb = 3", "[x] s3= s3.one=1 s3.two=2 b=3", 0},
    {"[x]\na=1\n[y]\n  b=2\n", "[x] a=1 [y] b=2", 0},
    {"[x]\na=1\n[x]\na=2\n", "[x] a=1 [x] a=2", 0},
    {"a=1\n", NULL, 1},
    {"[x]\n\nnonsense\n", NULL, 3},
    {"[x]\n=1\n", NULL, 2},
    {"[x\na=1\n", NULL, 1},
    {"[x] y\n", NULL, 1},
    {"[]\n", NULL, 1},
    {"[x]\ns3 =\n  nonsense\n", NULL, 3},
    {"[x]\ns3 =\n  =value\n", NULL, 3},
};

static void files_are_read(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    cspan_arena *arena = cspan_arena_create(0);
    cspan_ini ini;
    cspan_error *error = NULL;
    cspan_status status =
        cspan_ini_parse(cases[i].text, strlen(cases[i].text), "FILE", arena, &ini, &error);
    if (cases[i].expected) {
      cspan_buf out;
      cspan_buf_init(&out, 4096);
      assert_int_equal(status, CSPAN_OK);
      print_ini(&ini, &out);
      assert_string_equal(cspan_buf_text(&out), cases[i].expected);
      cspan_buf_free(&out);
    } else {
      char where[32];
      snprintf(where, sizeof where, "FILE, line %d: ", cases[i].line);
      assert_int_equal(status, CSPAN_ERR_CONFIG);
      assert_non_null(strstr(cspan_error_message(error), where));
      assert_null(strstr(cspan_error_message(error), "nonsense"));
    }
    cspan_error_free(error);
    cspan_arena_free(arena);
  }
}

static void binary_files_are_refused(void **state) {
  (void)state;
  static const char text[] = "[x]\na=\0b\n";
  cspan_arena *arena = cspan_arena_create(0);
  cspan_ini ini;
  assert_int_equal(cspan_ini_parse(text, sizeof text - 1, "FILE", arena, &ini, NULL),
                   CSPAN_ERR_CONFIG);
  cspan_arena_free(arena);
}

static void large_files_are_refused(void **state) {
  (void)state;
  char *text = calloc(1, CSPAN_INI_MAX_BYTES + 1);
  memset(text, '\n', CSPAN_INI_MAX_BYTES + 1);
  cspan_arena *arena = cspan_arena_create(0);
  cspan_ini ini;
  assert_int_equal(cspan_ini_parse(text, CSPAN_INI_MAX_BYTES, "FILE", arena, &ini, NULL), CSPAN_OK);
  assert_int_equal(cspan_ini_parse(text, CSPAN_INI_MAX_BYTES + 1, "FILE", arena, &ini, NULL),
                   CSPAN_ERR_CONFIG);
  cspan_arena_free(arena);
  free(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(files_are_read),
      cmocka_unit_test(binary_files_are_refused),
      cmocka_unit_test(large_files_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
