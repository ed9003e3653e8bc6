/* SPDX-License-Identifier: Apache-2.0 */
/* Up to 1,000 keys a call, by DeleteObjects. */
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "services/s3/storage_delete.h"

enum { KEYS_A_CALL = 1000 };

typedef struct chunk {
  cspan_deletion *deletion;
  size_t count;
  cspan_s3_object_identifier objects[KEYS_A_CALL];
  size_t indexes[KEYS_A_CALL]; /* into the keys of the batch */
} chunk;

static void fail_all(chunk *self, const cspan_error *error) {
  for (size_t i = 0; i < self->count; i++) {
    cspan_error **at = &self->deletion->errors[self->indexes[i]];
    if (!*at) {
      *at = cspan_error_dup(error);
    }
  }
}

static cspan_error *error_of(const cspan_s3_delete_error *item) {
  cspan_error *error = NULL;
  cspan_error_info info = {.status = CSPAN_ERR_SERVICE, .code = item->code, .http_status = 200};
  cspan_error_set_info(&error, &info, item->message ? item->message : item->code);
  return error;
}

/* A key may be there more than once. */
static void fail_key(chunk *self, const cspan_s3_delete_error *item) {
  cspan_error *error = error_of(item);
  bool found = false;
  for (size_t i = 0; item->key && i < self->count; i++) {
    cspan_error **at = &self->deletion->errors[self->indexes[i]];
    if (strcmp(self->objects[i].key, item->key) == 0) {
      found = true;
      if (!*at) {
        *at = cspan_error_dup(error);
      }
    }
  }
  if (!found) { /* which one is not known: none may pass as deleted */
    fail_all(self, error);
  }
  cspan_error_free(error);
}

static void delete_chunk(chunk *self) {
  cspan_deletion *deletion = self->deletion;
  cspan_s3_delete_objects_input input = {
      .size = sizeof input,
      .bucket = deletion->input->bucket,
      .objects = self->objects,
      .object_count = self->count,
      .quiet = true,
  };
  cspan_s3_delete_objects_output *output = NULL;
  cspan_error *error = NULL;
  cspan_status status = cspan_s3_delete_objects(deletion->storage->client, &deletion->inside,
                                                &input, &output, &error);
  if (status != CSPAN_OK) {
    fail_all(self, error);
    cspan_error_free(error);
    return;
  }
  for (size_t i = 0; i < output->error_count; i++) {
    fail_key(self, &output->errors[i]);
  }
  cspan_s3_output_free(output);
}

static void add_key(chunk *self, size_t index) {
  const char *key = self->deletion->input->keys[index];
  cspan_error *error = cspan_deletion_check_key(key);
  if (error) {
    self->deletion->errors[index] = error;
    return;
  }
  self->objects[self->count] = (cspan_s3_object_identifier){.key = key};
  self->indexes[self->count++] = index;
}

void cspan_deletion_bulk(cspan_deletion *deletion) {
  size_t total = deletion->input->key_count;
  chunk *self = cspan_calloc(1, sizeof *self);
  for (size_t i = 0; i < total; i++) {
    if (!self) {
      deletion->errors[i] = cspan_error_nomem();
      continue;
    }
    self->deletion = deletion;
    add_key(self, i);
    if (self->count == KEYS_A_CALL || (i + 1 == total && self->count > 0)) {
      delete_chunk(self);
      self->count = 0;
    }
  }
  cspan_free(self);
}
