/* SPDX-License-Identifier: Apache-2.0 */
/* A progress bar on the standard error output, when that is a terminal. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "base/buf.h"

typedef struct cspan_cli_progress {
  bool shown;        /* false: nothing is ever written */
  const char *label; /* borrowed */
  int64_t start_ns;
  int64_t last_ns; /* when the bar was drawn last; 0: never */
  int width;       /* of the terminal, in columns */
} cspan_cli_progress;

/* `enabled` false, or no terminal: not shown. */
void cspan_cli_progress_start(cspan_cli_progress *progress, const char *label, bool enabled);
/* A cspan_progress_fn; `user` is the object. Always true: signals cancel by the context. */
bool cspan_cli_progress_update(void *user, int64_t moved_bytes, int64_t total_bytes);
/* Takes the bar away. */
void cspan_cli_progress_end(cspan_cli_progress *progress);

/* One line of at most `width` columns, without a line end. total -1: not known. */
void cspan_cli_progress_line(cspan_buf *out, const char *label, int64_t moved_bytes,
                             int64_t total_bytes, int64_t elapsed_ns, int width);

/* Columns of the terminal behind `fd`, else of COLUMNS, else `otherwise`. */
int cspan_cli_terminal_width(int fd, int otherwise);

#endif
