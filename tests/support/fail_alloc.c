/* SPDX-License-Identifier: Apache-2.0 */
#include "support/fail_alloc.h"

#include <stdatomic.h>
#include <stdlib.h>

#include <cloudspan/base.h>

static _Thread_local bool armed;
static _Thread_local bool all;
static _Thread_local bool met;
static _Thread_local size_t left;
static atomic_long outstanding;
static _Thread_local long outstanding_here;

static void count(long by) {
  atomic_fetch_add(&outstanding, by);
  outstanding_here += by;
}

static bool fails(void) {
  if (!armed)
    return false;
  if (left > 1) {
    left--;
    return false;
  }
  if (met && !all)
    return false;
  met = true;
  return true;
}

static void *failing_malloc(void *user, size_t size) {
  (void)user;
  void *ptr = fails() ? NULL : malloc(size);
  if (ptr)
    count(1);
  return ptr;
}

static void *failing_realloc(void *user, void *ptr, size_t size) {
  (void)user;
  if (fails())
    return NULL;
  void *moved = realloc(ptr, size);
  if (moved && !ptr)
    count(1);
  return moved;
}

static void counting_free(void *user, void *ptr) {
  (void)user;
  if (ptr)
    count(-1);
  free(ptr);
}

void fail_alloc_install(void) {
  static const cspan_allocator allocator = {
      .malloc_fn = failing_malloc, .realloc_fn = failing_realloc, .free_fn = counting_free};
  cspan_allocator_set(&allocator);
}

void fail_alloc_uninstall(void) {
  cspan_allocator_set(NULL);
}

void fail_alloc_arm(size_t n, bool all_that_follow) {
  left = n;
  all = all_that_follow;
  met = false;
  armed = true;
}

bool fail_alloc_disarm(void) {
  armed = false;
  return met;
}

long fail_alloc_outstanding(void) {
  return atomic_load(&outstanding);
}

long fail_alloc_outstanding_here(void) {
  return outstanding_here;
}
