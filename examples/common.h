/* SPDX-License-Identifier: Apache-2.0 */
/* What the examples share: a traced S3 client and one way to complain. */
#ifndef EXAMPLES_COMMON_H
#define EXAMPLES_COMMON_H

#include <cloudspan/cloudspan.h>
#include <stdio.h>

typedef struct example {
  cspan_tracer_provider *provider;
  cspan_aws_config *config;
  cspan_s3 *s3;
  const char *bucket;
  cspan_error *error;
} example;

static inline bool example_open(example *e, const char *name, int argc, char **argv) {
  *e = (example){.bucket = argc > 1 ? argv[1] : "demo-bucket"};
  return cspan_telemetry_init(name, "1.0.0", &e->provider, &e->error) == CSPAN_OK &&
         cspan_aws_config_load(NULL, &e->config, &e->error) == CSPAN_OK &&
         cspan_trace_append(e->config, NULL, &e->error) == CSPAN_OK &&
         cspan_s3_create(e->config, &e->s3, &e->error) == CSPAN_OK;
}

static inline int example_close(example *e) {
  int code = 0;
  if (e->error) {
    fprintf(stderr, "%s: %s\n", cspan_error_code(e->error), cspan_error_message(e->error));
    code = 1;
  }
  cspan_error_free(e->error);
  cspan_s3_free(e->s3);
  cspan_aws_config_free(e->config);
  cspan_tracer_provider_free(e->provider);
  return code;
}

#endif
