/* SPDX-License-Identifier: Apache-2.0 */
#include "services/s3/storage_delete.h"

#include <stdio.h>

#include "base/alloc.h"
#include "base/error.h"

cspan_error *cspan_deletion_check_key(const char *key) {
  cspan_error *error = NULL;
  if (!key || !*key) {
    cspan_error_set(&error, CSPAN_ERR_INVALID, "the key is empty");
  }
  return error;
}

static size_t count_failures(const cspan_deletion *self) {
  size_t n = 0;
  for (size_t i = 0; i < self->input->key_count; i++) {
    n += self->errors[i] != NULL;
  }
  return n;
}

static const cspan_error *first_failure(const cspan_deletion *self, const char **key) {
  for (size_t i = 0; i < self->input->key_count; i++) {
    if (self->errors[i]) {
      *key = self->input->keys[i] ? self->input->keys[i] : "";
      return self->errors[i];
    }
  }
  return NULL;
}

/* Hands the errors over to the result. */
static cspan_status fill_result(cspan_deletion *self, size_t failures,
                                cspan_batch_delete_result *result, cspan_error **error) {
  size_t at = 0;
  result->error_count = failures;
  result->success_count = self->input->key_count - failures;
  if (failures == 0) {
    return CSPAN_OK;
  }
  result->failures = cspan_calloc(failures, sizeof *result->failures);
  if (!result->failures) {
    result->error_count = 0;
    return cspan_error_move(error, cspan_error_nomem());
  }
  for (size_t i = 0; i < self->input->key_count; i++) {
    if (self->errors[i]) {
      result->failures[at++] = (cspan_batch_delete_failure){i, self->errors[i]};
      self->errors[i] = NULL;
    }
  }
  return CSPAN_OK;
}

static void finish_span(const cspan_deletion *self, cspan_span span, size_t failures) {
  char text[48];
  cspan_span_set_int64(span, "s3.batch.success_count",
                       (int64_t)(self->input->key_count - failures));
  cspan_span_set_int64(span, "s3.batch.error_count", (int64_t)failures);
  if (failures) {
    /* The failures themselves are on the spans of the items. */
    snprintf(text, sizeof text, "%zu deletions failed", failures);
    cspan_span_set_string(span, "error.type", "partial_failure");
    cspan_span_set_status(span, CSPAN_SPAN_ERROR, text);
  } else {
    cspan_span_set_status(span, CSPAN_SPAN_OK, NULL);
  }
  cspan_span_end(span);
}

static cspan_status run(cspan_deletion *self, cspan_span span, cspan_batch_delete_result *result,
                        cspan_error **error) {
  if (self->input->use_delete_objects) {
    cspan_deletion_bulk(self);
  } else {
    cspan_deletion_each(self);
  }
  size_t failures = count_failures(self);
  cspan_status status = CSPAN_OK;
  finish_span(self, span, failures);
  if (failures) {
    const char *key = NULL;
    const cspan_error *first = first_failure(self, &key);
    status = cspan_error_set(error, CSPAN_ERR_PARTIAL,
                             "%zu of %zu deletions failed; the first is of the key \"%s\": %s",
                             failures, self->input->key_count, key, cspan_error_message(first));
  }
  cspan_status filled = result ? fill_result(self, failures, result, error) : CSPAN_OK;
  return status != CSPAN_OK ? status : filled;
}

static cspan_status check(const cspan_storage *storage, const cspan_batch_delete_input *input,
                          cspan_error **error) {
  if (!storage || !input || !input->bucket || !*input->bucket) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "cspan_storage_batch_delete needs a storage, an input and a bucket");
  }
  if (input->key_count && !input->keys) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "cspan_storage_batch_delete: key_count is %zu but there are no keys",
                           input->key_count);
  }
  return CSPAN_OK;
}

cspan_status cspan_storage_batch_delete(cspan_storage *storage, const cspan_context *context,
                                        const cspan_batch_delete_input *input,
                                        cspan_batch_delete_result *result, cspan_error **error) {
  cspan_batch_delete_input in = {0};
  if (result) {
    *result = (cspan_batch_delete_result){0};
  }
  if (input) {
    cspan_storage_copy_input(&in, sizeof in, input);
  }
  cspan_status status = check(storage, input ? &in : NULL, error);
  if (status != CSPAN_OK) {
    return status;
  }
  cspan_deletion self = {.storage = storage, .input = &in};
  self.errors = cspan_calloc(in.key_count, sizeof(cspan_error *));
  if (!self.errors) {
    return cspan_error_move(error, cspan_error_nomem());
  }
  cspan_attr attrs[] = {
      cspan_storage_text("s3.bucket", in.bucket),
      cspan_attr_int64("s3.batch.total_objects", (int64_t)in.key_count),
  };
  cspan_storage_span what = {"s3.batch_delete", CSPAN_SPAN_INTERNAL, attrs, 2, 0};
  cspan_span span = cspan_storage_span_start(storage, context, &what);
  self.inside = cspan_storage_inside(context, span);
  status = run(&self, span, result, error);
  for (size_t i = 0; i < in.key_count; i++) {
    cspan_error_free(self.errors[i]);
  }
  cspan_free(self.errors);
  return status;
}

void cspan_batch_delete_result_clear(cspan_batch_delete_result *result) {
  if (result) {
    for (size_t i = 0; result->failures && i < result->error_count; i++) {
      cspan_error_free(result->failures[i].error);
    }
    cspan_free(result->failures);
    *result = (cspan_batch_delete_result){0};
  }
}
