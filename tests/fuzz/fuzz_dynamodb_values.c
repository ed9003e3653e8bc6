/* SPDX-License-Identifier: Apache-2.0 */
/* Attribute values of DynamoDB, as JSON: what is understood is the same after every further round. */
#include <stdlib.h>
#include <string.h>

#include <cloudspan/dynamodb.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 64 * 1024 };

static char *text_of(const cspan_document *document) {
  char *text = NULL;
  size_t size = 0;
  if (cspan_value_to_json(cspan_document_value(document), CSPAN_JSON_COMPACT, &text, &size, NULL) !=
      CSPAN_OK) {
    abort();
  }
  return text;
}

/* An attribute value to a plain one and back; NULL where it is not understood. */
static cspan_document *round_trip(const cspan_document *attribute) {
  cspan_document *plain = NULL;
  cspan_document *again = NULL;
  cspan_error *error = NULL;
  cspan_status status = cspan_dynamodb_unmarshal(cspan_document_value(attribute), &plain, &error);
  if ((status == CSPAN_OK) != (plain != NULL) || cspan_error_status(error) != status) {
    abort();
  }
  cspan_error_free(error);
  /* Only a set without items is read, but not written. */
  if (status == CSPAN_OK) {
    cspan_dynamodb_marshal(cspan_document_value(plain), &again, NULL);
  }
  cspan_document_free(plain);
  return again;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  cspan_document *attribute = NULL;
  if (size > INPUT_MAX ||
      cspan_document_parse_json((const char *)data, size, &attribute, NULL) != CSPAN_OK) {
    return 0;
  }
  cspan_document *first = round_trip(attribute);
  if (first != NULL) {
    cspan_document *second = round_trip(first);
    char *a = text_of(first);
    char *b = text_of(second);
    if (second == NULL || strcmp(a, b) != 0) {
      abort();
    }
    cspan_free(a);
    cspan_free(b);
    cspan_document_free(second);
  }
  cspan_document_free(first);
  /* And as a plain value, whatever it is. */
  first = NULL;
  cspan_dynamodb_marshal(cspan_document_value(attribute), &first, NULL);
  cspan_document_free(first);
  cspan_document_free(attribute);
  return 0;
}
