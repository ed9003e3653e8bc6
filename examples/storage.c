/* SPDX-License-Identifier: Apache-2.0 */
/* The storage layer: upload, download with progress, multipart upload, batch delete. */
#include "common.h"

#include <stdlib.h>
#include <string.h>

#define BIG (12 * 1024 * 1024)

static bool progress(void *user, int64_t moved, int64_t total) {
  (void)user;
  printf("%lld of %lld bytes\n", (long long)moved, (long long)total);
  return true; /* false cancels */
}

static void run(example *e, cspan_storage *storage, const char *big) {
  cspan_upload_input small = {
      .bucket = e->bucket, .key = "small.txt", .source = {.data = "hello", .size_bytes = 5}};
  cspan_upload_result uploaded;
  if (cspan_storage_upload(storage, NULL, &small, &uploaded, &e->error))
    return;

  cspan_download_input get = {.bucket = e->bucket, .key = "small.txt", .progress = progress};
  cspan_download_result got = {0};
  if (cspan_storage_download(storage, NULL, &get, &got, &e->error))
    return;
  printf("%s: %.*s\n", got.etag, (int)got.size_bytes, (const char *)got.data);
  cspan_free(got.data);

  cspan_upload_input large = {
      .bucket = e->bucket, .key = "large.bin", .source = {.data = big, .size_bytes = BIG}};
  if (cspan_storage_multipart_upload(storage, NULL, &large, &uploaded, &e->error))
    return;
  printf("%d parts\n", uploaded.part_count);

  const char *keys[] = {"small.txt", "large.bin"};
  cspan_batch_delete_input batch = {.bucket = e->bucket, .keys = keys, .key_count = 2};
  cspan_batch_delete_result result = {0};
  cspan_storage_batch_delete(storage, NULL, &batch, &result, &e->error);
  printf("%zu deleted, %zu failed\n", result.success_count, result.error_count);
  cspan_batch_delete_result_clear(&result);
}

int main(int argc, char **argv) {
  example e;
  cspan_storage *storage = NULL;
  char *big = malloc(BIG);
  if (big && example_open(&e, "storage", argc, argv) &&
      cspan_storage_create(e.s3, NULL, &storage, &e.error) == CSPAN_OK) {
    memset(big, 'x', BIG);
    run(&e, storage, big);
  }
  free(big);
  cspan_storage_free(storage);
  return example_close(&e);
}
