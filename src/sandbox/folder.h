/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The backing that keeps everything in a folder:
 *
 *   lock                    held while a sandbox uses the folder
 *   buckets/NAME.json       one a bucket
 *   objects/NAME/KEY.json   one an object; KEY is an encoding of the key
 *   uploads/ID/upload.json  one an upload, and one a part: 00001.json
 *   bodies/ID               the bytes; objects and parts name them
 *
 * A document is replaced by renaming, which is the moment at which a change
 * happens; bodies that no document names are left-overs and removed at the start.
 */
#ifndef SANDBOX_FOLDER_H
#define SANDBOX_FOLDER_H

#include <jansson.h>

#include "sandbox/store.h"

typedef struct sbx_folder {
  int fd;
  int lock_fd;
} sbx_folder;

/* "objects/BUCKET/..." for any key: long ones are cut and told apart by a hash. */
enum { SBX_PATH_MAX = 320 };
cspan_status cspan_sbx_object_path(const char *bucket, const char *key, size_t len,
                                   char out[SBX_PATH_MAX]);

/* folder_json.c. The encoders give NULL when out of memory. */
json_t *cspan_sbx_encode_bucket(const sbx_bucket *bucket);
json_t *cspan_sbx_encode_object(const sbx_object *object);
json_t *cspan_sbx_encode_upload(const char *bucket, const sbx_upload *upload);
json_t *cspan_sbx_encode_part(const sbx_part *part);

/* Pieces by name, while loading: two objects may share one. */
typedef struct sbx_pieces {
  sbx_store *store;
  sbx_map *by_name; /* borrowed pieces */
} sbx_pieces;

/* INVALID when the document is not one of ours, NOMEM. */
cspan_status cspan_sbx_decode_bucket(const json_t *json, sbx_bucket **out);
cspan_status cspan_sbx_decode_object(const json_t *json, sbx_pieces *pieces, sbx_object **out);
cspan_status cspan_sbx_decode_upload(const json_t *json, const char **bucket, sbx_upload **out);
cspan_status cspan_sbx_decode_part(const json_t *json, sbx_pieces *pieces, sbx_part **out);

/* folder_load.c: fills an empty store. */
cspan_status cspan_sbx_folder_load(sbx_store *store, const char *path, cspan_error **error);

#endif
