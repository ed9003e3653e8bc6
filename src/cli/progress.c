/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/sys.h"
#include "base/text.h"
#include "cli/text.h"
#include "viewer/columns.h"

#define REDRAW_NS   100000000
#define BAR_COLUMNS 20

int cspan_cli_terminal_width(int fd, int otherwise) {
  struct winsize size;
  int64_t columns = 0;
  if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    return size.ws_col;
  }
  const char *variable = cspan_env("COLUMNS");
  if (variable && cspan_parse_i64(variable, &columns) && columns > 0 && columns <= 1000) {
    return (int)columns;
  }
  return otherwise;
}

/* "m:ss", or nothing when it cannot be told. */
static void append_remaining(cspan_buf *out, int64_t moved, int64_t total, int64_t elapsed_ns) {
  if (moved <= 0 || elapsed_ns <= 0 || total < moved) {
    return;
  }
  double left = (double)(total - moved) * ((double)elapsed_ns / 1e9) / (double)moved;
  if (left < 360000) {
    int64_t seconds = (int64_t)(left + 0.5);
    (void)cspan_buf_printf(out, "  %" PRId64 ":%02" PRId64, seconds / 60, seconds % 60);
  }
}

/* The end of a path says more than its start. */
static void append_label(cspan_buf *out, const char *label, size_t room) {
  size_t len = strlen(label);
  size_t columns = cspan_columns_of(label, len, false);
  while (columns > room) {
    uint32_t code;
    size_t bytes = cspan_utf8_decode(label, len, &code);
    bytes = bytes ? bytes : 1;
    columns -= cspan_columns_of(label, bytes, false);
    label += bytes;
    len -= bytes;
  }
  (void)cspan_columns_put(out, label, len, room, false);
  (void)cspan_buf_char(out, ' ');
}

void cspan_cli_progress_line(cspan_buf *out, const char *label, int64_t moved_bytes,
                             int64_t total_bytes, int64_t elapsed_ns, int width) {
  char moved[16];
  char total[16];
  char rate[16];
  cspan_buf right;
  cspan_buf_init(&right, 256);
  cspan_cli_format_size(moved_bytes, moved);
  double per_second = elapsed_ns > 0 ? (double)moved_bytes * 1e9 / (double)elapsed_ns : 0;
  cspan_cli_format_size((int64_t)per_second, rate);
  if (total_bytes >= 0) {
    cspan_cli_format_size(total_bytes, total);
    double part = total_bytes > 0 ? (double)moved_bytes / (double)total_bytes : 1;
    part = part > 1 ? 1 : part;
    (void)cspan_buf_printf(&right, "%3d%% [", (int)(part * 100));
    for (int i = 0; i < BAR_COLUMNS; i++) {
      (void)cspan_buf_char(&right, i < (int)(part * BAR_COLUMNS) ? '#' : '.');
    }
    (void)cspan_buf_printf(&right, "] %s of %s  %s/s", moved, total, rate);
    append_remaining(&right, moved_bytes, total_bytes, elapsed_ns);
  } else {
    (void)cspan_buf_printf(&right, "%s  %s/s", moved, rate);
  }
  int room = width - (int)right.len - 1;
  if (room > 3) {
    append_label(out, label, (size_t)room);
  }
  (void)cspan_buf_append(out, right.data, right.len > (size_t)width ? (size_t)width : right.len);
  cspan_buf_free(&right);
}

void cspan_cli_progress_start(cspan_cli_progress *progress, const char *label, bool enabled) {
  *progress = (cspan_cli_progress){
      .shown = enabled && isatty(STDERR_FILENO),
      .label = label,
      .start_ns = cspan_now_ns(),
      .width = cspan_cli_terminal_width(STDERR_FILENO, 80) - 1,
  };
}

bool cspan_cli_progress_update(void *user, int64_t moved_bytes, int64_t total_bytes) {
  cspan_cli_progress *progress = user;
  int64_t now = cspan_now_ns();
  if (!progress->shown || (progress->last_ns && now - progress->last_ns < REDRAW_NS)) {
    return true;
  }
  progress->last_ns = now;
  cspan_buf line;
  cspan_buf_init(&line, 4096);
  cspan_cli_progress_line(&line, progress->label, moved_bytes, total_bytes,
                          now - progress->start_ns, progress->width);
  (void)fprintf(stderr, "\r\033[K%s", cspan_buf_text(&line));
  (void)fflush(stderr);
  cspan_buf_free(&line);
  return true;
}

void cspan_cli_progress_end(cspan_cli_progress *progress) {
  if (progress->last_ns) {
    (void)fputs("\r\033[K", stderr);
    (void)fflush(stderr);
    progress->last_ns = 0;
  }
}
