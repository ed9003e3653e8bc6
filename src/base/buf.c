/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

enum { FIRST_CAP = 64 };

void cspan_buf_init(cspan_buf *buf, size_t max) {
  memset(buf, 0, sizeof *buf);
  /* Leaves room for the final NUL in a size_t. */
  buf->max = max < SIZE_MAX ? max : SIZE_MAX - 1;
}

void cspan_buf_free(cspan_buf *buf) {
  cspan_free(buf->data);
  buf->data = NULL;
  buf->len = 0;
  buf->cap = 0;
  buf->status = CSPAN_OK;
}

void cspan_buf_clear(cspan_buf *buf) {
  buf->len = 0;
  buf->status = CSPAN_OK;
  if (buf->data) {
    buf->data[0] = '\0';
  }
}

cspan_status cspan_buf_status(const cspan_buf *buf) {
  return buf->status;
}

static cspan_status grow(cspan_buf *buf, size_t need) {
  size_t cap = buf->cap < FIRST_CAP ? FIRST_CAP : buf->cap;
  while (cap < need) {
    cap = cap > SIZE_MAX / 2 ? need : cap * 2;
  }
  if (cap > buf->max + 1) {
    cap = buf->max + 1;
  }
  char *data = cspan_realloc(buf->data, cap);
  if (!data) {
    buf->status = CSPAN_ERR_NOMEM;
    return buf->status;
  }
  if (!buf->data) {
    data[0] = '\0';
  }
  buf->data = data;
  buf->cap = cap;
  return CSPAN_OK;
}

cspan_status cspan_buf_reserve(cspan_buf *buf, size_t more) {
  if (buf->status != CSPAN_OK) {
    return buf->status;
  }
  if (buf->len > buf->max || more > buf->max - buf->len) {
    buf->status = CSPAN_ERR_LIMIT;
    return buf->status;
  }
  size_t need = buf->len + more + 1;
  return need <= buf->cap ? CSPAN_OK : grow(buf, need);
}

cspan_status cspan_buf_append(cspan_buf *buf, const void *data, size_t len) {
  cspan_status status = cspan_buf_reserve(buf, len);
  if (status == CSPAN_OK) {
    if (len) {
      memcpy(buf->data + buf->len, data, len);
    }
    buf->len += len;
    buf->data[buf->len] = '\0';
  }
  return status;
}

cspan_status cspan_buf_str(cspan_buf *buf, const char *text) {
  return text ? cspan_buf_append(buf, text, strlen(text)) : buf->status;
}

cspan_status cspan_buf_char(cspan_buf *buf, char c) {
  return cspan_buf_append(buf, &c, 1);
}

cspan_status cspan_buf_printf(cspan_buf *buf, const char *fmt, ...) {
  if (buf->status != CSPAN_OK) {
    return buf->status;
  }
  va_list args;
  va_start(args, fmt);
  size_t room = buf->cap - buf->len;
  int need = vsnprintf(room ? buf->data + buf->len : NULL, room, fmt, args);
  va_end(args);
  if (need < 0) {
    buf->status = CSPAN_ERR_INVALID;
  } else if ((size_t)need < room) {
    buf->len += (size_t)need;
  } else if (cspan_buf_reserve(buf, (size_t)need) == CSPAN_OK) {
    va_start(args, fmt);
    vsnprintf(buf->data + buf->len, (size_t)need + 1, fmt, args);
    va_end(args);
    buf->len += (size_t)need;
  } else if (buf->data) {
    /* The first try wrote what fitted; what was there before ends here. */
    buf->data[buf->len] = '\0';
  }
  return buf->status;
}

char *cspan_buf_take(cspan_buf *buf, size_t *len) {
  cspan_status status = cspan_buf_reserve(buf, 0);
  size_t taken = buf->len;
  char *data = buf->data;
  if (status != CSPAN_OK) {
    cspan_buf_free(buf);
    buf->status = status; /* so that the caller can still ask why */
    data = NULL;
    taken = 0;
  }
  buf->data = NULL;
  buf->len = 0;
  buf->cap = 0;
  if (len) {
    *len = taken;
  }
  return data;
}

const char *cspan_buf_text(const cspan_buf *buf) {
  return buf->data ? buf->data : "";
}
