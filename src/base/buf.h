/* SPDX-License-Identifier: Apache-2.0 */
/* A growable buffer with a cap. A failed append leaves what was there, marks
 * the buffer as failed, and makes later appends no-ops, so that a writer checks
 * once at the end (cspan_buf_status). */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <cloudspan/base.h>

typedef struct cspan_buf {
  char *data; /* NUL-terminated whenever not NULL */
  size_t len;
  size_t cap;
  size_t max; /* most bytes that may be held, the final NUL not counted */
  cspan_status status;
} cspan_buf;

void cspan_buf_init(cspan_buf *buf, size_t max);
void cspan_buf_free(cspan_buf *buf);                 /* back to empty, same max */
void cspan_buf_clear(cspan_buf *buf);                /* keeps the memory, clears the failure */
cspan_status cspan_buf_status(const cspan_buf *buf); /* OK, LIMIT or NOMEM */
cspan_status cspan_buf_reserve(cspan_buf *buf, size_t more);
cspan_status cspan_buf_append(cspan_buf *buf, const void *data, size_t len);
cspan_status cspan_buf_str(cspan_buf *buf, const char *text);
cspan_status cspan_buf_char(cspan_buf *buf, char c);
cspan_status cspan_buf_printf(cspan_buf *buf, const char *fmt, ...) CSPAN_PRINTF(2, 3);
/* The memory, to be freed with cspan_free(); the buffer is empty again. NULL
 * when it failed; an empty buffer gives "". */
char *cspan_buf_take(cspan_buf *buf, size_t *len);
/* The text, "" when empty. */
const char *cspan_buf_text(const cspan_buf *buf);

#endif
