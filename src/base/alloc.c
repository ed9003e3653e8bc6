/* SPDX-License-Identifier: Apache-2.0 */
#include "base/alloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *default_malloc(void *user, size_t size) {
  (void)user;
  return malloc(size);
}

static void *default_realloc(void *user, void *ptr, size_t size) {
  (void)user;
  return realloc(ptr, size);
}

static void default_free(void *user, void *ptr) {
  (void)user;
  free(ptr);
}

static const cspan_allocator c_library = {default_malloc, default_realloc, default_free, NULL};

/* Written only before anything else runs, so that no lock is needed to read it. */
static cspan_allocator current = {default_malloc, default_realloc, default_free, NULL};

void cspan_allocator_set(const cspan_allocator *allocator) {
  current = allocator ? *allocator : c_library;
}

/* A request for nothing still gets memory: NULL always means failure. */
static size_t at_least_one(size_t size) {
  return size ? size : 1;
}

void *cspan_malloc(size_t size) {
  return current.malloc_fn(current.user, at_least_one(size));
}

void *cspan_calloc(size_t count, size_t size) {
  if (size && count > SIZE_MAX / size) {
    return NULL;
  }
  /* The C library knows which pages are zero already. */
  if (current.malloc_fn == default_malloc) {
    return calloc(at_least_one(count), at_least_one(size));
  }
  void *ptr = cspan_malloc(count * size);
  if (ptr) {
    memset(ptr, 0, count * size);
  }
  return ptr;
}

void *cspan_realloc(void *ptr, size_t size) {
  if (!ptr) {
    return cspan_malloc(size);
  }
  return current.realloc_fn(current.user, ptr, at_least_one(size));
}

void cspan_free(void *ptr) {
  if (ptr) {
    current.free_fn(current.user, ptr);
  }
}

char *cspan_strdup(const char *text) {
  return text ? cspan_strndup(text, strlen(text)) : NULL;
}

char *cspan_strndup(const char *text, size_t length) {
  if (!text || length == SIZE_MAX) {
    return NULL;
  }
  char *copy = cspan_malloc(length + 1);
  if (copy) {
    memcpy(copy, text, length);
    copy[length] = '\0';
  }
  return copy;
}

char *cspan_asprintf(const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  int need = vsnprintf(NULL, 0, fmt, args);
  va_end(args);
  if (need < 0) {
    return NULL;
  }
  char *text = cspan_malloc((size_t)need + 1);
  if (text) {
    va_start(args, fmt);
    vsnprintf(text, (size_t)need + 1, fmt, args);
    va_end(args);
  }
  return text;
}

void cspan_memzero(void *ptr, size_t size) {
  if (ptr) {
    explicit_bzero(ptr, size);
  }
}

void cspan_free_secret(char *text) {
  if (text) {
    cspan_memzero(text, strlen(text));
    cspan_free(text);
  }
}
