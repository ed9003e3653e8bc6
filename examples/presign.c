/* SPDX-License-Identifier: Apache-2.0 */
/* A URL with which anyone can read an object for five minutes. */
#include "common.h"

int main(int argc, char **argv) {
  example e;
  if (!example_open(&e, "presign", argc, argv))
    return example_close(&e);
  cspan_s3_get_object_input get = {.bucket = e.bucket, .key = "hello.txt"};
  char *url = NULL;
  if (cspan_s3_presign_get_object(e.s3, NULL, &get, 300, &url, &e.error) == CSPAN_OK)
    puts(url);
  cspan_free(url);
  return example_close(&e);
}
