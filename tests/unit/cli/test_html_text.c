/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/html_text.h"

static void test_text(void **state) {
  static const struct {
    const char *html;
    const char *text;
  } rows[] = {
      {"", ""},
      {"plain", "plain"},
      {"  two \n\t words  ", "two words"},
      {"<p>one</p><p>two</p>", "one\n\ntwo"},
      {"<p>one</p> <p> two </p> ", "one\n\ntwo"},
      {"a <b>bold</b><i>italic</i> word", "a bolditalic word"},
      {"<p>is:</p> <ul> <li> <p>one</p> </li> <li>two</li> </ul> <p>end</p>",
       "is:\n- one\n- two\n\nend"},
      {"<ul><li>only</li></ul>", "- only"},
      {"line<br/>break<BR>more", "line\nbreak\nmore"},
      {"<a href=\"https://x.example/?a=1>2\">link</a>", "2\">link"},
      {"&lt;tag&gt; &amp; &quot;text&quot; &#65;&#x42; &mdash;",
       "<tag> & \"text\" AB \xe2\x80\x94"},
      {"&unknown; &amp &; & a", "&unknown; &amp &; & a"},
      {"&#0; &#xd800; &#1114112;", "&#0; &#xd800; &#1114112;"},
      {"1 < 2 and <3", "1 < 2 and <3"},
      {"an <open tag", "an <open tag"},
      {"<", "<"},
      {"</", "</"},
      {"<p></p>", ""},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    cspan_buf out;
    cspan_buf_init(&out, 4096);
    cspan_cli_html_text(rows[i].html, &out);
    assert_string_equal(cspan_buf_text(&out), rows[i].text);
    cspan_buf_free(&out);
  }
}

static void test_sentence(void **state) {
  static const struct {
    const char *text;
    size_t len;
  } rows[] = {
      {"", 0},           {"No end", 6},     {"One. Two.", 4},           {"Ends.", 5},
      {"Line\nnext", 4}, {"v1.2 is. X", 8}, {"Some, e.g. this. X", 16},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    assert_int_equal(cspan_cli_sentence(rows[i].text), rows[i].len);
  }
}

static void test_wrapped(void **state) {
  static const struct {
    const char *text;
    size_t indent;
    size_t width;
    const char *printed;
  } rows[] = {
      {"one two three", 2, 9, "  one two\n  three\n"},
      {"muchtoolongword x", 1, 5, " muchtoolongword\n x\n"},
      {"a\n\nb c", 0, 80, "a\n\nb c\n"},
      {"\xc3\xa4\xc3\xb6 \xc3\xbc", 0, 4, "\xc3\xa4\xc3\xb6 \xc3\xbc\n"},
      {"bell\a", 0, 80, "bell\\x07\n"},
      {"", 3, 80, "\n"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    char *printed = NULL;
    size_t len = 0;
    FILE *file = open_memstream(&printed, &len);
    assert_non_null(file);
    cspan_cli_put_wrapped(file, rows[i].text, strlen(rows[i].text), rows[i].indent, rows[i].width);
    assert_int_equal(fclose(file), 0);
    assert_string_equal(printed, rows[i].printed);
    free(printed);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_text),
      cmocka_unit_test(test_sentence),
      cmocka_unit_test(test_wrapped),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
