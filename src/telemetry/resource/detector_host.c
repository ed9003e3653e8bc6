/* SPDX-License-Identifier: Apache-2.0 */
/* The machine and its operating system. */
#include <string.h>
#include <sys/utsname.h>

#include "telemetry/resource/detector.h"

enum { FILE_BYTES = 16384, MACHINE_ID_LEN = 32, VALUE_BYTES = 512 };

/* -------------------------------------------------------------------------- host */

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

void cspan_machine_id_parse(cspan_str text, cspan_resource *out) {
  uint8_t bytes[MACHINE_ID_LEN / 2];
  cspan_str id = cspan_str_trim(text);
  if (id.len == MACHINE_ID_LEN && cspan_hex_decode(id.data, id.len, bytes)) {
    cspan_resource_put_text_n(out, "host.id", id.data, id.len);
  }
}

void cspan_detect_host(const cspan_detection *at, cspan_resource *out) {
  static const char *const paths[] = {"/etc/machine-id", "/var/lib/dbus/machine-id"};
  struct utsname host;
  if (uname(&host) == 0) {
    cspan_resource_put_text(out, "host.name", host.nodename);
    cspan_resource_put_text(out, "host.arch", arch_name(host.machine));
  }
  for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
    cspan_buf text;
    cspan_buf_init(&text, FILE_BYTES);
    bool is_read = cspan_detection_read(at, paths[i], FILE_BYTES, &text);
    if (is_read) {
      cspan_machine_id_parse((cspan_str){cspan_buf_text(&text), text.len}, out);
    }
    cspan_buf_free(&text);
    if (is_read) {
      return;
    }
  }
}

/* ---------------------------------------------------------------------------- os */

/* As a shell would read it: in quotes or not, with backslashes before some characters. */
static size_t unquote(cspan_str value, char out[VALUE_BYTES]) {
  size_t len = 0;
  char quote = '\0';
  if (value.len >= 2 && (value.data[0] == '"' || value.data[0] == '\'') &&
      value.data[value.len - 1] == value.data[0]) {
    quote = value.data[0];
    value.data++;
    value.len -= 2;
  }
  for (size_t i = 0; i < value.len && len < VALUE_BYTES; i++) {
    if (value.data[i] == '\\' && quote != '\'' && i + 1 < value.len) {
      i++;
    }
    out[len++] = value.data[i];
  }
  return len;
}

static void put_line(cspan_str line, cspan_resource *out) {
  static const struct {
    const char *name;
    const char *key;
  } fields[] = {{"NAME", "os.name"},
                {"VERSION_ID", "os.version"},
                {"PRETTY_NAME", "os.description"},
                {"BUILD_ID", "os.build_id"}};
  char text[VALUE_BYTES];
  const char *equals = line.len > 0 ? memchr(line.data, '=', line.len) : NULL;
  if (equals == NULL) {
    return;
  }
  cspan_str name = {line.data, (size_t)(equals - line.data)};
  cspan_str value = {equals + 1, line.len - name.len - 1};
  for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
    if (cspan_str_eq(name, fields[i].name)) {
      cspan_resource_put_text_n(out, fields[i].key, text, unquote(value, text));
    }
  }
}

void cspan_os_release_parse(cspan_str text, cspan_resource *out) {
  const char *end = text.data + text.len;
  for (const char *at = text.data; at < end;) {
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    const char *line_end = newline != NULL ? newline : end;
    put_line(cspan_str_trim((cspan_str){at, (size_t)(line_end - at)}), out);
    at = line_end + 1;
  }
}

void cspan_detect_os(const cspan_detection *at, cspan_resource *out) {
  static const char *const paths[] = {"/etc/os-release", "/usr/lib/os-release"};
  struct utsname host;
  if (uname(&host) == 0) {
    char type[sizeof host.sysname];
    for (size_t i = 0; i < sizeof type; i++) {
      char c = host.sysname[i];
      type[i] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    }
    cspan_resource_put_text(out, "os.type", type);
  }
  for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
    cspan_buf text;
    cspan_buf_init(&text, FILE_BYTES);
    bool is_read = cspan_detection_read(at, paths[i], FILE_BYTES, &text);
    if (is_read) {
      cspan_os_release_parse((cspan_str){cspan_buf_text(&text), text.len}, out);
    }
    cspan_buf_free(&text);
    if (is_read) {
      return;
    }
  }
}
