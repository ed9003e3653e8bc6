/* SPDX-License-Identifier: Apache-2.0 */
/* The token files that the AWS CLI keeps, one JSON object each. */
#ifndef AWS_CREDENTIALS_TOKEN_FILE_H
#define AWS_CREDENTIALS_TOKEN_FILE_H

#include <jansson.h>

#include "base/digest.h"
#include "base/text.h"

/* "<folder>/<digest of name, in hex>.json"; folder NULL: ~/<fallback>. NULL when out of memory or
 * without a home. Free with cspan_free(). */
char *cspan_token_file_path(const char *folder, const char *fallback, cspan_digest_kind digest,
                            const char *name);
/* *out to be wiped (cspan_json_wipe) and freed with json_decref(). CSPAN_ERR_CREDENTIALS where it is no
 * JSON object, CSPAN_ERR_IO where it cannot be read. */
cspan_status cspan_token_file_read(const char *path, json_t **out, cspan_error **error);
/* Replaces the file in one step; only its owner may read it. */
cspan_status cspan_token_file_write(const char *path, const json_t *json, cspan_error **error);

/* A member's text; NULL where there is none or it is empty. */
const char *cspan_token_text(const json_t *json, const char *name);
/* A member that is a time: ISO 8601, "UTC" for "Z" allowed. 0 where it is none. */
int64_t cspan_token_time(const json_t *json, const char *name);

#endif
