/* SPDX-License-Identifier: Apache-2.0 */
/* A credentials provider of one's own: here, keys that an application keeps in a vault. */
#include <cloudspan/cloudspan.h>
#include <cloudspan/ext/credentials.h>
#include <stdio.h>
#include <stdlib.h>

static cspan_status from_vault(void *self, const cspan_context *context,
                               cspan_credentials_emit_fn emit, void *sink, cspan_error **error) {
  (void)self, (void)context;
  cspan_credentials keys = {.access_key_id = getenv("VAULT_ID"),
                            .secret_access_key = getenv("VAULT_SECRET")};
  return emit(sink, &keys, error); /* copied; cached by the library until they expire */
}
static const cspan_credentials_vtable vault_vtable = {
    .size = sizeof vault_vtable, .name = "vault", .resolve = from_vault};

int main(void) {
  cspan_error *error = NULL;
  cspan_aws_config *config = NULL;
  cspan_s3 *s3 = NULL;
  cspan_s3_list_buckets_output *list = NULL;
  cspan_aws_options options = {.credentials =
                                   cspan_credentials_provider_create(&vault_vtable, NULL)};
  cspan_s3_list_buckets_input input = {0};
  if (cspan_aws_config_load(&options, &config, &error) == CSPAN_OK &&
      cspan_s3_create(config, &s3, &error) == CSPAN_OK &&
      cspan_s3_list_buckets(s3, NULL, &input, &list, &error) == CSPAN_OK)
    for (size_t i = 0; i < list->bucket_count; i++)
      puts(list->buckets[i].name);
  if (error)
    fprintf(stderr, "%s: %s\n", cspan_error_code(error), cspan_error_message(error));
  int code = error ? 1 : 0;
  cspan_error_free(error);
  cspan_s3_output_free(list);
  cspan_s3_free(s3);
  cspan_aws_config_free(config);
  return code;
}
