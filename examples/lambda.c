/* SPDX-License-Identifier: Apache-2.0 */
/* Calls a function and prints what it gives, or why it failed: lambda FUNCTION. */
#include <cloudspan/cloudspan.h>
#include <stdio.h>

int main(int argc, char **argv) {
  cspan_aws_config *config = NULL;
  cspan_client *client = NULL;
  cspan_error *error = NULL;
  cspan_status status = cspan_aws_config_load(NULL, &config, &error);
  if (status == CSPAN_OK)
    status = cspan_client_create(config, "lambda", NULL, &client, &error);
  if (status == CSPAN_OK) {
    cspan_value payload = CSPAN_MAP(cspan_field("name", cspan_string("you")));
    cspan_lambda_invoke_input input = {
        .function = argc > 1 ? argv[1] : "greet", .payload_value = &payload, .want_log_tail = true};
    cspan_lambda_result result;
    status = cspan_lambda_invoke(client, &input, &result, &error);
    if (status == CSPAN_OK)
      puts(result.payload ? result.payload : "");
    else if (result.log_tail)
      fputs(result.log_tail, stderr);
    cspan_lambda_result_clear(&result);
  }
  if (status != CSPAN_OK)
    fprintf(stderr, "%s: %s\n", cspan_error_code(error), cspan_error_message(error));
  cspan_error_free(error);
  cspan_client_free(client);
  cspan_aws_config_free(config);
  return status == CSPAN_OK ? 0 : 1;
}
