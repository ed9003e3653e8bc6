/* SPDX-License-Identifier: Apache-2.0 */
/* The documents of a folder. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "sandbox/body.h"
#include "sandbox/folder.h"
#include "sandbox/request.h"

/* ---------------------------------------------------------------- encoding */

static json_t *encode_pairs(const sbx_pairs *pairs) {
  json_t *list = json_array();
  for (size_t i = 0; i < pairs->count && list; i++) {
    json_t *pair = json_pack("[ss]", pairs->items[i].name, pairs->items[i].value);
    if (json_array_append_new(list, pair) != 0) {
      json_decref(list);
      return NULL;
    }
  }
  return list;
}

static json_t *encode_body(const sbx_body *body) {
  json_t *list = json_array();
  for (size_t i = 0; i < body->count && list; i++) {
    const sbx_piece *piece = body->pieces[i];
    json_t *item = json_pack("{sssI}", "file", piece->name, "size", (json_int_t)piece->len);
    if (json_array_append_new(list, item) != 0) {
      json_decref(list);
      return NULL;
    }
  }
  return list;
}

static json_t *encode_sizes(const int64_t *sizes, size_t count) {
  json_t *list = json_array();
  for (size_t i = 0; i < count && list; i++) {
    if (json_array_append_new(list, json_integer(sizes[i])) != 0) {
      json_decref(list);
      return NULL;
    }
  }
  return list;
}

static json_t *encode_checksum(const sbx_checksum *checksum) {
  return json_pack("{sssssb}", "algorithm", cspan_sbx_checksum_algorithm(checksum->kind), "value",
                   checksum->value, "composite", (int)checksum->composite);
}

json_t *cspan_sbx_encode_bucket(const sbx_bucket *bucket) {
  return json_pack("{sssssI}", "name", bucket->name, "region", bucket->region, "created",
                   (json_int_t)bucket->created);
}

json_t *cspan_sbx_encode_object(const sbx_object *object) {
  return json_pack("{ss%sIsssosososo}", "key", object->key, object->key_len, "modified",
                   (json_int_t)object->modified, "etag", object->etag, "headers",
                   encode_pairs(&object->headers), "checksum", encode_checksum(&object->checksum),
                   "parts", encode_sizes(object->part_sizes, object->part_count), "bodies",
                   encode_body(&object->body));
}

json_t *cspan_sbx_encode_upload(const char *bucket, const sbx_upload *upload) {
  return json_pack("{ssss%sssIsosssbsb}", "bucket", bucket, "key", upload->key, upload->key_len,
                   "id", upload->id, "initiated", (json_int_t)upload->initiated, "headers",
                   encode_pairs(&upload->headers), "algorithm",
                   cspan_sbx_checksum_algorithm(upload->checksum_kind), "composite",
                   (int)upload->checksum_composite, "asked", (int)upload->checksum_asked);
}

json_t *cspan_sbx_encode_part(const sbx_part *part) {
  return json_pack("{sisIsssoso}", "number", part->number, "modified", (json_int_t)part->modified,
                   "etag", part->etag, "checksum", encode_checksum(&part->checksum), "bodies",
                   encode_body(&part->body));
}

/* ---------------------------------------------------------------- decoding */

static cspan_status decode_pairs(const json_t *list, sbx_pairs *out) {
  size_t i;
  json_t *pair;
  cspan_status status = CSPAN_OK;
  json_array_foreach(list, i, pair) {
    const char *name = json_string_value(json_array_get(pair, 0));
    const char *value = json_string_value(json_array_get(pair, 1));
    status = name && value ? cspan_sbx_pairs_add(out, name, value) : CSPAN_ERR_INVALID;
    if (status != CSPAN_OK) {
      return status;
    }
  }
  return status;
}

static bool is_id(const char *text) {
  return text && strlen(text) == SBX_ID_LEN && strspn(text, "0123456789abcdef") == SBX_ID_LEN;
}

