/* SPDX-License-Identifier: Apache-2.0 */
/* What an operation puts before the host of its endpoint: "{AccountId}.", "data-". */
#include "aws/protocol/shape.h"
#include "base/error.h"

static bool is_host_text(const char *text, size_t len) {
  for (size_t i = 0; i < len; i++) {
    char c = text[i];
    bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '.';
    if (!ok) {
      return false;
    }
  }
  return len > 0;
}

static cspan_status put_label(const cspan_protocol_input *input, const char *name, size_t name_len,
                              cspan_buf *out, cspan_error **error) {
  size_t len = 0;
  const char *text = cspan_value_text(cspan_value_find(input->value, name, name_len), &len);
  if (text == NULL || !is_host_text(text, len)) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "%.*s: is part of the host name and must consist of letters, digits, "
                           "hyphens and periods",
                           (int)name_len, name);
  }
  cspan_buf_append(out, text, len);
  return CSPAN_OK;
}

cspan_status cspan_protocol_host_prefix(const cspan_protocol_input *input, cspan_buf *out,
                                        cspan_error **error) {
  const char *at = cspan_model_text(input->model, input->operation->host_prefix);
  while (*at != '\0') {
    size_t plain = strcspn(at, "{");
    cspan_buf_append(out, at, plain);
    at += plain;
    const char *close = strchr(at, '}');
    if (*at == '\0' || close == NULL) {
      break;
    }
    cspan_status status = put_label(input, at + 1, (size_t)(close - at - 1), out, error);
    if (status != CSPAN_OK) {
      return status;
    }
    at = close + 1;
  }
  cspan_status status = cspan_buf_status(out);
  return status == CSPAN_OK ? CSPAN_OK
                            : cspan_error_set(error, status, "the host name could not be written");
}
