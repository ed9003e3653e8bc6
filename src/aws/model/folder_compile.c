/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "aws/model/compile.h"
#include "aws/model/folder.h"
#include "aws/rules/rules.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/sys.h"

#define FILE_MAX ((size_t)64 << 20)
/* The metadata of a model, where its id is, come first in it. */
#define HEAD_SIZE 8192

static cspan_status no_memory(cspan_error **error) {
  return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory");
}

static char next_letter(const char **text) {
  while (**text == ' ' || **text == '-' || **text == '_') {
    (*text)++;
  }
  char c = **text;
  *text += c != '\0';
  return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

bool cspan_service_name_eq(const char *a, const char *b) {
  char x = 0;
  do {
    x = next_letter(&a);
    if (x != next_letter(&b)) {
      return false;
    }
  } while (x != '\0');
  return true;
}

/* At most `max` bytes; gzip is unpacked, anything else is read as it is. */
static cspan_status read_packed(const char *path, size_t max, cspan_buf *out, cspan_error **error) {
  char piece[16384];
  int got = 0;
  char text[128];
  errno = 0;
  gzFile file = gzopen(path, "rbe");
  if (!file) {
    return errno == 0 || errno == ENOMEM
               ? no_memory(error)
               : cspan_error_set(error, CSPAN_ERR_IO, "%s: %s", path,
                                 cspan_errno_text(errno, text, sizeof text));
  }
  while (out->len < max && (got = gzread(file, piece, sizeof piece)) > 0) {
    if (cspan_buf_append(out, piece, (size_t)got) != CSPAN_OK) {
      break;
    }
  }
  int closed = gzclose_r(file);
  if (cspan_buf_status(out) == CSPAN_ERR_NOMEM) {
    return no_memory(error);
  }
  if (cspan_buf_status(out) != CSPAN_OK) {
    return cspan_error_set(error, CSPAN_ERR_LIMIT, "%s: is larger than a model may be", path);
  }
  if (got < 0 || (closed != Z_OK && out->len < max)) {
    return cspan_error_set(error, CSPAN_ERR_INVALID, "%s: cannot be read or unpacked", path);
  }
  return CSPAN_OK;
}

/* Reads NAME or NAME.gz; *found says whether there is one. */
static cspan_status read_json(const char *folder, const char *name, size_t max, cspan_buf *out,
                              bool *found, cspan_error **error) {
  static const char *const endings[] = {"", ".gz"};
  cspan_status status = CSPAN_OK;
  *found = false;
  cspan_buf_init(out, FILE_MAX);
  for (size_t i = 0; i < 2 && status == CSPAN_OK && !*found; i++) {
    char *path = cspan_asprintf("%s/%s%s", folder, name, endings[i]);
    if (!path) {
      return no_memory(error);
    }
    *found = access(path, F_OK) == 0;
    if (*found) {
      status = read_packed(path, max, out, error);
    }
    cspan_free(path);
  }
  return status;
}

enum { SERVICE, SERVICE_EXTRAS, PAGINATORS, PAGINATORS_EXTRAS, WAITERS, RULES, FILE_COUNT };

static const char *const file_names[FILE_COUNT] = {
    [SERVICE] = "service-2.json",       [SERVICE_EXTRAS] = "service-2.sdk-extras.json",
    [PAGINATORS] = "paginators-1.json", [PAGINATORS_EXTRAS] = "paginators-1.sdk-extras.json",
    [WAITERS] = "waiters-2.json",       [RULES] = "endpoint-rule-set-1.json",
};

/* An empty file is not the same as none. */
static cspan_str text_of(const cspan_buf *buf, bool found) {
  return found ? (cspan_str){cspan_buf_text(buf), buf->len} : (cspan_str){NULL, 0};
}

static cspan_status compile_files(const char *folder, const cspan_model_source *about,
                                  cspan_buf *section, cspan_error **error) {
  cspan_buf texts[FILE_COUNT] = {0};
  bool found[FILE_COUNT] = {false};
  cspan_status status = CSPAN_OK;
  for (int i = 0; i < FILE_COUNT && status == CSPAN_OK; i++) {
    status = read_json(folder, file_names[i], FILE_MAX, &texts[i], &found[i], error);
  }
  if (status == CSPAN_OK && !found[SERVICE]) {
    status = cspan_error_set(error, CSPAN_ERR_IO, "%s: has no service-2.json", folder);
  }
  if (status == CSPAN_OK) {
    cspan_model_source source = *about;
    source.service = text_of(&texts[SERVICE], found[SERVICE]);
    source.service_extras = text_of(&texts[SERVICE_EXTRAS], found[SERVICE_EXTRAS]);
    source.paginators = text_of(&texts[PAGINATORS], found[PAGINATORS]);
    source.paginators_extras = text_of(&texts[PAGINATORS_EXTRAS], found[PAGINATORS_EXTRAS]);
    source.waiters = text_of(&texts[WAITERS], found[WAITERS]);
    source.rules = text_of(&texts[RULES], found[RULES]);
    status = cspan_model_compile(&source, section, error);
  }
  for (int i = 0; i < FILE_COUNT; i++) {
    cspan_buf_free(&texts[i]);
  }
  return status;
}

cspan_status cspan_folder_compile(const char *folder, const char *service, const char *version,
                                  bool without_documentation, cspan_buf *section,
                                  cspan_error **error) {
  cspan_model_source about = {.key = service, .without_documentation = without_documentation};
  char *path = cspan_asprintf("%s/%s/%s", folder, service, version);
  if (!path) {
    return no_memory(error);
  }
  cspan_error *fault = NULL;
  cspan_status status = compile_files(path, &about, section, &fault);
  if (status != CSPAN_OK) {
    if (status == CSPAN_ERR_INVALID) {
      cspan_error_prefix(fault, "%s", path);
    }
    (void)cspan_error_move(error, fault);
  }
  cspan_free(path);
  return status;
}

cspan_status cspan_folder_partitions(const char *folder, cspan_buf *out, bool *found,
                                     cspan_error **error) {
  cspan_buf text;
  cspan_status status = read_json(folder, "partitions.json", FILE_MAX, &text, found, error);
  if (status == CSPAN_OK && *found) {
    cspan_error *fault = NULL;
    status = cspan_partitions_compile(text_of(&text, true), out, &fault);
    if (status != CSPAN_OK) {
      cspan_error_prefix(fault, "%s/partitions.json", folder);
      (void)cspan_error_move(error, fault);
    }
  }
  cspan_buf_free(&text);
  return status;
}

/* The value of "serviceId", without a parser: 80 MB of JSON would have to be parsed to look for
 * one id, and ids hold nothing that JSON escapes. */
static bool head_has_id(const char *head, const char *id) {
  const char *at = strstr(head, "\"serviceId\"");
  char found[128];
  if (!at) {
    return false;
  }
  at += strlen("\"serviceId\"");
  at += strspn(at, " \t\r\n:");
  size_t len = at[0] == '"' ? strcspn(at + 1, "\"") : 0;
  if (len == 0 || len >= sizeof found) {
    return false;
  }
  memcpy(found, at + 1, len);
  found[len] = '\0';
  return cspan_service_name_eq(found, id);
}

static cspan_status newest_has_id(const char *folder, const char *service, const char *version,
                                  const char *id, bool *has, cspan_error **error) {
  cspan_buf head = {0};
  bool found = false;
  char *path = cspan_asprintf("%s/%s/%s", folder, service, version);
  if (!path) {
    return no_memory(error);
  }
  cspan_status status = read_json(path, file_names[SERVICE], HEAD_SIZE, &head, &found, NULL);
  *has = status == CSPAN_OK && head_has_id(cspan_buf_text(&head), id);
  cspan_buf_free(&head);
  cspan_free(path);
  return status == CSPAN_ERR_NOMEM ? no_memory(error) : CSPAN_OK;
}

cspan_status cspan_folder_has_id(const char *folder, const char *service, const char *id, bool *has,
                                 cspan_error **error) {
  cspan_name_list versions;
  *has = false;
  cspan_status status = cspan_folder_versions(folder, service, &versions, error);
  if (status == CSPAN_OK && versions.count) {
    const char *newest = versions.names[versions.count - 1];
    status = newest_has_id(folder, service, newest, id, has, error);
  }
  cspan_name_list_free(&versions);
  return status;
}
