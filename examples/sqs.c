/* SPDX-License-Identifier: Apache-2.0 */
/* Handles the messages of a queue until it is interrupted: sqs QUEUE_URL. */
#include <cloudspan/cloudspan.h>
#include <signal.h>
#include <stdio.h>

static cspan_cancel *cancel;

static void on_signal(int number) {
  (void)number;
  cspan_cancel_trigger(cancel);
}

static cspan_status on_message(void *user, const cspan_context *context,
                               const cspan_sqs_received *message) {
  (void)user;
  (void)context;
  puts(message->body);
  return CSPAN_OK; /* and so it gets deleted */
}

int main(int argc, char **argv) {
  cspan_aws_config *config = NULL;
  cspan_client *client = NULL;
  cspan_error *error = NULL;
  cancel = cspan_cancel_create();
  signal(SIGINT, on_signal);
  cspan_status status = cspan_aws_config_load(NULL, &config, &error);
  if (status == CSPAN_OK)
    status = cspan_client_create(config, "sqs", NULL, &client, &error);
  if (status == CSPAN_OK) {
    cspan_context context = {.cancel = cancel};
    cspan_sqs_receive_input input = {
        .queue_url = argc > 1 ? argv[1] : NULL, .handler = on_message, .context = &context};
    cspan_sqs_receive_result result;
    status = cspan_sqs_receive(client, &input, &result, &error);
    printf("%lld messages were handled\n", (long long)result.handled_count);
  }
  if (status != CSPAN_OK)
    fprintf(stderr, "%s: %s\n", cspan_error_code(error), cspan_error_message(error));
  cspan_error_free(error);
  cspan_client_free(client);
  cspan_aws_config_free(config);
  cspan_cancel_free(cancel);
  return status == CSPAN_OK ? 0 : 1;
}
