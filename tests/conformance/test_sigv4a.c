/* SPDX-License-Identifier: Apache-2.0 */
/* The SigV4a vectors of $CLOUDSPAN_CONFORMANCE/sigv4/v4a: the key pair that follows from the
 * credentials, and header and query signing. A signature of ECDSA is another one each time: ours
 * is verified by the vector's public key, and the vector's, over our text, by ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "conformance/signing_vectors.h"
#include "support/ecdsa_check.h"

static void read_point(const char *folder, uint8_t out[CSPAN_SIGV4A_POINT_LEN]) {
  char *text = read_file(folder, "public-key.json");
  json_t *json = json_loads(text, 0, NULL);
  const char *x = json_string_value(json_object_get(json, "X"));
  const char *y = json_string_value(json_object_get(json, "Y"));
  out[0] = 4; /* not compressed */
  assert_true(cspan_hex_decode(x, 64, out + 1));
  assert_true(cspan_hex_decode(y, 64, out + 33));
  json_decref(json);
  free(text);
}

static void verifies(vector_run *run, const char *name) {
  uint8_t theirs[CSPAN_SIGV4A_POINT_LEN];
  uint8_t ours[CSPAN_SIGV4A_POINT_LEN];
  read_point(run->folder, theirs);
  cspan_sigv4a_public_key(run->context.scope.ecdsa_key, ours);
  assert_memory_equal(ours, theirs, sizeof ours);
  const cspan_buf *text = &run->out.string_to_sign;
  verify(theirs, run->out.signature, text->data, text->len);
  char *signature = read_file(run->folder, name);
  signature[strcspn(signature, "\r\n")] = '\0';
  verify(ours, signature, text->data, text->len);
  free(signature);
}

static void run_case(void **state) {
  vector_run run = {.folder = *state};
  cspan_sigv4a_key *key = NULL;
  skip_without_results(run.folder);
  load_context(run.folder, &run.context);
  cspan_sigv4_scope *scope = &run.context.scope;
  assert_int_equal(cspan_sigv4a_key_new(scope->access_key_id, run.context.secret, &key, NULL),
                   CSPAN_OK);
  scope->ecdsa_key = key;
  scope->region_set = scope->region;
  check_header_form(&run, verifies, false);
  check_query_form(&run, verifies, false);
  cspan_sigv4a_key_free(key);
  json_decref(run.context.json);
}

int main(void) {
  return run_vectors("v4a", run_case);
}