static cspan_status decode_piece(const json_t *item, sbx_pieces *pieces, sbx_body *out) {
  const char *name = json_string_value(json_object_get(item, "file"));
  int64_t size = json_integer_value(json_object_get(item, "size"));
  if (!is_id(name) || size <= 0 || out->len > INT64_MAX - size) {
    return CSPAN_ERR_INVALID;
  }
  sbx_piece *piece = cspan_sbx_map_get(pieces->by_name, name, SBX_ID_LEN);
  if (piece) {
    if (piece->len != size) {
      return CSPAN_ERR_INVALID;
    }
    piece->refs++;
    return cspan_sbx_body_add_piece(out, piece);
  }
  void *old;
  piece = cspan_sbx_piece_new(pieces->store);
  if (!piece) {
    return CSPAN_ERR_NOMEM;
  }
  memcpy(piece->name, name, SBX_ID_LEN + 1);
  piece->len = size;
  cspan_status status = cspan_sbx_map_put(pieces->by_name, name, SBX_ID_LEN, piece, &old);
  if (status != CSPAN_OK) {
    cspan_sbx_piece_unref(piece);
    return status;
  }
  return cspan_sbx_body_add_piece(out, piece);
}

static cspan_status decode_body(const json_t *list, sbx_pieces *pieces, sbx_body *out) {
  size_t i;
  json_t *item;
  cspan_status status = json_is_array(list) ? CSPAN_OK : CSPAN_ERR_INVALID;
  json_array_foreach(list, i, item) {
    if (status == CSPAN_OK) {
      status = decode_piece(item, pieces, out);
    }
  }
  return status;
}

static cspan_status decode_sizes(const json_t *list, sbx_object *out) {
  size_t i;
  json_t *item;
  int64_t total = 0;
  size_t count = json_array_size(list);
  if (count == 0) {
    return CSPAN_OK;
  }
  if (count > SBX_PART_MAX) {
    return CSPAN_ERR_INVALID;
  }
  out->part_sizes = cspan_calloc(count, sizeof out->part_sizes[0]);
  if (!out->part_sizes) {
    return CSPAN_ERR_NOMEM;
  }
  json_array_foreach(list, i, item) {
    int64_t size = json_integer_value(item);
    if (size < 0 || total > INT64_MAX - size) {
      return CSPAN_ERR_INVALID;
    }
    out->part_sizes[i] = size;
    total += size;
  }
  out->part_count = count;
  return total == out->body.len ? CSPAN_OK : CSPAN_ERR_INVALID;
}

static bool copy_string(const json_t *json, const char *name, char *out, size_t cap) {
  const char *text = json_string_value(json_object_get(json, name));
  if (!text || strlen(text) >= cap) {
    return false;
  }
  memcpy(out, text, strlen(text) + 1);
  return true;
}

static bool decode_checksum(const json_t *json, sbx_checksum *out) {
  char algorithm[16];
  if (!copy_string(json, "algorithm", algorithm, sizeof algorithm) ||
      !copy_string(json, "value", out->value, sizeof out->value)) {
    return false;
  }
  out->kind = cspan_sbx_checksum_by_algorithm(algorithm);
  out->composite = json_is_true(json_object_get(json, "composite"));
  return out->kind != SBX_CHECKSUM_NONE || !algorithm[0];
}

static const char *decode_key(const json_t *json, size_t *len) {
  const json_t *key = json_object_get(json, "key");
  *len = json_string_length(key);
  return *len > 0 && *len <= SBX_KEY_MAX ? json_string_value(key) : NULL;
}

