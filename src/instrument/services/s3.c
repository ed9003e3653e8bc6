/* SPDX-License-Identifier: Apache-2.0 */
/* S3: semantic conventions, aws.s3.* (aws/registry, aws/sdk-spans). */
#include <cloudspan/ext/middleware.h>
#include <string.h>

#include "base/buf.h"
#include "instrument/emitted.h"
#include "instrument/rules_table.h"
#include "instrument/tracing.h"

enum { MAX_NAME_BYTES = 255, MAX_DELETE_BYTES = 4096 };

static const cspan_attribute_rule rules[] = {
    {"S3", NULL, CSPAN_FROM_INPUT, "Bucket", "aws.s3.bucket", CSPAN_AS_STRING, MAX_NAME_BYTES},
    {"S3", NULL, CSPAN_FROM_INPUT, "Key", "aws.s3.key", CSPAN_AS_STRING, 0},
    {"S3", "UploadPart*,CompleteMultipartUpload,AbortMultipartUpload,ListParts", CSPAN_FROM_INPUT,
     "UploadId", "aws.s3.upload_id", CSPAN_AS_STRING, 0},
    {"S3", "UploadPart,UploadPartCopy", CSPAN_FROM_INPUT, "PartNumber", "aws.s3.part_number",
     CSPAN_AS_INT, 0},
    {"S3", "CopyObject,UploadPartCopy", CSPAN_FROM_INPUT, "CopySource", "aws.s3.copy_source",
     CSPAN_AS_STRING, 0},
};

static void put_member(cspan_buf *out, const cspan_value *object, const char *name,
                       const char *before) {
  size_t size = 0;
  const char *text = cspan_value_text(cspan_value_get(object, name), &size);
  if (text != NULL) {
    cspan_buf_str(out, before);
    cspan_buf_str(out, name);
    cspan_buf_char(out, '=');
    cspan_buf_append(out, text, size);
  }
}

/* "Objects=[{Key=a,VersionId=v},{Key=b}],Quiet=false": the shorthand that the conventions give as
 * an example. What would make it longer than the limit is cut, at a character. */
static void put_delete(cspan_buf *out, const cspan_value *request) {
  const cspan_value *objects = cspan_value_get(request, "Objects");
  cspan_buf_str(out, "Objects=[");
  for (size_t i = 0; i < cspan_value_count(objects) && out->len <= MAX_DELETE_BYTES; i++) {
    const cspan_value *object = cspan_value_at(objects, i);
    cspan_buf_str(out, i != 0 ? ",{" : "{");
    put_member(out, object, "Key", "");
    put_member(out, object, "VersionId", ",");
    cspan_buf_char(out, '}');
  }
  bool quiet = cspan_value_bool(cspan_value_get(request, "Quiet"), false);
  cspan_buf_str(out, quiet ? "],Quiet=true" : "],Quiet=false");
}

static size_t at_start(struct cspan_call *call, cspan_attr *out, size_t capacity) {
  if (capacity == 0) {
    return 0;
  }
  const cspan_value *request = cspan_value_get(cspan_call_input_document(call), "Delete");
  if (request == NULL) {
    return 0;
  }
  cspan_buf text;
  cspan_buf_init(&text, 4 * MAX_DELETE_BYTES);
  put_delete(&text, request);
  char *kept = cspan_call_memory(call, MAX_DELETE_BYTES);
  size_t n = 0;
  if (kept != NULL && cspan_buf_status(&text) == CSPAN_OK) {
    size_t size = cspan_trace_bounded(text.data, text.len, MAX_DELETE_BYTES);
    memcpy(kept, text.data, size);
    out[n++] = cspan_attr_string_n("aws.s3.delete", kept, size);
  }
  cspan_buf_free(&text);
  return n;
}

static const cspan_emitted emitted[] = {
    {"call", "aws.s3.delete", "string", "S3.DeleteObjects: what is deleted, in shorthand"},
};

static const cspan_batch_rule batches[] = {
    {"DeleteObjects", "Errors", "Code", "Delete.Objects", false},
};

const cspan_service_rules cspan_rules_s3 = {
    .service = "S3",
    .rules = rules,
    .rule_count = sizeof rules / sizeof rules[0],
    .batches = batches,
    .batch_count = sizeof batches / sizeof batches[0],
    .emitted = emitted,
    .emitted_count = sizeof emitted / sizeof emitted[0],
    .at_start = at_start,
    .at_start_of = "DeleteObjects",
};
