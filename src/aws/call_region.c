/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that follow a bucket to its region: what S3 answers where it has a bucket elsewhere says
 * where that is (Amazon S3 user guide, "Making requests using the REST API", redirection). */
#include <string.h>

#include "aws/call.h"
#include "base/error.h"
#include "base/text.h"

/* NULL: the call has none, or it is an ARN, which names its region itself. */
static const char *bucket_of(struct cspan_call *call) {
  const char *bucket = call->request.bucket;
  if (!bucket) {
    bucket = cspan_value_text(cspan_value_get(cspan_call_input_document(call), "Bucket"), NULL);
  }
  return bucket && !cspan_starts_with(bucket, "arn:") ? bucket : NULL;
}

cspan_status cspan_call_take_region(struct cspan_call *call, const char *given,
                                    cspan_error **error) {
  cspan_str name;
  cspan_status status = cspan_region_check(given, "option of the call", error);
  if (status != CSPAN_OK) {
    return status;
  }
  call->asks_for_fips = cspan_region_asks_for_fips(given, &name);
  call->region = cspan_arena_strndup(call->scratch, name.data, name.len);
  return call->region
             ? CSPAN_OK
             : cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory: the call was not started");
}

bool cspan_call_uses_fips(const struct cspan_call *call) {
  return call->asks_for_fips || cspan_aws_config_flag(call->client->config, CSPAN_SETTING_USE_FIPS);
}

void cspan_call_recall_region(struct cspan_call *call) {
  cspan_bucket_regions *known = &call->client->bucket_regions;
  if (!call->client->service->follows_buckets || atomic_load(&known->count) == 0) {
    return;
  }
  const char *bucket = bucket_of(call);
  const char *region = bucket ? cspan_bucket_regions_get(known, bucket, call->scratch) : NULL;
  call->region = region ? region : call->region;
}

bool cspan_call_follow_bucket(struct cspan_call *call) {
  const char *before = call->region;
  const char *bucket = bucket_of(call);
  cspan_error *error = NULL;
  if (!call->client->service->follows_buckets || !call->told_region || call->is_redirected ||
      !bucket) {
    return false;
  }
  call->is_redirected = true;
  call->region = call->told_region;
  if (cspan_call_resolve_target(call, &error) != CSPAN_OK) {
    cspan_error_free(error);
    call->region = before;
    return false;
  }
  cspan_bucket_regions_put(&call->client->bucket_regions, bucket, call->region);
  return true;
}