cspan_status cspan_sbx_decode_bucket(const json_t *json, sbx_bucket **out) {
  char name[SBX_BUCKET_MAX + 1];
  char region[64];
  if (!copy_string(json, "name", name, sizeof name) ||
      !copy_string(json, "region", region, sizeof region) ||
      !cspan_sbx_bucket_name_ok(name, strlen(name))) {
    return CSPAN_ERR_INVALID;
  }
  *out = cspan_sbx_bucket_new(name, region,
                              (time_t)json_integer_value(json_object_get(json, "created")));
  return *out ? CSPAN_OK : CSPAN_ERR_NOMEM;
}

cspan_status cspan_sbx_decode_object(const json_t *json, sbx_pieces *pieces, sbx_object **out) {
  size_t len;
  const char *key = decode_key(json, &len);
  if (!key) {
    return CSPAN_ERR_INVALID;
  }
  sbx_object *object = cspan_sbx_object_new(key, len);
  if (!object) {
    return CSPAN_ERR_NOMEM;
  }
  object->modified = (time_t)json_integer_value(json_object_get(json, "modified"));
  cspan_status status = CSPAN_ERR_INVALID;
  if (copy_string(json, "etag", object->etag, sizeof object->etag) &&
      decode_checksum(json_object_get(json, "checksum"), &object->checksum)) {
    status = decode_pairs(json_object_get(json, "headers"), &object->headers);
  }
  if (status == CSPAN_OK) {
    status = decode_body(json_object_get(json, "bodies"), pieces, &object->body);
  }
  if (status == CSPAN_OK) {
    status = decode_sizes(json_object_get(json, "parts"), object);
  }
  if (status != CSPAN_OK) {
    cspan_sbx_object_free(object);
    return status;
  }
  *out = object;
  return CSPAN_OK;
}

cspan_status cspan_sbx_decode_upload(const json_t *json, const char **bucket, sbx_upload **out) {
  size_t len;
  const char *key = decode_key(json, &len);
  char algorithm[16];
  *bucket = json_string_value(json_object_get(json, "bucket"));
  if (!key || !*bucket || !copy_string(json, "algorithm", algorithm, sizeof algorithm)) {
    return CSPAN_ERR_INVALID;
  }
  sbx_upload *upload = cspan_sbx_upload_new(key, len);
  if (!upload) {
    return CSPAN_ERR_NOMEM;
  }
  upload->initiated = (time_t)json_integer_value(json_object_get(json, "initiated"));
  upload->checksum_kind = cspan_sbx_checksum_by_algorithm(algorithm);
  upload->checksum_composite = json_is_true(json_object_get(json, "composite"));
  upload->checksum_asked = json_is_true(json_object_get(json, "asked"));
  cspan_status status = decode_pairs(json_object_get(json, "headers"), &upload->headers);
  if (status == CSPAN_OK && (!copy_string(json, "id", upload->id, sizeof upload->id) ||
                             !is_id(upload->id) || !upload->checksum_kind)) {
    status = CSPAN_ERR_INVALID;
  }
  if (status != CSPAN_OK) {
    cspan_sbx_upload_free(upload);
    return status;
  }
  *out = upload;
  return CSPAN_OK;
}

cspan_status cspan_sbx_decode_part(const json_t *json, sbx_pieces *pieces, sbx_part **out) {
  json_int_t number = json_integer_value(json_object_get(json, "number"));
  if (number < 1 || number > SBX_PART_MAX) {
    return CSPAN_ERR_INVALID;
  }
  sbx_part *part = cspan_sbx_part_new((int)number);
  if (!part) {
    return CSPAN_ERR_NOMEM;
  }
  part->modified = (time_t)json_integer_value(json_object_get(json, "modified"));
  cspan_status status = CSPAN_ERR_INVALID;
  if (copy_string(json, "etag", part->etag, sizeof part->etag) &&
      decode_checksum(json_object_get(json, "checksum"), &part->checksum)) {
    status = decode_body(json_object_get(json, "bodies"), pieces, &part->body);
  }
  if (status != CSPAN_OK) {
    cspan_sbx_part_free(part);
    return status;
  }
  *out = part;
  return CSPAN_OK;
}
