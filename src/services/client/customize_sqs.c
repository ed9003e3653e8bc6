/* SPDX-License-Identifier: Apache-2.0 */
/* SQS tells the MD5 of what it took and of what it gives. Where that is not the MD5 of what was
 * sent or received, the call fails, and is not made again: a message would be there twice, or gone.
 */
#include <string.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"
#include "services/client/customize.h"

static bool matches(const cspan_value *body, const cspan_value *told) {
  uint8_t md5[CSPAN_MD5_LEN];
  char hex[2 * CSPAN_MD5_LEN + 1];
  size_t len = 0;
  const void *bytes = cspan_value_bytes(body, &len);
  size_t told_len = 0;
  const char *told_text = cspan_value_text(told, &told_len);
  if (bytes == NULL || told_text == NULL) {
    return true; /* nothing to compare */
  }
  cspan_md5(bytes, len, md5);
  cspan_hex_encode(md5, sizeof md5, hex);
  return told_len == sizeof hex - 1 && cspan_ieq(told_text, hex);
}

static cspan_status damaged(cspan_custom *c, cspan_error **error, const char *what,
                            const cspan_value *id) {
  const char *text = cspan_value_text(id, NULL);
  if (c->call != NULL) {
    cspan_call_forbid_retry(c->call);
  }
  return cspan_error_set(error, CSPAN_ERR_CHECKSUM,
                         "the message %.80s %s: its MD5 is not that of its body",
                         text != NULL ? text : "", what);
}

cspan_status cspan_custom_sent_md5(cspan_custom *c, const char *detail, cspan_error **error) {
  const cspan_value *sent = c->invocation->request.input;
  (void)detail;
  if (matches(cspan_value_get(sent, "MessageBody"),
              cspan_value_get(&c->value, "MD5OfMessageBody"))) {
    return CSPAN_OK;
  }
  return damaged(c, error, "was damaged on its way to SQS",
                 cspan_value_get(&c->value, "MessageId"));
}

static const cspan_value *entry_of(const cspan_value *entries, const cspan_value *id) {
  for (size_t i = 0; i < cspan_value_count(entries); i++) {
    const cspan_value *entry = cspan_value_at(entries, i);
    if (cspan_value_equals(cspan_value_get(entry, "Id"), id)) {
      return entry;
    }
  }
  return NULL;
}

cspan_status cspan_custom_batch_md5(cspan_custom *c, const char *detail, cspan_error **error) {
  const cspan_value *entries = cspan_value_get(c->invocation->request.input, "Entries");
  const cspan_value *taken = cspan_value_get(&c->value, "Successful");
  (void)detail;
  for (size_t i = 0; i < cspan_value_count(taken); i++) {
    const cspan_value *result = cspan_value_at(taken, i);
    const cspan_value *id = cspan_value_get(result, "Id");
    const cspan_value *entry = entry_of(entries, id);
    if (!matches(cspan_value_get(entry, "MessageBody"),
                 cspan_value_get(result, "MD5OfMessageBody"))) {
      return damaged(c, error, "was damaged on its way to SQS", id);
    }
  }
  return CSPAN_OK;
}

cspan_status cspan_custom_received_md5(cspan_custom *c, const char *detail, cspan_error **error) {
  const cspan_value *messages = cspan_value_get(&c->value, "Messages");
  (void)detail;
  for (size_t i = 0; i < cspan_value_count(messages); i++) {
    const cspan_value *message = cspan_value_at(messages, i);
    if (!matches(cspan_value_get(message, "Body"), cspan_value_get(message, "MD5OfBody"))) {
      return damaged(c, error, "was damaged on its way from SQS",
                     cspan_value_get(message, "MessageId"));
    }
  }
  return CSPAN_OK;
}
