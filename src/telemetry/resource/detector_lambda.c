/* SPDX-License-Identifier: Apache-2.0 */
/* AWS Lambda, by the variables that it sets in the environment. */
#include "base/sys.h"
#include "telemetry/resource/detector.h"

enum { BYTES_PER_MB = 1 << 20, MEMORY_MAX_MB = 1 << 20 };

void cspan_detect_lambda(const cspan_detection *at, cspan_resource *out) {
  const char *name = cspan_env("AWS_LAMBDA_FUNCTION_NAME");
  const char *memory = cspan_env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE");
  uint64_t megabytes;
  (void)at;
  if (name == NULL) {
    return;
  }
  cspan_resource_put_text(out, "cloud.provider", "aws");
  cspan_resource_put_text(out, "cloud.platform", "aws_lambda");
  cspan_resource_put_text(out, "cloud.region", cspan_env("AWS_REGION"));
  cspan_resource_put_text(out, "faas.name", name);
  cspan_resource_put_text(out, "faas.version", cspan_env("AWS_LAMBDA_FUNCTION_VERSION"));
  cspan_resource_put_text(out, "faas.instance", cspan_env("AWS_LAMBDA_LOG_STREAM_NAME"));
  if (memory != NULL && cspan_parse_u64(memory, &megabytes) && megabytes <= MEMORY_MAX_MB) {
    cspan_resource_put_int(out, "faas.max_memory", (int64_t)megabytes * BYTES_PER_MB);
  }
  cspan_resource_put_list(out, "aws.log.group.names", cspan_env("AWS_LAMBDA_LOG_GROUP_NAME"));
  cspan_resource_put_list(out, "aws.log.stream.names", cspan_env("AWS_LAMBDA_LOG_STREAM_NAME"));
}
