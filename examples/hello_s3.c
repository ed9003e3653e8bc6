/* SPDX-License-Identifier: Apache-2.0 */
/* The README's program. Usage: hello_s3 [BUCKET]; endpoint, region and credentials come from
 * the environment or the shared files, as for any AWS SDK. */
#include <cloudspan/cloudspan.h>
#include <stdio.h>

int main(int argc, char **argv) {
  cspan_error *error = NULL;
  cspan_tracer_provider *provider = NULL;
  cspan_aws_config *config = NULL;
  cspan_s3 *s3 = NULL;
  cspan_s3_put_object_input put = {.bucket = argc > 1 ? argv[1] : "demo-bucket",
                                   .key = "hello.txt",
                                   .body = {.data = "hello\n", .size_bytes = 6}};

  /* OTLP/gRPC to localhost:4317; from the append on, each call is a span. */
  if (cspan_telemetry_init("hello-s3", "1.0.0", &provider, &error) == CSPAN_OK &&
      cspan_aws_config_load(NULL, &config, &error) == CSPAN_OK &&
      cspan_trace_append(config, NULL, &error) == CSPAN_OK &&
      cspan_s3_create(config, &s3, &error) == CSPAN_OK &&
      cspan_s3_put_object(s3, NULL, &put, NULL, &error) == CSPAN_OK)
    printf("put s3://%s/%s\n", put.bucket, put.key);
  else
    fprintf(stderr, "%s: %s\n", cspan_error_code(error), cspan_error_message(error));

  int code = error != NULL;
  cspan_error_free(error);
  cspan_s3_free(s3);
  cspan_aws_config_free(config);
  cspan_tracer_provider_free(provider); /* flushes */
  return code;
}
