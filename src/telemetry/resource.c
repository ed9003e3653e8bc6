/* SPDX-License-Identifier: Apache-2.0 */
/* Who reports the spans: the OTLP Resource message of a provider. */
#include <stdio.h>
#include <sys/utsname.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <gnu/libc-version.h>
#endif

#include "base/alloc.h"
#include "base/error.h"
#include "base/log.h"
#include "base/sys.h"
#include "base/text.h"
#include "telemetry/core.h"

enum { RESOURCE_ATTRIBUTE = 0x0A };
enum { RESOURCE_MAX = 1 << 20, ATTRIBUTES_MAX = 1024, PATH_BYTES = 4096 };
/* Of OTEL_RESOURCE_ATTRIBUTES. */
enum { LIST_MAX = 512, LIST_BYTES_MAX = 1 << 18 };

/* CSPAN_ERR_INVALID, CSPAN_ERR_LIMIT and CSPAN_ERR_NOMEM tell why it was not taken. */
static cspan_status put(cspan_enc *enc, const cspan_attr *attr) {
  if (cspan_enc_set(enc, RESOURCE_ATTRIBUTE, attr)) {
    return CSPAN_OK;
  }
  cspan_kv_size size;
  if (!cspan_kv_measure(attr, RESOURCE_MAX, CSPAN_ENC_UNLIMITED, &size)) {
    return CSPAN_ERR_INVALID;
  }
  bool is_full =
      enc->entry_count >= ATTRIBUTES_MAX || enc->len + wire_bytes_size(size.kv) > RESOURCE_MAX;
  return is_full ? CSPAN_ERR_LIMIT : CSPAN_ERR_NOMEM;
}

static cspan_status put_text(cspan_enc *enc, const char *key, const char *value) {
  cspan_attr attr = cspan_attr_string(key, value);
  return put(enc, &attr);
}

typedef struct text_pair {
  const char *key;
  const char *value; /* NULL: left out */
} text_pair;

static cspan_status put_texts(cspan_enc *enc, const text_pair *pairs, size_t count) {
  cspan_status status = CSPAN_OK;
  for (size_t i = 0; i < count && status == CSPAN_OK; i++) {
    if (pairs[i].value != NULL) {
      status = put_text(enc, pairs[i].key, pairs[i].value);
    }
  }
  return status;
}

static cspan_status put_process(cspan_enc *enc) {
  char path[PATH_BYTES];
  ssize_t len = readlink("/proc/self/exe", path, sizeof path - 1);
  path[len > 0 ? len : 0] = '\0';
  const char *slash = strrchr(path, '/');
  const char *name = slash != NULL ? slash + 1 : path;
  char service[PATH_BYTES + 20];
  snprintf(service, sizeof service, "unknown_service%s%s", name[0] != '\0' ? ":" : "", name);
  const text_pair pairs[] = {
      {"service.name", service},
      {"process.executable.name", path[0] != '\0' ? name : NULL},
      {"process.executable.path", path[0] != '\0' ? path : NULL},
#ifdef __GLIBC__
      {"process.runtime.name", "glibc"},
      {"process.runtime.version", gnu_get_libc_version()},
#endif
  };
  cspan_attr pid = cspan_attr_int64("process.pid", getpid());
  cspan_status status = put(enc, &pid);
  return status == CSPAN_OK ? put_texts(enc, pairs, sizeof pairs / sizeof pairs[0]) : status;
}

/* host.arch has its own names in the semantic conventions. */
static const char *arch_name(const char *machine) {
  static const struct {
    const char *machine;
    const char *arch;
  } names[] = {{"x86_64", "amd64"}, {"aarch64", "arm64"}, {"i386", "x86"},      {"i686", "x86"},
               {"armv7l", "arm32"}, {"armv6l", "arm32"},  {"ppc64le", "ppc64"}, {"ppc", "ppc32"}};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (strcmp(machine, names[i].machine) == 0) {
      return names[i].arch;
    }
  }
  return machine;
}

static cspan_status put_host(cspan_enc *enc) {
  struct utsname host;
  if (uname(&host) != 0) {
    return CSPAN_OK;
  }
  char os[sizeof host.sysname];
  for (size_t i = 0; i < sizeof os; i++) {
    char c = host.sysname[i];
    os[i] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
  }
  const text_pair pairs[] = {
      {"host.name", host.nodename}, {"host.arch", arch_name(host.machine)}, {"os.type", os}};
  return put_texts(enc, pairs, sizeof pairs / sizeof pairs[0]);
}

/* Percent-decodes. CSPAN_ERR_INVALID for a broken escape. */
static cspan_status decode(cspan_str text, char **out) {
  for (size_t i = 0; i < text.len; i++) {
    uint8_t byte;
    if (text.data[i] == '%' &&
        (i + 2 >= text.len || !cspan_hex_decode(text.data + i + 1, 2, &byte) || byte == 0)) {
      return CSPAN_ERR_INVALID;
    }
  }
  cspan_buf buf;
  cspan_buf_init(&buf, RESOURCE_MAX);
  cspan_uri_decode(&buf, text.data, text.len);
  *out = cspan_buf_take(&buf, NULL);
  cspan_buf_free(&buf);
  return *out != NULL ? CSPAN_OK : CSPAN_ERR_NOMEM;
}

