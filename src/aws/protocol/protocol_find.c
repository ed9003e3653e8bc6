/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/protocol/protocol.h"

const cspan_protocol *cspan_protocol_find(const char *name) {
  static const cspan_protocol *const all[] = {&cspan_protocol_json,     &cspan_protocol_rest_json,
                                              &cspan_protocol_rest_xml, &cspan_protocol_query,
                                              &cspan_protocol_ec2,      &cspan_protocol_cbor};
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
    if (strcmp(all[i]->name, name) == 0) {
      return all[i];
    }
  }
  return NULL;
}
