/* SPDX-License-Identifier: Apache-2.0 */
/* XML of responses: trees, error documents. */
#include <stdlib.h>
#include <string.h>

#include "aws/service_error.h"
#include "aws/xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARENA_MAX = 16 * 1024 * 1024 };

/* Walks all of it, so that a dangling pointer is met; gives the depth. */
static size_t walk(const cspan_xml_node *node, cspan_buf *out) {
  size_t deepest = 0;
  for (; node; node = node->next_sibling) {
    cspan_xml_escape(out, node->text);
    if (node->first_child && node->text[0]) {
      abort();
    }
    size_t depth = 1 + walk(node->first_child, out);
    deepest = depth > deepest ? depth : deepest;
  }
  return deepest;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const char *text = size ? (const char *)data : "";
  cspan_arena *arena = cspan_arena_create(ARENA_MAX);
  cspan_xml_node *root = NULL;
  cspan_service_error error;
  cspan_buf out;
  cspan_buf_init(&out, 1 << 20);
  if (cspan_xml_parse(text, size, arena, &root, NULL) == CSPAN_OK &&
      (!root || walk(root, &out) > CSPAN_XML_MAX_DEPTH)) {
    abort();
  }
  cspan_is_error_document(text, size);
  if (cspan_service_error_parse(text, size, arena, &error) &&
      (!error.code || strlen(error.code) > 1024)) {
    abort();
  }
  cspan_buf_free(&out);
  cspan_arena_free(arena);
  return 0;
}
