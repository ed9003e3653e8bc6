/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/output.h"

#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/sys.h"
#include "cli/progress.h"

#define DEFAULT_WIDTH 100

bool cspan_cli_locale_is_utf8(void) {
  static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    const char *value = cspan_env(names[i]);
    if (value) {
      return strcasestr(value, "UTF-8") || strcasestr(value, "UTF8");
    }
  }
  return false;
}

static bool color_by_default(void) {
  const char *term = cspan_env("TERM");
  return isatty(STDOUT_FILENO) && !cspan_env("NO_COLOR") && term && strcmp(term, "dumb") != 0;
}

cspan_cli_look cspan_cli_look_of(int64_t width, bool color, bool no_color, bool ascii) {
  return (cspan_cli_look){
      .width =
          width ? (size_t)width : (size_t)cspan_cli_terminal_width(STDOUT_FILENO, DEFAULT_WIDTH),
      .color = !no_color && (color || color_by_default()),
      .ascii = ascii || !cspan_cli_locale_is_utf8(),
  };
}
