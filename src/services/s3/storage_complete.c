/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a multipart upload: completed, or aborted so that nothing stays on the server. */
#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/sys.h"
#include "base/text.h"
#include "services/s3/fields.h"
#include "services/s3/storage_multipart.h"

enum { ABORT_TIMEOUT_MS = 30000, ABORT_ROUNDS = 3, ABORT_PAUSE_MS = 200 };

static bool is_no_such_upload(const cspan_error *error) {
  return strcmp(cspan_error_code(error), "NoSuchUpload") == 0;
}

/* The answer got lost, or never came: the server may have done it all the same. */
static bool may_have_happened(const cspan_error *error) {
  return is_no_such_upload(error) || cspan_error_status(error) != CSPAN_ERR_SERVICE ||
         cspan_error_http_status(error) >= 500;
}

void cspan_multipart_complete(cspan_multipart *upload, bool *ambiguous) {
  cspan_s3_complete_multipart_upload_input call = {
      .size = sizeof call,
      .bucket = upload->input->bucket,
      .key = upload->input->key,
      .upload_id = upload->upload_id,
      .parts = upload->completed,
      .part_count = upload->completed_count,
  };
  cspan_s3_complete_multipart_upload_output *output = NULL;
  cspan_error *error = NULL;
  cspan_status status = cspan_s3_complete_multipart_upload(upload->storage->client, &upload->inside,
                                                           &call, &output, &error);
  if (status != CSPAN_OK) {
    *ambiguous = may_have_happened(error);
    cspan_multipart_fail(upload, error, "failed to complete multipart upload");
    return;
  }
  cspan_s3_copy_text(output->etag, upload->etag, sizeof upload->etag);
  cspan_s3_output_free(output);
}

/* For cleaning up: not bound by what ended the upload, and not for ever. */
static cspan_context cleanup_context(const cspan_multipart *upload, cspan_span span) {
  cspan_context fresh = upload->inside;
  fresh.cancel = NULL;
  fresh.deadline_ns = 0;
  if (span.slot) {
    fresh.span = span;
  }
  return cspan_context_with_timeout(&fresh, ABORT_TIMEOUT_MS);
}

/* Beyond the retries of the call itself: an upload left behind costs money until someone
 * notices. */
static cspan_error *abort_in_rounds(cspan_multipart *upload, const cspan_context *context) {
  cspan_s3_abort_multipart_upload_input call = {
      .size = sizeof call,
      .bucket = upload->input->bucket,
      .key = upload->input->key,
      .upload_id = upload->upload_id,
  };
  for (int round = 1;; round++) {
    cspan_error *error = NULL;
    cspan_status status =
        cspan_s3_abort_multipart_upload(upload->storage->client, context, &call, &error);
    bool again = status != CSPAN_OK && cspan_error_is_retryable(error) && round < ABORT_ROUNDS;
    if (!again || cspan_context_sleep_ms(context, ABORT_PAUSE_MS << round) != CSPAN_OK) {
      return error;
    }
    cspan_error_free(error);
  }
}

void cspan_multipart_abort(cspan_multipart *upload, bool *gone) {
  cspan_attr attrs[] = {
      cspan_storage_text("s3.bucket", upload->input->bucket),
      cspan_storage_text("s3.key", upload->input->key),
      cspan_storage_text("s3.upload_id", upload->upload_id),
  };
  cspan_storage_span what = {"s3.abort_multipart_upload", CSPAN_SPAN_INTERNAL, attrs, 3, 0};
  cspan_span span = cspan_storage_span_start(upload->storage, &upload->inside, &what);
  cspan_context context = cleanup_context(upload, span);
  cspan_error *error = abort_in_rounds(upload, &context);
  *gone = error && is_no_such_upload(error);
  if (error && !*gone) {
    cspan_error_prefix(upload->error,
                       "the multipart upload %s of %s could not be aborted (%s) and its parts "
                       "stay on the server; abort it later",
                       upload->upload_id, upload->input->key, cspan_error_message(error));
    cspan_storage_span_finish(span, "abort failed", error);
  } else {
    cspan_span_end(span);
  }
  cspan_error_free(error);
}

/* The MD5 of the parts' MD5s and their number, as S3 makes it; false where the parts' ETags are
 * no MD5s (encrypted with keys of KMS). */
static bool expected_etag(const cspan_multipart *upload, char out[48]) {
  uint8_t md5[CSPAN_MD5_LEN];
  char hex[2 * CSPAN_MD5_LEN + 1];
  cspan_digest *digest = cspan_digest_new(CSPAN_DIGEST_MD5);
  bool ok = digest != NULL;
  for (size_t i = 0; i < upload->completed_count && ok; i++) {
    const char *etag = upload->completed[i].etag;
    etag += *etag == '"';
    ok = strcspn(etag, "\"") == 2 * CSPAN_MD5_LEN && cspan_hex_decode(etag, 2 * sizeof md5, md5);
    cspan_digest_update(digest, md5, ok ? sizeof md5 : 0);
  }
  if (ok) {
    cspan_digest_final(digest, md5);
    cspan_hex_encode(md5, sizeof md5, hex);
    snprintf(out, 48, "%s-%zu", hex, upload->completed_count);
  }
  cspan_digest_free(digest);
  return ok;
}

bool cspan_multipart_is_there(cspan_multipart *upload) {
  char expected[48];
  if (!expected_etag(upload, expected)) {
    return false;
  }
  cspan_context context = cleanup_context(upload, (cspan_span){0});
  cspan_s3_get_object_input call = {
      .size = sizeof call, .bucket = upload->input->bucket, .key = upload->input->key};
  cspan_s3_get_object_output *output = NULL;
  bool same = false;
  if (cspan_s3_head_object(upload->storage->client, &context, &call, &output, NULL) == CSPAN_OK &&
      output->etag) {
    const char *etag = output->etag + (*output->etag == '"');
    size_t len = strlen(expected);
    same = strncmp(etag, expected, len) == 0 && (etag[len] == '"' || etag[len] == '\0');
    cspan_s3_copy_text(output->etag, upload->etag, sizeof upload->etag);
  }
  cspan_s3_output_free(output);
  return same;
}
