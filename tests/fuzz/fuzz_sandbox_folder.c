/* SPDX-License-Identifier: Apache-2.0 */
/* The documents in the folder of a sandbox: what is read can be written, and read again. */
#include <stdlib.h>

#include "sandbox/body.h"
#include "sandbox/folder.h"
#include "sandbox/map.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition) {
  if (!condition) {
    abort();
  }
}

static void check_bucket(const json_t *json) {
  sbx_bucket *bucket = NULL;
  if (cspan_sbx_decode_bucket(json, &bucket) == CSPAN_OK) {
    json_t *again = cspan_sbx_encode_bucket(bucket);
    sbx_bucket *second = NULL;
    require(again && cspan_sbx_decode_bucket(again, &second) == CSPAN_OK);
    cspan_sbx_bucket_free(second);
    json_decref(again);
    cspan_sbx_bucket_free(bucket);
  }
}

static void check_upload(const json_t *json) {
  const char *name = NULL;
  sbx_upload *upload = NULL;
  if (cspan_sbx_decode_upload(json, &name, &upload) == CSPAN_OK) {
    json_t *again = cspan_sbx_encode_upload(name, upload);
    sbx_upload *second = NULL;
    require(again && cspan_sbx_decode_upload(again, &name, &second) == CSPAN_OK);
    cspan_sbx_upload_free(second);
    json_decref(again);
    cspan_sbx_upload_free(upload);
  }
}

/* Both share their bodies, as an object and a copy of it do. */
static void check_object(const json_t *json, sbx_pieces *pieces) {
  sbx_object *object = NULL;
  if (cspan_sbx_decode_object(json, pieces, &object) == CSPAN_OK) {
    json_t *again = cspan_sbx_encode_object(object);
    sbx_object *second = NULL;
    require(again && cspan_sbx_decode_object(again, pieces, &second) == CSPAN_OK);
    require(second->body.len == object->body.len && second->key_len == object->key_len);
    cspan_sbx_object_free(second);
    json_decref(again);
    cspan_sbx_object_free(object);
  }
}

static void check_part(const json_t *json, sbx_pieces *pieces) {
  sbx_part *part = NULL;
  if (cspan_sbx_decode_part(json, pieces, &part) == CSPAN_OK) {
    json_t *again = cspan_sbx_encode_part(part);
    sbx_part *second = NULL;
    require(again && cspan_sbx_decode_part(again, pieces, &second) == CSPAN_OK);
    require(second->number == part->number && second->body.len == part->body.len);
    cspan_sbx_part_free(second);
    json_decref(again);
    cspan_sbx_part_free(part);
  }
}

/* Pieces are known by name while one folder is read: each kind gets names of its own. */
static void with_pieces(const json_t *json, sbx_store *store,
                        void (*check)(const json_t *json, sbx_pieces *pieces)) {
  sbx_pieces pieces = {store, cspan_sbx_map_new()};
  require(pieces.by_name != NULL);
  check(json, &pieces);
  cspan_sbx_map_free(pieces.by_name, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  json_t *json = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
  sbx_store *store = json ? cspan_sbx_store_memory() : NULL;
  if (store) {
    check_bucket(json);
    check_upload(json);
    with_pieces(json, store, check_object);
    with_pieces(json, store, check_part);
    cspan_sbx_store_free(store);
  }
  json_decref(json);
  return 0;
}
