/* SPDX-License-Identifier: Apache-2.0 */
/* What a spool logs is said once its lock is free: where the log goes is the program's, which may
 * be slow, or come back to the spool. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "telemetry/spool/spool.h"

void cspan_spool_say(cspan_spool *s, cspan_log_level level, const char *fmt, ...) {
  if (s->line_count == CSPAN_SPOOL_MOST_LINES || !cspan_log_enabled(level)) {
    return; /* so many at once say the same */
  }
  cspan_spool_line *line = &s->lines[s->line_count++];
  va_list args;
  va_start(args, fmt);
  line->level = level;
  vsnprintf(line->text, sizeof line->text, fmt, args);
  va_end(args);
}

void cspan_spool_unlock(cspan_spool *s) {
  cspan_spool_line lines[CSPAN_SPOOL_MOST_LINES];
  size_t count = s->line_count;
  memcpy(lines, s->lines, count * sizeof *lines);
  s->line_count = 0;
  pthread_mutex_unlock(&s->lock);
  for (size_t i = 0; i < count; i++) {
    cspan_log(lines[i].level, "spool %s: %s", s->folder.path, lines[i].text);
  }
}
