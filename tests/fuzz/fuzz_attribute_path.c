/* SPDX-License-Identifier: Apache-2.0 */
/* Paths of attribute rules, which users write: whatever they are, an error says what is wrong, or
 * the path can be followed in a document. */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/error.h"
#include "instrument/path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool count(void *user, const cspan_value *value) {
  if (cspan_value_is_null(value)) {
    abort();
  }
  return ++*(size_t *)user < 100;
}

static void follow(const cspan_path *path) {
  cspan_value inner = CSPAN_MAP(cspan_field("A", cspan_int(1)), cspan_field("B", cspan_null()));
  cspan_value list = CSPAN_LIST(inner, cspan_string("x"), CSPAN_LIST(inner, inner));
  cspan_value root = CSPAN_MAP(cspan_field("A", list), cspan_field("B", inner),
                               cspan_field("C", CSPAN_MAP(cspan_field("A", list))));
  size_t found = 0;
  cspan_path_visit(path, &root, count, &found);
  if ((cspan_path_first(path, &root) != NULL) != (found != 0) ||
      (found > 1 && !cspan_path_has_each(path))) {
    abort();
  }
  const char *member = cspan_path_member(path);
  if (member != NULL && !cspan_value_is_null(cspan_value_get(&root, member)) != (found == 1)) {
    abort();
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *text = cspan_malloc(size + 1);
  cspan_path *path = NULL;
  cspan_error *error = NULL;
  if (text == NULL) {
    return 0;
  }
  if (size != 0) {
    memcpy(text, data, size);
  }
  text[size] = '\0';
  cspan_status status = cspan_path_parse(text, &path, &error);
  if ((status == CSPAN_OK) != (path != NULL) || (status == CSPAN_OK) != (error == NULL)) {
    abort();
  }
  if (path != NULL) {
    follow(path);
  }
  cspan_path_free(path);
  cspan_error_free(error);
  cspan_free(text);
  return 0;
}
