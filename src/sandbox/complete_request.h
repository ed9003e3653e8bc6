/* SPDX-License-Identifier: Apache-2.0 */
/* The document that CompleteMultipartUpload sends. */
#ifndef SANDBOX_COMPLETE_REQUEST_H
#define SANDBOX_COMPLETE_REQUEST_H

#include "sandbox/checksum.h"
#include "sandbox/errors.h"

typedef struct sbx_complete_part {
  int number;
  char etag[48];
  sbx_checksum checksum; /* NONE when the document names none */
} sbx_complete_part;

typedef struct sbx_complete_request {
  sbx_complete_part *parts; /* 1 to 10,000, in the order of the document */
  size_t count;
  size_t cap;
} sbx_complete_request;

/* MALFORMED_XML or INTERNAL_ERROR; to be freed in any case. */
sbx_error cspan_sbx_complete_parse(const char *data, size_t len, sbx_complete_request *out);
void cspan_sbx_complete_free(sbx_complete_request *request);

#endif
