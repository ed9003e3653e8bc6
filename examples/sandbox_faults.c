/* SPDX-License-Identifier: Apache-2.0 */
/* A test of one's own code against the in-process sandbox, with faults on demand. Needs
 * libcloudspan-sandbox as well. */
#include <cloudspan/cloudspan.h>
#include <cloudspan/sandbox.h>
#include <stdio.h>

int main(void) {
  cspan_error *error = NULL;
  cspan_sandbox *sandbox = NULL;
  cspan_aws_config *config = NULL;
  cspan_s3 *s3 = NULL;
  if (cspan_sandbox_start(NULL, &sandbox, &error) ||
      cspan_sandbox_add_fault_text(sandbox, "op=CreateBucket,status=503,count=2", &error))
    goto out;
  cspan_aws_options options = {.region = "us-east-1",
                               .endpoint_url = cspan_sandbox_endpoint(sandbox),
                               .access_key_id = "sandbox",
                               .secret_access_key = "sandbox-secret"};
  cspan_s3_bucket_input create = {.bucket = "my-test-bucket"};
  if (cspan_aws_config_load(&options, &config, &error) || cspan_s3_create(config, &s3, &error) ||
      cspan_s3_create_bucket(s3, NULL, &create, NULL, &error))
    goto out;
  printf("created after %zu requests\n", cspan_sandbox_request_count(sandbox));
out:
  if (error)
    fprintf(stderr, "%s: %s\n", cspan_error_code(error), cspan_error_message(error));
  int code = error ? 1 : 0;
  cspan_error_free(error);
  cspan_s3_free(s3);
  cspan_aws_config_free(config);
  cspan_sandbox_stop(sandbox);
  return code;
}
