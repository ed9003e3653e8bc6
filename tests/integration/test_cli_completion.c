/* SPDX-License-Identifier: Apache-2.0 */
/* Completion: what the command offers, and what bash makes of the script. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "integration/attic_model.h"
#include "support/command.h"

enum { MOST_WORDS = 8 };

static char root[64];

typedef struct completion {
  const char *words[MOST_WORDS]; /* the last one is completed */
  const char *out;               /* all candidates, without descriptions */
} completion;

/* Cuts off what follows a tab in each line. */
static void without_descriptions(char *text) {
  char *to = text;
  bool in_name = true;
  for (const char *from = text; *from; from++) {
    in_name = *from == '\n' || (in_name && *from != '\t');
    if (in_name) {
      *to++ = *from;
    }
  }
  *to = '\0';
}

static void the_command_knows_what_may_follow(void **state) {
  (void)state;
  static const completion completions[] = {
      {{"ca"}, "call\n"},
      {{"co"}, "completion\nconfig\ncost\n"},
      {{"_"}, ""},
      {{"help", "s"}, "s3\nsandbox\n"},
      {{"s3", "r"}, "rb\nrm\n"},
      {{"--region", "eu-west-1", "s3", "c"}, "cp\n"},
      {{"nonsense", ""}, ""},
      {{"call", "att"}, "attic\n"},
      {{"call", "attic", "put"}, "put-box\n"},
      {{"call", "attic", "Put"}, "PutBox\n"},
      {{"call", "attic", "list-"}, "list-boxes\nlist-mvp-boxes\n"},
      {{"call", "Attic", "get-"}, "get-box\n"},
      {{"models", "show", "attic", "st"}, "store-file\n"},
      {{"call", "no-such", ""}, ""},
      {{"call", "attic", "--wait", ""}, "box-ready\n"},
      {{"call", "attic", "--wait=B"}, "--wait=BoxReady\n"},
      {{"call", "attic", "--wait", "=", "b"}, "box-ready\n"},
      {{"call", "--output", "t"}, "text\ntable\n"},
      {{"call", "--output", "="}, "json\ntext\ntable\n"},
      {{"call", "-qo", "j"}, "json\n"},
      {{"call", "--binary-format", "r"}, "raw\n"},
      {{"call", "--pa"}, "--paginate\n--page-size\n"},
      {{"call", "--no-s"}, "--no-sign-request\n"},
      {{"call", "attic", "put-box", "--body", "x"}, ":files\n"},
      {{"call", "attic", "put-box", "--input", "@"}, ":at-files\n"},
      {{"call", "--", "--"}, ""},
      {{"s3", "cp", "--checksum", "SHA"}, "SHA1\nSHA256\n"},
      {{"s3", "cp", "--checksum", "SHA1", ""}, ":files\n"},
      {{"completion", ""}, "bash\nfish\nzsh\n"},
      {{"config", "reg"}, "region\n"},
  };
  for (size_t i = 0; i < sizeof completions / sizeof completions[0]; i++) {
    const char *args[MOST_WORDS + 4] = {"cloudspan", "__complete", "--"};
    command c;
    memcpy(args + 3, completions[i].words, sizeof completions[i].words);
    command_run(&c, args);
    assert_int_equal(c.exit_code, 0);
    assert_string_equal(c.err, "");
    without_descriptions(c.out);
    if (strcmp(c.out, completions[i].out) != 0) {
      fail_msg("completion %zu: \"%s\", not \"%s\"", i, c.out, completions[i].out);
    }
    command_free(&c);
  }
}

static void the_hidden_command_is_not_shown(void **state) {
  (void)state;
  command c;
  command_run(&c, (const char *const[]){"cloudspan", "--help", NULL});
  assert_null(strstr(c.out, "__complete"));
  assert_non_null(strstr(c.out, "completion"));
  command_free(&c);
  command_run(&c, (const char *const[]){"cloudspan", "__complet", NULL});
  assert_int_equal(c.exit_code, 2);
  assert_null(strstr(c.err, "did you mean"));
  command_free(&c);
  command_run(&c, (const char *const[]){"cloudspan", "completion", "tcsh", NULL});
  assert_int_equal(c.exit_code, 2);
  assert_non_null(strstr(c.err, "not for 'tcsh'"));
  command_free(&c);
}

