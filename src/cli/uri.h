/* SPDX-License-Identifier: Apache-2.0 */
/* s3://bucket/key, and which keys may become paths of files. */
#ifndef CLI_URI_H
#define CLI_URI_H

#include "base/buf.h"

typedef struct cspan_cli_uri {
  char bucket[256];
  const char *key; /* "" for the bucket; borrowed from the text */
} cspan_cli_uri;

/* Whether the text means S3 (starts with "s3:") rather than a file. */
bool cspan_cli_is_uri(const char *text);
/* CSPAN_ERR_INVALID says what is wrong with it. */
cspan_status cspan_cli_uri_parse(const char *text, cspan_cli_uri *out, cspan_error **error);
/* The same, and there must be a key. */
cspan_status cspan_cli_uri_parse_object(const char *text, cspan_cli_uri *out, cspan_error **error);

/* The last component of a path or key: "b" of "a/b", "" of "a/". Borrowed. */
const char *cspan_cli_base_name(const char *path);

/* Whether a key may be a path below a folder: relative, no empty, "." or ".." component.
 * One slash at the end (a folder's marker) is allowed. */
bool cspan_cli_key_is_safe(const char *key);
/* folder + "/" + key into `out`; CSPAN_ERR_INVALID when the key is not safe. */
cspan_status cspan_cli_local_path(const char *folder, const char *key, cspan_buf *out,
                                  cspan_error **error);
/* Creates the folders above `path` (and `path` itself when it ends with a slash). */
cspan_status cspan_cli_make_folders(const char *path, cspan_error **error);

#endif
