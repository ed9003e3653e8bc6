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

static bool put(cspan_enc *enc, const cspan_attr *attr) {
  return cspan_enc_set(enc, RESOURCE_ATTRIBUTE, attr, ATTRIBUTES_MAX);
}

static bool put_text(cspan_enc *enc, const char *key, const char *value) {
  cspan_attr attr = cspan_attr_string(key, value);
  return put(enc, &attr);
}

static bool put_process(cspan_enc *enc) {
  char path[PATH_BYTES];
  ssize_t len = readlink("/proc/self/exe", path, sizeof path - 1);
  path[len > 0 ? len : 0] = '\0';
  const char *slash = strrchr(path, '/');
  const char *name = slash != NULL ? slash + 1 : path;
  char service[PATH_BYTES + 20];
  snprintf(service, sizeof service, "unknown_service%s%s", name[0] != '\0' ? ":" : "", name);
  cspan_attr pid = cspan_attr_int64("process.pid", getpid());
  bool done = put_text(enc, "service.name", service) && put(enc, &pid);
  if (path[0] != '\0') {
    done = done && put_text(enc, "process.executable.name", name) &&
           put_text(enc, "process.executable.path", path);
  }
#ifdef __GLIBC__
  done = done && put_text(enc, "process.runtime.name", "glibc") &&
         put_text(enc, "process.runtime.version", gnu_get_libc_version());
#endif
  return done;
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

static bool put_host(cspan_enc *enc) {
  struct utsname host;
  if (uname(&host) != 0) {
    return true;
  }
  char os[sizeof host.sysname];
  for (size_t i = 0; i < sizeof os; i++) {
    char c = host.sysname[i];
    os[i] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
  }
  return put_text(enc, "host.name", host.nodename) &&
         put_text(enc, "host.arch", arch_name(host.machine)) && put_text(enc, "os.type", os);
}

/* Percent-decoded; NULL for a broken escape or out of memory. */
static char *decode(cspan_str text, bool *out_of_memory) {
  for (size_t i = 0; i < text.len; i++) {
    uint8_t byte;
    if (text.data[i] == '%' &&
        (i + 2 >= text.len || !cspan_hex_decode(text.data + i + 1, 2, &byte) || byte == 0)) {
      return NULL;
    }
  }
  cspan_buf buf;
  cspan_buf_init(&buf, RESOURCE_MAX);
  cspan_uri_decode(&buf, text.data, text.len);
  char *decoded = cspan_buf_take(&buf, NULL);
  *out_of_memory = *out_of_memory || decoded == NULL;
  cspan_buf_free(&buf);
  return decoded;
}

/* One "key=value". False when it is malformed, so that all of it is discarded as
 * the specification asks. With enc NULL it is only checked. */
static bool put_member(cspan_enc *enc, cspan_str member, bool *out_of_memory) {
  const char *equals = memchr(member.data, '=', member.len);
  if (equals == NULL) {
    return false;
  }
  size_t key_len = (size_t)(equals - member.data);
  cspan_str key_text = cspan_str_trim((cspan_str){member.data, key_len});
  cspan_str value_text = cspan_str_trim((cspan_str){equals + 1, member.len - key_len - 1});
  char *key = decode(key_text, out_of_memory);
  char *value = decode(value_text, out_of_memory);
  bool good = key != NULL && value != NULL && key[0] != '\0';
  if (good && enc != NULL && !put_text(enc, key, value)) {
    *out_of_memory = true;
  }
  cspan_free(key);
  cspan_free(value);
  return good;
}

static bool put_members(cspan_enc *enc, const char *text, bool *out_of_memory) {
  while (*text != '\0') {
    size_t len = strcspn(text, ",");
    cspan_str member = cspan_str_trim((cspan_str){text, len});
    if (member.len > 0 && !put_member(enc, member, out_of_memory)) {
      return false;
    }
    text += len + (text[len] == ',');
  }
  return true;
}

static bool put_environment(cspan_enc *enc) {
  bool out_of_memory = false;
  const char *text = cspan_env("OTEL_RESOURCE_ATTRIBUTES");
  if (text != NULL) {
    if (put_members(NULL, text, &out_of_memory)) {
      put_members(enc, text, &out_of_memory);
    } else if (!out_of_memory) {
      cspan_log(CSPAN_LOG_ERROR,
                "OTEL_RESOURCE_ATTRIBUTES is not a list of key=value with percent-encoding, and "
                "is ignored");
    }
  }
  const char *service = cspan_env("OTEL_SERVICE_NAME");
  return !out_of_memory && (service == NULL || put_text(enc, "service.name", service));
}

static bool put_sdk(cspan_enc *enc) {
  return put_text(enc, "telemetry.sdk.name", "cloudspan") &&
         put_text(enc, "telemetry.sdk.language", "c") &&
         put_text(enc, "telemetry.sdk.version", cspan_version());
}

static bool put_options(cspan_enc *enc, const cspan_provider_options *options) {
  if (options->service_name != NULL && !put_text(enc, "service.name", options->service_name)) {
    return false;
  }
  if (options->service_version != NULL &&
      !put_text(enc, "service.version", options->service_version)) {
    return false;
  }
  for (size_t i = 0; options->resource != NULL && i < options->resource_count; i++) {
    if (!put(enc, &options->resource[i])) {
      return false;
    }
  }
  return true;
}

cspan_status cspan_resource_encode(const cspan_provider_options *options, uint8_t **out,
                                   size_t *out_len, cspan_error **error) {
  cspan_enc enc = {.data = NULL};
  cspan_enc_begin(&enc, RESOURCE_MAX);
  if (!put_sdk(&enc) || !put_process(&enc) || !put_host(&enc) || !put_environment(&enc)) {
    cspan_enc_free(&enc);
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "no memory for the resource");
  }
  if (!put_options(&enc, options)) {
    cspan_enc_free(&enc);
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "a resource attribute was not taken: it needs a key in UTF-8, and all "
                           "together may have %d keys and %d bytes",
                           ATTRIBUTES_MAX, RESOURCE_MAX);
  }
  *out = enc.data;
  *out_len = enc.len;
  enc.data = NULL;
  cspan_enc_free(&enc);
  return CSPAN_OK;
}
