/* SPDX-License-Identifier: Apache-2.0 */
/* The README's program: put an object, every call a span.
 * Usage: hello_s3 BUCKET   (endpoint, region and credentials as for any AWS SDK) */
#include <cloudspan/cloudspan.h>
#include <stdio.h>

int main(int argc, char **argv)
{
  const char *bucket = argc > 1 ? argv[1] : "demo-bucket";
  cspan_tracer_provider *provider = NULL;
  cspan_aws_config *config = NULL;
  cspan_s3 *s3 = NULL;
  cspan_error *error = NULL;

  /* OTLP/gRPC to localhost:4317, batches every 5 s, all spans. */
  if (cspan_telemetry_init("hello-s3", "1.0.0", &provider, &error) ||
      cspan_aws_config_load(&(cspan_aws_options){.region = "us-east-1"}, &config, &error) ||
      cspan_trace_append(config, NULL, &error) || /* from here on, each call is a span */
      cspan_s3_create(config, &s3, &error))
    goto out;

  cspan_s3_put_object_input put = {
      .bucket = bucket,
      .key = "hello.txt",
      .body = {.data = "hello\n", .size_bytes = 6},
  };
  if (cspan_s3_put_object(s3, NULL, &put, NULL, &error) == CSPAN_OK)
    printf("put s3://%s/%s\n", put.bucket, put.key);

out:
  if (error)
    fprintf(stderr, "%s: %s\n", cspan_error_code(error), cspan_error_message(error));
  int code = error ? 1 : 0;
  cspan_error_free(error);
  cspan_s3_free(s3);
  cspan_aws_config_free(config);
  cspan_tracer_provider_free(provider); /* flushes */
  return code;
}
