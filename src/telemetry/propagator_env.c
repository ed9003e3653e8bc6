/* SPDX-License-Identifier: Apache-2.0 */
/* Environment variables as carriers. The environment of a process is never written: another thread
 * may read it. A child gets a copy. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cloudspan/telemetry.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"

/* All that is injected together. */
enum { NAME_MAX_BYTES = 256, INJECTED_MAX = 65536 };

/* Upper case, '_' for all but letters and digits, and before a digit. Empty when it is too long. */
static void variable_name(const char *key, char out[NAME_MAX_BYTES]) {
  size_t len = 0;
  if (key[0] >= '0' && key[0] <= '9')
    out[len++] = '_';
  for (; *key && len < NAME_MAX_BYTES; key++) {
    char c = *key;
    if (c >= 'a' && c <= 'z')
      c = (char)(c - 'a' + 'A');
    else if (!(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9'))
      c = '_';
    out[len++] = c;
  }
  out[len < NAME_MAX_BYTES ? len : 0] = '\0';
}

/* The value of an entry "NAME=value" of that name; NULL when it is another. */
static const char *value_in(const char *entry, const char *name) {
  size_t len = strlen(name);
  return len && strncmp(entry, name, len) == 0 && entry[len] == '=' ? entry + len + 1 : NULL;
}

/* ----------------------------------------------------------------- extraction */

typedef struct env_carrier {
  char *const *entries;
} env_carrier;

static const char *env_get(void *carrier, const char *key) {
  const env_carrier *env = carrier;
  char name[NAME_MAX_BYTES];
  variable_name(key, name);
  for (char *const *entry = env->entries; entry && *entry; entry++) {
    const char *value = value_in(*entry, name);
    if (value)
      return value;
  }
  return NULL;
}

void cspan_propagator_extract_env(const cspan_propagator *propagator, const cspan_context *parent,
                                  char *const *environment, cspan_extracted *out) {
  static const cspan_carrier_getter getter = {.size = sizeof getter, .get = env_get};
  env_carrier env = {.entries = environment ? environment : environ};
  cspan_propagator_extract(propagator, parent, &getter, &env, out);
}

/* ------------------------------------------------------------------ injection */

/* "NAME=value" with its NUL, one behind the other. */
static void env_set(void *carrier, const char *key, const char *value) {
  cspan_buf *entries = carrier;
  char name[NAME_MAX_BYTES];
  variable_name(key, name);
  if (!name[0])
    return;
  cspan_buf_printf(entries, "%s=%s", name, value);
  cspan_buf_char(entries, '\0');
}

/* The entry is one that the propagator, or what it injected, stands for: not to be copied. */
static bool is_replaced(const char *entry, const cspan_propagator *propagator,
                        const cspan_buf *injected) {
  char name[NAME_MAX_BYTES];
  for (const char *const *field = cspan_propagator_fields(propagator); *field; field++) {
    variable_name(*field, name);
    if (value_in(entry, name))
      return true;
  }
  for (size_t at = 0; at < injected->len; at += strlen(injected->data + at) + 1) {
    size_t name_len = strcspn(injected->data + at, "=") + 1;
    if (strncmp(entry, injected->data + at, name_len) == 0)
      return true;
  }
  return false;
}

/* Pointers first, then the text. With `block` NULL only the size is taken. */
typedef struct env_copy {
  char **block;
  size_t count;
  char *text;
  size_t text_size;
} env_copy;

static void copy_entry(env_copy *copy, const char *entry) {
  size_t size = strlen(entry) + 1;
  if (copy->block) {
    copy->block[copy->count] = copy->text;
    memcpy(copy->text, entry, size);
    copy->text += size;
  }
  copy->count++;
  copy->text_size += size;
}

static void copy_all(env_copy *copy, char *const *environment, const cspan_propagator *propagator,
                     const cspan_buf *injected) {
  for (char *const *entry = environment; entry && *entry; entry++)
    if (!is_replaced(*entry, propagator, injected))
      copy_entry(copy, *entry);
  for (size_t at = 0; at < injected->len; at += strlen(injected->data + at) + 1)
    copy_entry(copy, injected->data + at);
}

cspan_status cspan_propagator_inject_env(const cspan_propagator *propagator,
                                         const cspan_context *context, char *const *environment,
                                         char ***out, cspan_error **error) {
  cspan_buf injected;
  cspan_buf_init(&injected, INJECTED_MAX);
  *out = NULL;
  environment = environment ? environment : environ;
  cspan_propagator_inject(propagator, context, env_set, &injected);
  cspan_status status = cspan_buf_status(&injected);
  if (status != CSPAN_OK) {
    cspan_error_set(error, status, "what is propagated does not fit into an environment (%d bytes)",
                    INJECTED_MAX);
    goto out;
  }
  env_copy size = {.block = NULL};
  copy_all(&size, environment, propagator, &injected);
  size_t pointers = (size.count + 1) * sizeof(char *);
  env_copy copy = {.block = cspan_malloc(pointers + size.text_size)};
  if (!copy.block) {
    status = cspan_error_set(error, CSPAN_ERR_NOMEM, "no memory for an environment");
    goto out;
  }
  copy.text = (char *)copy.block + pointers;
  copy_all(&copy, environment, propagator, &injected);
  copy.block[copy.count] = NULL;
  *out = copy.block;
out:
  cspan_buf_free(&injected);
  return status;
}
