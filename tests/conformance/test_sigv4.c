/* SPDX-License-Identifier: Apache-2.0 */
/* The SigV4 vectors of $CLOUDSPAN_CONFORMANCE/sigv4/v4: header and query signing of raw HTTP
 * requests. Every folder there is a case. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "conformance/signing_vectors.h"

static void is_the_signature(vector_run *run, const char *name) {
  expect_file(run->folder, name, run->out.signature);
}

static void run_case(void **state) {
  vector_run run = {.folder = *state};
  skip_without_results(run.folder);
  load_context(run.folder, &run.context);
  check_header_form(&run, is_the_signature, true);
  check_query_form(&run, is_the_signature, true);
  json_decref(run.context.json);
}

int main(void) {
  return run_vectors("v4", run_case);
}
