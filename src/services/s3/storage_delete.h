/* SPDX-License-Identifier: Apache-2.0 */
/* The state of one batch delete. */
#ifndef SERVICES_S3_STORAGE_DELETE_H
#define SERVICES_S3_STORAGE_DELETE_H

#include "services/s3/storage.h"

typedef struct cspan_deletion {
  cspan_storage *storage;
  const cspan_batch_delete_input *input;
  cspan_context inside; /* the caller's, under the span of the batch */
  cspan_error **errors; /* by index; NULL: deleted */
} cspan_deletion;

/* Deletes all keys, one call and one span each; sets errors. */
void cspan_deletion_each(cspan_deletion *self);
/* The same by DeleteObjects. */
void cspan_deletion_bulk(cspan_deletion *self);
/* The error for a key that cannot be one; NULL when it can. */
cspan_error *cspan_deletion_check_key(const char *key);

#endif
