/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/console_text.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "base/sys.h"
#include "telemetry/attrs.h"
#include "telemetry/exporter_write.h"
#include "telemetry/json_text.h"

void cspan_console_name(cspan_buf *out, const char *name) {
  bool plain = name[0] != '\0';
  for (const char *c = name; *c; c++)
    plain = plain && (unsigned char)*c >= 0x20 && *c != 0x7f;
  if (plain)
    cspan_buf_str(out, name);
  else
    cspan_json_string(out, name, strlen(name));
}

static void put_value(cspan_buf *out, const cspan_attr *attribute) {
  switch (attribute->type) {
  case CSPAN_ATTR_STRING:
    cspan_json_string(out, attribute->value.string, attribute->count);
    return;
  case CSPAN_ATTR_BOOL:
    cspan_buf_str(out, attribute->value.boolean ? "true" : "false");
    return;
  case CSPAN_ATTR_INT64:
    cspan_buf_printf(out, "%" PRId64, attribute->value.int64);
    return;
  case CSPAN_ATTR_DOUBLE:
    cspan_json_double(out, attribute->value.number);
    return;
  default:
    break;
  }
  cspan_buf_char(out, '[');
  for (size_t i = 0; i < attribute->count; i++) {
    cspan_buf_str(out, i ? "," : "");
    const cspan_attr element = cspan_attr_element(attribute, i);
    put_value(out, &element);
  }
  cspan_buf_char(out, ']');
}

void cspan_console_attributes(cspan_buf *out, const cspan_attr *attributes, size_t count) {
  for (size_t i = 0; i < count; i++) {
    cspan_buf_char(out, ' ');
    cspan_console_name(out, attributes[i].key);
    cspan_buf_char(out, '=');
    put_value(out, &attributes[i]);
  }
}

cspan_status cspan_console_write(int fd, const cspan_buf *text, const char *what,
                                 cspan_error **error) {
  char reason[128];
  size_t written;
  cspan_status status = cspan_buf_status(text);
  if (status != CSPAN_OK)
    return cspan_error_set(error, status, "cannot print %s: %s", what,
                           status == CSPAN_ERR_NOMEM ? "out of memory" : "they are too large");
  if (cspan_write_all(fd, cspan_buf_text(text), text->len, &written))
    return CSPAN_OK;
  int code = errno;
  return cspan_error_set(error, CSPAN_ERR_IO, "cannot print %s to descriptor %d: %s", what, fd,
                         cspan_errno_text(code, reason, sizeof reason));
}
