/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SANDBOX_RANGE_H
#define SANDBOX_RANGE_H

#include <cloudspan/base.h>

typedef enum sbx_range_kind {
  SBX_RANGE_NONE, /* none, several, or not understood: the whole is sent */
  SBX_RANGE_OK,
  SBX_RANGE_UNSATISFIABLE
} sbx_range_kind;

/* "bytes=a-b", "bytes=a-", "bytes=-n" over `size` bytes. */
sbx_range_kind cspan_sbx_range_parse(const char *text, int64_t size, int64_t *at, int64_t *len);

#endif
