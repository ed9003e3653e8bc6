/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/published.h"

#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "telemetry/text_wire.h"

/* Fields of Resource, KeyValue and AnyValue. */
enum { ATTRIBUTE = 0x0A, KEY = 0x0A, VALUE = 0x12, INT_VALUE = 0x18 };
/* An attribute of one integer: three tags and lengths, the key, the number. */
enum { ENTRY_MAX = 8 + CSPAN_RENUMBERED_KEY_MAX + WIRE_VARINT_MAX };
enum { PROCESS_IDS = 2, SCHEMA_URL_MAX = 4096 };

static size_t write_entry(uint8_t out[ENTRY_MAX], const char *key, int64_t value) {
  size_t key_len = strlen(key);
  size_t value_size = 1 + wire_varint_size((uint64_t)value);
  uint8_t *p = out;
  *p++ = ATTRIBUTE;
  p = wire_varint(p, wire_bytes_size(key_len) + wire_bytes_size(value_size));
  p = wire_bytes(p, KEY, key, key_len);
  *p++ = VALUE;
  p = wire_varint(p, value_size);
  *p++ = INT_VALUE;
  return (size_t)(wire_varint(p, (uint64_t)value) - out);
}

/* The size of the attribute at `at`, tag and length included; 0 where there is none. */
static size_t entry_size(const uint8_t *at, size_t left) {
  size_t size = 0;
  size_t used = 1;
  for (unsigned shift = 0; left > 0 && at[0] == ATTRIBUTE && used < left && shift < 28;
       shift += 7) {
    uint8_t byte = at[used++];
    size |= (size_t)(byte & 0x7F) << shift;
    if ((byte & 0x80) == 0) {
      return size <= left - used ? used + size : 0;
    }
  }
  return 0;
}

/* The change that is meant for an attribute, or NULL. */
static const cspan_renumbered *find_change(const uint8_t *entry, size_t size,
                                           const cspan_renumbered *changes, size_t count) {
  for (size_t i = 0; i < count; i++) {
    uint8_t before[ENTRY_MAX];
    if (write_entry(before, changes[i].key, changes[i].before) == size &&
        memcmp(before, entry, size) == 0) {
      return &changes[i];
    }
  }
  return NULL;
}

size_t cspan_resource_renumber(const uint8_t *bytes, size_t size_bytes,
                               const cspan_renumbered *changes, size_t count, uint8_t *out) {
  size_t at = 0;
  size_t len = 0;
  size_t size;
  while ((size = entry_size(bytes + at, size_bytes - at)) > 0) {
    const cspan_renumbered *change = find_change(bytes + at, size, changes, count);
    if (change != NULL) {
      len += write_entry(out + len, change->key, change->after);
    } else {
      memcpy(out + len, bytes + at, size);
      len += size;
    }
    at += size;
  }
  if (at < size_bytes) {
    memcpy(out + len, bytes + at, size_bytes - at); /* fields that are no attributes */
  }
  return len + size_bytes - at;
}

/* As valid UTF-8, which a request must be. */
static char *copy_schema_url(const char *text) {
  size_t len = text != NULL ? cspan_text_cut(text, strlen(text), SCHEMA_URL_MAX) : 0;
  size_t size = len > 0 ? text_wire_size(text, len) : 0;
  char *copy = cspan_malloc(size + 1);
  if (copy != NULL) {
    if (size > 0) {
      text_wire((uint8_t *)copy, text, len, size);
    }
    copy[size] = '\0';
  }
  return copy;
}

cspan_published *cspan_published_create(uint8_t *bytes, size_t size_bytes, const char *schema_url,
                                        bool is_final) {
  cspan_published *published = cspan_calloc(1, sizeof *published);
  if (published == NULL) {
    cspan_free(bytes);
    return NULL;
  }
  published->bytes = bytes;
  published->schema_url = copy_schema_url(schema_url);
  published->spare = cspan_malloc(size_bytes + PROCESS_IDS * WIRE_VARINT_MAX);
  if (published->schema_url == NULL || published->spare == NULL) {
    cspan_published_free(published);
    return NULL;
  }
  published->resource = (cspan_encoded_resource){.size = sizeof published->resource,
                                                 .bytes = bytes,
                                                 .size_bytes = size_bytes,
                                                 .schema_url = published->schema_url,
                                                 .is_final = is_final};
  published->pid = getpid();
  published->parent_pid = getppid();
  return published;
}

void cspan_published_free(cspan_published *published) {
  while (published != NULL) {
    cspan_published *older = published->older;
    cspan_free(published->bytes);
    cspan_free(published->schema_url);
    cspan_free(published->spare);
    cspan_free(published);
    published = older;
  }
}

/* Nobody reads the spare one: it is only ever in use in a child, whose threads this
 * grandchild does not have. */
cspan_encoded_resource cspan_published_in_child(cspan_published *published) {
  const cspan_renumbered ids[PROCESS_IDS] = {
      {"process.pid", published->pid, getpid()},
      {"process.parent_pid", published->parent_pid, getppid()}};
  cspan_encoded_resource resource = published->resource;
  resource.size_bytes = cspan_resource_renumber(resource.bytes, resource.size_bytes, ids,
                                                PROCESS_IDS, published->spare);
  resource.bytes = published->spare;
  resource.is_final = true;
  return resource;
}
