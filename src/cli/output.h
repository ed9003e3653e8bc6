/* SPDX-License-Identifier: Apache-2.0 */
/* How drawings should look on the standard output. */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include "cli/cli.h"

typedef struct cspan_cli_look {
  size_t width;
  bool color;
  bool ascii;
} cspan_cli_look;

/* width 0: the terminal's, else COLUMNS, else 100. Colour: as forced, else on a terminal
 * unless NO_COLOR is set or TERM is "dumb". ASCII: as forced, else when the locale of the
 * environment is not UTF-8. */
cspan_cli_look cspan_cli_look_of(int64_t width, bool color, bool no_color, bool ascii);

/* Whether LC_ALL, LC_CTYPE or LANG, the first that is set, names UTF-8. */
bool cspan_cli_locale_is_utf8(void);

#endif
