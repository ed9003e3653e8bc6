/* SPDX-License-Identifier: Apache-2.0 */
/* Five attempts instead of three; each retry is an event `aws.retry` on the call's span. */
#include <cloudspan/cloudspan.h>
#include <stdio.h>

int main(int argc, char **argv) {
  cspan_error *error = NULL;
  cspan_tracer_provider *provider = NULL;
  cspan_aws_config *config = NULL;
  cspan_s3 *s3 = NULL;
  cspan_span_processor *processor = cspan_processor_simple(cspan_exporter_console(1));
  cspan_provider_options telemetry = {
      .service_name = "retries", .processors = &processor, .processor_count = 1};
  cspan_aws_options options = {.max_attempts = 5};
  cspan_trace_options trace = {.retries = CSPAN_RETRY_EVENTS_AND_SPANS};

  if (cspan_tracer_provider_create(&telemetry, &provider, &error))
    goto out;
  trace.provider = provider;
  if (cspan_aws_config_load(&options, &config, &error) ||
      cspan_trace_append(config, &trace, &error) || cspan_s3_create(config, &s3, &error))
    goto out;
  cspan_s3_bucket_input head = {.bucket = argc > 1 ? argv[1] : "demo-bucket"};
  cspan_s3_head_bucket(s3, NULL, &head, NULL, &error);
out:
  if (error)
    fprintf(stderr, "%s: %s\n", cspan_error_code(error), cspan_error_message(error));
  int code = error ? 1 : 0;
  cspan_error_free(error);
  cspan_s3_free(s3);
  cspan_aws_config_free(config);
  cspan_tracer_provider_free(provider);
  return code;
}
