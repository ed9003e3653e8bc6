/* SPDX-License-Identifier: Apache-2.0 */
/* Request bodies: the caller's bytes, their checksum, and XML documents. */
#include <string.h>

#include "base/error.h"
#include "services/s3/operation.h"

cspan_status cspan_s3_write_checksum(struct cspan_call *call, const char *algorithm,
                                     cspan_error **error) {
  static const char *const known[] = {"CRC32", "CRC32C", "CRC64NVME", "SHA256", "SHA1"};
  bool ok = !algorithm;
  for (size_t i = 0; i < CSPAN_S3_COUNT(known) && !ok; i++) {
    ok = strcmp(algorithm, known[i]) == 0;
  }
  if (!ok) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "%s: ChecksumAlgorithm is \"%.40s\"; use CRC32, CRC32C, CRC64NVME or "
                           "SHA256",
                           cspan_call_operation(call), algorithm);
  }
  if (cspan_call_set_checksum(call, algorithm, NULL) != CSPAN_OK) {
    return cspan_error_move(error, cspan_error_nomem());
  }
  return CSPAN_OK;
}

void cspan_s3_xml_open(cspan_buf *buf, const char *root) {
  cspan_buf_init(buf, CSPAN_S3_MAX_XML);
  cspan_buf_str(buf, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<");
  cspan_buf_str(buf, root);
  cspan_buf_str(buf, " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
}

cspan_status cspan_s3_take_xml(struct cspan_call *call, cspan_buf *buf, cspan_error **error) {
  cspan_status status = cspan_buf_status(buf);
  if (status == CSPAN_ERR_LIMIT) {
    status = cspan_error_set(error, status, "%s: the request's document would be over %d bytes",
                             cspan_call_operation(call), (int)CSPAN_S3_MAX_XML);
  } else if (status != CSPAN_OK ||
             cspan_call_set_request_header(call, "Content-Type", "application/xml") != CSPAN_OK ||
             cspan_call_take_body(call, buf) != CSPAN_OK) {
    status = cspan_error_move(error, cspan_error_nomem());
  }
  cspan_buf_free(buf);
  return status;
}