/* ----------------------------------------------------------------------- bash */

/* Loads the script and calls what it registered as readline would: $1 is the command; the words of
 * the line follow, the cursor behind the last one. */
static const char bash_line[] =
    "source <(\"$CLOUDSPAN\" completion bash) || exit 1\n"
    "spec=$(complete -p cloudspan) || exit 1\n"
    "[[ $spec =~ -F\\ ([^ ]+) ]] || exit 1\n"
    "COMP_WORDS=(\"$CLOUDSPAN\" \"$@\") COMP_CWORD=$#\n"
    "\"${BASH_REMATCH[1]}\" \"$CLOUDSPAN\" \"${COMP_WORDS[COMP_CWORD]}\" \"\"\n"
    "for candidate in \"${COMPREPLY[@]}\"; do echo \"$candidate\"; done\n";

static void bash_completes_lines(void **state) {
  (void)state;
  char file[128];
  char at_file[160];
  char files[256];
  char at_files[256];
  (void)snprintf(file, sizeof file, "%s/att", root);
  (void)snprintf(at_file, sizeof at_file, "@%s", file);
  (void)snprintf(files, sizeof files, "%sic\n", file);
  (void)snprintf(at_files, sizeof at_files, "%sic/\n", at_file);
  const completion completions[] = {
      {{"cal"}, "call\n"},
      {{"call", "att"}, "attic\n"},
      {{"call", "attic", "get"}, "get-box\n"},
      {{"call", "attic", "get-box", "--wait", "b"}, "box-ready\n"},
      {{"call", "attic", "get-box", "--output", "=", "te"}, "text\n"},
      {{"call", "attic", "get-box", "--output", "="}, "json\ntext\ntable\n"},
      {{"call", "attic", "store-file", "--body", file}, files},
      {{"call", "attic", "store-file", "--input", at_file}, at_files},
      {{"call", "attic", "store-file", "--input", "{"}, ""},
      {{"s3", "cp", "--recurs"}, "--recursive\n"},
  };
  for (size_t i = 0; i < sizeof completions / sizeof completions[0]; i++) {
    const char *args[MOST_WORDS + 5] = {"bash", "-c", bash_line, "bash"};
    command c;
    memcpy(args + 4, completions[i].words, sizeof completions[i].words);
    command_run(&c, args);
    assert_string_equal(c.err, "");
    assert_int_equal(c.exit_code, 0);
    if (strcmp(c.out, completions[i].out) != 0) {
      fail_msg("line %zu: \"%s\", not \"%s\"", i, c.out, completions[i].out);
    }
    command_free(&c);
  }
}

/* ---------------------------------------------------------------- the others */

static void check_syntax(const char *shell) {
  static const char line[] = "command -v \"$1\" >/dev/null || exit 77\n"
                             "\"$CLOUDSPAN\" completion \"$1\" >\"$2\" && \"$1\" -n \"$2\"";
  command c;
  command_run(&c, (const char *const[]){"sh", "-c", line, "sh", shell,
                                        model_folder_path(root, "script"), NULL});
  int code = c.exit_code;
  if (code != 77) {
    assert_string_equal(c.err, "");
    assert_int_equal(code, 0);
  }
  command_free(&c);
  if (code == 77) {
    print_message("%s is not installed: its script is not checked\n", shell);
    skip();
  }
}

static void the_zsh_script_is_well_formed(void **state) {
  (void)state;
  check_syntax("zsh");
}

static void the_fish_script_is_well_formed(void **state) {
  (void)state;
  check_syntax("fish");
}

/* ----------------------------------------------------------------------- main */

static int make(void **state) {
  (void)state;
  const char *program = getenv("CLOUDSPAN_COMMAND");
  attic_make(root);
  setenv("AWS_DATA_PATH", root, 1);
  setenv("CLOUDSPAN", program ? program : "./cloudspan", 1);
  return 0;
}

static int clean(void **state) {
  (void)state;
  model_folder_remove(root);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_command_knows_what_may_follow),
      cmocka_unit_test(the_hidden_command_is_not_shown),
      cmocka_unit_test(bash_completes_lines),
      cmocka_unit_test(the_zsh_script_is_well_formed),
      cmocka_unit_test(the_fish_script_is_well_formed),
  };
  return cmocka_run_group_tests(tests, make, clean);
}
