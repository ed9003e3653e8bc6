/* SPDX-License-Identifier: Apache-2.0 */
/* Sixteen calls in flight on one thread, no thread per request. */
#include "common.h"

#define CALLS 16

static void done(void *user, cspan_status status, const cspan_error *error) {
  int *failed = user;
  if (status) {
    fprintf(stderr, "%s\n", cspan_error_message(error));
    ++*failed;
  }
}

int main(int argc, char **argv) {
  example e;
  int failed = 0;
  cspan_loop *loop = cspan_loop_create();
  if (!example_open(&e, "many-in-flight", argc, argv) || !loop)
    goto out;
  char keys[CALLS][16];
  cspan_s3_put_object_input puts[CALLS];
  cspan_call_options options = {.loop = loop, .done = done, .user = &failed};
  for (int i = 0; i < CALLS; i++) {
    snprintf(keys[i], sizeof keys[i], "in-flight/%d", i);
    puts[i] = (cspan_s3_put_object_input){.bucket = e.bucket,
                                          .key = keys[i],
                                          .body = {.data = keys[i], .size_bytes = 10},
                                          .options = &options};
    if (cspan_s3_put_object(e.s3, NULL, &puts[i], NULL, &e.error))
      break; /* it did not start; the others still run to their end */
  }
  cspan_loop_run(loop);
  printf("%d calls, %d failed\n", CALLS, failed);
out:
  cspan_loop_free(loop);
  return example_close(&e) || failed;
}
