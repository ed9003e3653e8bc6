/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Buckets, objects and uploads. The index (what exists, in which order) is in
 * memory always; a backing (a const vtable) holds the bytes of the bodies and,
 * for a folder, makes every change of the index last. Used by one thread.
 */
#ifndef SANDBOX_STORE_H
#define SANDBOX_STORE_H

#include <event2/buffer.h>
#include <time.h>

#include "sandbox/checksum.h"
#include "sandbox/map.h"
#include "sandbox/pairs.h"

enum {
  SBX_BUCKET_MAX = 63,
  SBX_KEY_MAX = 1024,
  SBX_ID_LEN = 32, /* of upload ids and names of bodies, in hex digits */
  SBX_PART_MAX = 10000
};

typedef struct sbx_store sbx_store;

/* A run of stored bytes. It does not change once sealed, and is freed (its file
 * removed) with the last reference: an object, a part, a response under way. */
typedef struct sbx_piece {
  size_t refs;
  sbx_store *store;
  int64_t len;
  size_t cap;                /* in memory */
  char *data;                /* in memory */
  int fd;                    /* in a file: while it is written, else -1 */
  char name[SBX_ID_LEN + 1]; /* in a file */
} sbx_piece;

/* What an object or a part holds: pieces in order. */
typedef struct sbx_body {
  sbx_piece **pieces;
  size_t count;
  size_t cap;
  int64_t len;
} sbx_body;

typedef struct sbx_object {
  char *key;
  size_t key_len;
  time_t modified;
  char etag[48];     /* without quotes */
  sbx_pairs headers; /* as they are sent back: Content-Type, x-amz-meta-*, ... */
  sbx_checksum checksum;
  int64_t *part_sizes; /* NULL when it was not put together from parts */
  size_t part_count;
  sbx_body body;
} sbx_object;

typedef struct sbx_part {
  int number;
  time_t modified;
  char etag[48];
  sbx_checksum checksum;
  sbx_body body;
} sbx_part;

typedef struct sbx_upload {
  char *key;
  size_t key_len;
  char id[SBX_ID_LEN + 1];
  time_t initiated;
  sbx_pairs headers;
  sbx_checksum_kind checksum_kind;
  bool checksum_composite;
  bool checksum_asked; /* named by the client, not our default */
  sbx_part **parts;    /* in ascending order of their numbers */
  size_t part_count;
  size_t part_cap;
} sbx_upload;

typedef struct sbx_bucket {
  char name[SBX_BUCKET_MAX + 1];
  char region[64];
  time_t created;
  sbx_map *objects; /* key -> sbx_object */
  sbx_map *uploads; /* key, NUL, id -> sbx_upload */
} sbx_bucket;

/* A backing. The save functions make one thing last before it enters the index;
 * NULL where nothing needs to be done. */
typedef struct sbx_backing {
  cspan_status (*piece_open)(sbx_store *store, sbx_piece *piece, int64_t expected);
  /* Takes what fits: *taken < len asks for another piece. */
  cspan_status (*piece_append)(sbx_piece *piece, const char *data, size_t len, size_t *taken);
  cspan_status (*piece_seal)(sbx_piece *piece);
  void (*piece_drop)(sbx_piece *piece);
  cspan_status (*piece_send)(sbx_piece *piece, int64_t at, int64_t len, struct evbuffer *out);
  cspan_status (*piece_read)(sbx_piece *piece, int64_t at, char *out, size_t len);
  cspan_status (*save_bucket)(sbx_store *store, const sbx_bucket *bucket);
  void (*drop_bucket)(sbx_store *store, const sbx_bucket *bucket);
  cspan_status (*save_object)(sbx_store *store, const sbx_bucket *bucket, const sbx_object *object);
  void (*drop_object)(sbx_store *store, const sbx_bucket *bucket, const sbx_object *object);
  cspan_status (*save_upload)(sbx_store *store, const sbx_bucket *bucket, const sbx_upload *upload);
  cspan_status (*save_part)(sbx_store *store, const sbx_upload *upload, const sbx_part *part);
  void (*drop_upload)(sbx_store *store, const sbx_upload *upload);
  void (*close)(sbx_store *store);
} sbx_backing;

struct sbx_store {
  const sbx_backing *backing;
  void *state; /* the backing's */
  sbx_map *buckets;
  size_t open_uploads;
  bool closing; /* pieces that are freed now keep their files */
};

sbx_store *cspan_sbx_store_memory(void); /* NULL when out of memory */
cspan_status cspan_sbx_store_folder(const char *path, sbx_store **out, cspan_error **error);
void cspan_sbx_store_free(sbx_store *store); /* after every response is gone */

/* For the backings: an empty store, and one that is filled while it is loaded. */
sbx_store *cspan_sbx_store_new(const sbx_backing *backing, void *state);

sbx_bucket *cspan_sbx_bucket_find(const sbx_store *store, const char *name);
cspan_status cspan_sbx_bucket_add(sbx_store *store, sbx_bucket *bucket, bool save);
void cspan_sbx_bucket_remove(sbx_store *store, sbx_bucket *bucket); /* must be empty */
sbx_bucket *cspan_sbx_bucket_new(const char *name, const char *region, time_t created);
void cspan_sbx_bucket_free(void *bucket);

sbx_object *cspan_sbx_object_new(const char *key, size_t len);
void cspan_sbx_object_free(void *object);
sbx_object *cspan_sbx_object_find(const sbx_bucket *bucket, const char *key, size_t len);
/* Takes the object when it succeeds; what was there is freed. */
cspan_status cspan_sbx_object_put(sbx_store *store, sbx_bucket *bucket, sbx_object *object,
                                  bool save);
void cspan_sbx_object_remove(sbx_store *store, sbx_bucket *bucket, const char *key, size_t len);

sbx_upload *cspan_sbx_upload_new(const char *key, size_t len);
void cspan_sbx_upload_free(void *upload);
sbx_upload *cspan_sbx_upload_find(const sbx_bucket *bucket, const char *key, size_t len,
                                  const char *id);
cspan_status cspan_sbx_upload_add(sbx_store *store, sbx_bucket *bucket, sbx_upload *upload,
                                  bool save);
void cspan_sbx_upload_remove(sbx_store *store, sbx_bucket *bucket, sbx_upload *upload);
sbx_part *cspan_sbx_part_new(int number);
void cspan_sbx_part_free(sbx_part *part);
sbx_part *cspan_sbx_part_find(const sbx_upload *upload, int number);
/* Index of the first part whose number is at least `number`. */
size_t cspan_sbx_part_seek(const sbx_upload *upload, int number);
/* Takes the part when it succeeds. */
cspan_status cspan_sbx_part_put(sbx_store *store, sbx_upload *upload, sbx_part *part, bool save);

/* 32 hex digits that no other thing has; later ones sort behind earlier ones. */
void cspan_sbx_new_id(char out[SBX_ID_LEN + 1]);

#endif