/* One "key=value"; with enc NULL it is only checked. */
static cspan_status put_member(cspan_enc *enc, cspan_str member) {
  const char *equals = memchr(member.data, '=', member.len);
  if (equals == NULL) {
    return CSPAN_ERR_INVALID;
  }
  size_t key_len = (size_t)(equals - member.data);
  cspan_str key_text = cspan_str_trim((cspan_str){member.data, key_len});
  cspan_str value_text = cspan_str_trim((cspan_str){equals + 1, member.len - key_len - 1});
  char *key = NULL;
  char *value = NULL;
  cspan_status status = decode(key_text, &key);
  if (status == CSPAN_OK) {
    status = decode(value_text, &value);
  }
  if (status == CSPAN_OK) {
    cspan_attr attr = cspan_attr_string(key, value);
    cspan_kv_size size;
    bool is_good = cspan_kv_measure(&attr, RESOURCE_MAX, CSPAN_ENC_UNLIMITED, &size);
    status = !is_good ? CSPAN_ERR_INVALID : enc != NULL ? put(enc, &attr) : CSPAN_OK;
  }
  cspan_free(key);
  cspan_free(value);
  return status;
}

static cspan_status put_members(cspan_enc *enc, const char *text) {
  cspan_status status = CSPAN_OK;
  for (size_t count = 0; *text != '\0' && status == CSPAN_OK;) {
    size_t len = strcspn(text, ",");
    cspan_str member = cspan_str_trim((cspan_str){text, len});
    if (member.len > 0) {
      status = ++count <= LIST_MAX ? put_member(enc, member) : CSPAN_ERR_INVALID;
    }
    text += len + (text[len] == ',');
  }
  return status;
}

/* A list with a malformed member is discarded as a whole, as the specification
 * asks, and so is one that would not fit. */
static cspan_status put_list(cspan_enc *enc) {
  const char *text = cspan_setting_text("OTEL_RESOURCE_ATTRIBUTES");
  if (text == NULL) {
    return CSPAN_OK;
  }
  cspan_status status =
      strlen(text) <= LIST_BYTES_MAX ? put_members(NULL, text) : CSPAN_ERR_INVALID;
  if (status == CSPAN_ERR_INVALID) {
    cspan_log(CSPAN_LOG_ERROR,
              "OTEL_RESOURCE_ATTRIBUTES is not a list of at most %d key=value with "
              "percent-encoding, and is ignored",
              LIST_MAX);
    return CSPAN_OK;
  }
  return status == CSPAN_OK ? put_members(enc, text) : status;
}

static cspan_status put_environment(cspan_enc *enc) {
  const text_pair service = {"service.name", cspan_setting_text("OTEL_SERVICE_NAME")};
  cspan_status status = put_list(enc);
  return status == CSPAN_OK ? put_texts(enc, &service, 1) : status;
}

static cspan_status put_sdk(cspan_enc *enc) {
  const text_pair pairs[] = {{"telemetry.sdk.name", "cloudspan"},
                             {"telemetry.sdk.language", "c"},
                             {"telemetry.sdk.version", cspan_version()}};
  return put_texts(enc, pairs, sizeof pairs / sizeof pairs[0]);
}

static cspan_status put_options(cspan_enc *enc, const cspan_provider_options *options) {
  const text_pair pairs[] = {{"service.name", options->service_name},
                             {"service.version", options->service_version}};
  cspan_status status = put_texts(enc, pairs, sizeof pairs / sizeof pairs[0]);
  size_t count = options->resource != NULL ? options->resource_count : 0;
  for (size_t i = 0; i < count && status == CSPAN_OK; i++) {
    status = put(enc, &options->resource[i]);
  }
  return status;
}

static cspan_status put_all(cspan_enc *enc, const cspan_provider_options *options) {
  cspan_status (*const steps[])(cspan_enc *) = {put_sdk, put_process, put_host, put_environment};
  cspan_status status = CSPAN_OK;
  for (size_t i = 0; i < sizeof steps / sizeof steps[0] && status == CSPAN_OK; i++) {
    status = steps[i](enc);
  }
  return status == CSPAN_OK ? put_options(enc, options) : status;
}

cspan_status cspan_resource_encode(const cspan_provider_options *options, uint8_t **out,
                                   size_t *out_len, cspan_error **error) {
  cspan_enc enc = {.data = NULL};
  cspan_enc_begin(&enc, RESOURCE_MAX, ATTRIBUTES_MAX);
  cspan_status status = put_all(&enc, options);
  if (status == CSPAN_OK) {
    *out = enc.data;
    *out_len = enc.len;
    enc.data = NULL;
  } else if (status == CSPAN_ERR_NOMEM) {
    cspan_error_set(error, status, "no memory for the resource");
  } else {
    cspan_error_set(error, status,
                    "a resource attribute was not taken: it needs a key in UTF-8, and all "
                    "together may have %d keys and %d bytes",
                    ATTRIBUTES_MAX, RESOURCE_MAX);
  }
  cspan_enc_free(&enc);
  return status;
}
