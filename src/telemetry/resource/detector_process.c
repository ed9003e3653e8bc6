/* SPDX-License-Identifier: Apache-2.0 */
/* The process, and by its own name its command line. */
#include <string.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <gnu/libc-version.h>
#endif

#include "telemetry/resource/detector.h"

enum { PATH_BYTES = 4096, PASSWD_BYTES = 1 << 20, COMMAND_BYTES = 65536, ARGUMENTS_MAX = 1024 };

static void executable_path(char out[PATH_BYTES]) {
  ssize_t len = readlink("/proc/self/exe", out, PATH_BYTES - 1);
  out[len > 0 ? len : 0] = '\0';
}

static const char *name_in(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash != NULL ? slash + 1 : path;
}

void cspan_executable_name(char *out, size_t size) {
  char path[PATH_BYTES];
  executable_path(path);
  size_t len = strnlen(name_in(path), size - 1);
  memcpy(out, name_in(path), len);
  out[len] = '\0';
}

void cspan_owner_parse(cspan_str text, uint64_t uid, cspan_resource *out) {
  const char *end = text.data + text.len;
  for (const char *at = text.data; at < end;) {
    char number[24];
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    const char *line_end = newline != NULL ? newline : end;
    const char *fields[3] = {at, NULL, NULL}; /* name, password, number */
    for (size_t i = 1; i < 3 && fields[i - 1] != NULL; i++) {
      const char *colon = memchr(fields[i - 1], ':', (size_t)(line_end - fields[i - 1]));
      fields[i] = colon != NULL ? colon + 1 : NULL;
    }
    uint64_t found;
    size_t len = 0;
    while (fields[2] != NULL && fields[2] + len < line_end && fields[2][len] != ':') {
      len++;
    }
    if (len > 0 && len < sizeof number) {
      memcpy(number, fields[2], len);
      number[len] = '\0';
      if (cspan_parse_u64(number, &found) && found == uid) {
        cspan_resource_put_text_n(out, "process.owner", at, (size_t)(fields[1] - 1 - at));
        return;
      }
    }
    at = line_end + 1;
  }
}

/* Not getpwuid_r(), which may ask a server over the network. */
static void put_owner(const cspan_detection *at, cspan_resource *out) {
  cspan_buf text;
  cspan_buf_init(&text, PASSWD_BYTES);
  if (cspan_detection_read(at, "/etc/passwd", PASSWD_BYTES, &text)) {
    cspan_owner_parse((cspan_str){cspan_buf_text(&text), text.len}, geteuid(), out);
  }
  cspan_buf_free(&text);
}

void cspan_detect_process(const cspan_detection *at, cspan_resource *out) {
  char path[PATH_BYTES];
  executable_path(path);
  cspan_resource_put_int(out, "process.pid", getpid());
  cspan_resource_put_int(out, "process.parent_pid", getppid());
  cspan_resource_put_text(out, "process.executable.name", name_in(path));
  cspan_resource_put_text(out, "process.executable.path", path);
  put_owner(at, out);
#ifdef __GLIBC__
  cspan_resource_put_text(out, "process.runtime.name", "glibc");
  cspan_resource_put_text(out, "process.runtime.version", gnu_get_libc_version());
#endif
}

void cspan_command_parse(cspan_str text, cspan_resource *out) {
  char copy[COMMAND_BYTES];
  const char *arguments[ARGUMENTS_MAX];
  size_t count = 0;
  size_t len = text.len < sizeof copy ? text.len : sizeof copy - 1;
  if (len == 0) {
    return;
  }
  memcpy(copy, text.data, len);
  copy[len] = '\0';
  for (size_t i = 0; i < len && count < ARGUMENTS_MAX; i += strlen(copy + i) + 1) {
    arguments[count++] = copy + i;
  }
  cspan_resource_put_text(out, "process.command", arguments[0]);
  cspan_attr attr = cspan_attr_strings("process.command_args", arguments, count);
  cspan_resource_put(out, &attr);
}

void cspan_detect_process_command(const cspan_detection *at, cspan_resource *out) {
  cspan_buf text;
  cspan_buf_init(&text, COMMAND_BYTES);
  if (cspan_detection_read(at, "/proc/self/cmdline", COMMAND_BYTES, &text)) {
    cspan_command_parse((cspan_str){cspan_buf_text(&text), text.len}, out);
  }
  cspan_buf_free(&text);
}
