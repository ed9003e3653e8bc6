/* SPDX-License-Identifier: Apache-2.0 */
/* A file that appears under its name only when it is whole. */
#ifndef SERVICES_S3_STORAGE_FILE_H
#define SERVICES_S3_STORAGE_FILE_H

#include <cloudspan/base.h>

typedef struct cspan_atomic_file {
  const char *path; /* borrowed */
  char *target;     /* what `path` leads to; NULL: not looked up yet */
  char *temporary;  /* in the same folder; NULL: not made yet */
  int fd;
  char *buffer; /* whole blocks are faster to write than what comes from the network */
  size_t used;
} cspan_atomic_file;

/* Whether a file can stand at `path`: nothing, or a regular file, is there now. */
cspan_status cspan_atomic_file_check(const char *path, cspan_error **error);
/* Opens the temporary file, or empties it when it is there already. */
cspan_status cspan_atomic_file_start(cspan_atomic_file *file, cspan_error **error);
cspan_status cspan_atomic_file_write(cspan_atomic_file *file, const void *data, size_t size,
                                     cspan_error **error);
/* Puts it in its place, instead of what is there. */
cspan_status cspan_atomic_file_commit(cspan_atomic_file *file, cspan_error **error);
/* Removes what was not committed; frees. */
void cspan_atomic_file_discard(cspan_atomic_file *file);

#endif
