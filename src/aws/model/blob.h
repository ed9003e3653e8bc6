/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes that several models share: a mapped file, or memory. */
#ifndef AWS_MODEL_BLOB_H
#define AWS_MODEL_BLOB_H

#include "base/buf.h"

typedef struct cspan_blob cspan_blob;

/* Takes the buffer's memory over. NULL: out of memory, or the buffer had failed. */
cspan_blob *cspan_blob_of(cspan_buf *buf);
/* Maps a file to read. CSPAN_ERR_IO with the path and errno's text; INVALID where it is empty. */
cspan_status cspan_blob_map(const char *path, cspan_blob **out, cspan_error **error);
cspan_blob *cspan_blob_retain(cspan_blob *blob); /* NULL is fine */
void cspan_blob_release(cspan_blob *blob);       /* the same */
const void *cspan_blob_data(const cspan_blob *blob);
size_t cspan_blob_size(const cspan_blob *blob);

#endif
