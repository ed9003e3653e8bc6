/* SPDX-License-Identifier: Apache-2.0 */
/* The XML protocols: what a service answers as output and as failure, and JSON as an input. The
 * first byte picks protocol, operation and direction. What was read is walked and written again. */
#include <stdlib.h>
#include <string.h>

#include "aws/protocol/protocol.h"
#include "fuzz/fuzz_model.h"
#include "unit/aws/xml_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARENA_MAX = 16 << 20 };

static const cspan_protocol *const protocols[] = {&cspan_protocol_query, &cspan_protocol_ec2,
                                                  &cspan_protocol_rest_xml};

static const cspan_service_model *service(void) {
  static const char json[] = XML_MODEL("rest-xml");
  return fuzz_model(json, sizeof json - 1);
}

static void write_input(const cspan_protocol *protocol, const cspan_operation_model *operation,
                        const cspan_value *value, cspan_arena *arena) {
  cspan_protocol_input input = {service(), operation, value, "token"};
  cspan_protocol_request request;
  cspan_error *error = NULL;
  if (cspan_protocol_request_init(&request, arena) != CSPAN_OK) {
    return;
  }
  if (protocol->serialize(&input, &request, &error) != CSPAN_OK && !error) {
    abort();
  }
  cspan_error_free(error);
  cspan_protocol_request_free(&request);
}

static void write_json(const cspan_protocol *protocol, const cspan_operation_model *operation,
                       const char *text, size_t size, cspan_arena *arena) {
  cspan_document *document = NULL;
  if (cspan_document_parse_json(text, size, &document, NULL) == CSPAN_OK) {
    write_input(protocol, operation, cspan_document_value(document), arena);
  }
  cspan_document_free(document);
}

static void read_both(const cspan_protocol *protocol, const cspan_operation_model *operation,
                      const char *text, size_t size, cspan_arena *arena) {
  cspan_header_block headers;
  cspan_value output;
  cspan_protocol_failure failure;
  cspan_error *error = NULL;
  cspan_header_block_init(&headers);
  cspan_protocol_response response = {.model = service(),
                                      .operation = operation,
                                      .status = 200,
                                      .headers = &headers,
                                      .body = text,
                                      .body_size = size};
  if (protocol->parse(&response, arena, &output, &error) == CSPAN_OK) {
    write_input(protocol, operation, &output, arena);
  } else if (!error) {
    abort();
  }
  cspan_error_free(error);
  if (protocol->parse_error(&response, arena, &failure, NULL) == CSPAN_OK &&
      failure.fields.kind != CSPAN_VALUE_MAP) {
    abort();
  }
  cspan_header_block_free(&headers);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const cspan_service_model *model = service();
  unsigned pick = size ? data[0] : 0;
  const char *text = size ? (const char *)data + 1 : "";
  size_t len = size ? size - 1 : 0;
  const cspan_protocol *protocol = protocols[pick % 3];
  const cspan_operation_model *operation = &model->operations[pick / 3 % model->operation_count];
  cspan_arena *arena = cspan_arena_create(ARENA_MAX);
  if (pick & 0x80) {
    write_json(protocol, operation, text, len, arena);
  } else {
    read_both(protocol, operation, text, len, arena);
  }
  cspan_arena_free(arena);
  return 0;
}
