/* SPDX-License-Identifier: Apache-2.0 */
/* The container's id, as runtimes leave it in the names of control groups (version 1) and in the
 * sources of mounts (version 2). */
#include <string.h>

#include "telemetry/resource/detector.h"

enum { FILE_BYTES = 1 << 18, ID_LEN = 64, TASK_LEN = 32 };

static size_t count_hex(cspan_str text) {
  size_t len = 0;
  while (len < text.len && ((text.data[len] >= '0' && text.data[len] <= '9') ||
                            (text.data[len] >= 'a' && text.data[len] <= 'f'))) {
    len++;
  }
  return len;
}

/* 64 hex digits; on Fargate 32 of them, a dash, and a number. */
static bool is_id(cspan_str text) {
  size_t hex = count_hex(text);
  if (hex == ID_LEN) {
    return text.len == ID_LEN;
  }
  if (hex != TASK_LEN || text.len <= TASK_LEN + 1 || text.len > CSPAN_CONTAINER_ID_MAX ||
      text.data[TASK_LEN] != '-') {
    return false;
  }
  for (size_t i = TASK_LEN + 1; i < text.len; i++) {
    if (text.data[i] < '0' || text.data[i] > '9') {
      return false;
    }
  }
  return true;
}

static bool take(cspan_str id, char out[CSPAN_CONTAINER_ID_MAX + 1]) {
  if (!is_id(id)) {
    return false;
  }
  memcpy(out, id.data, id.len);
  out[id.len] = '\0';
  return true;
}

static cspan_str next_line(cspan_str *text) {
  const char *newline = memchr(text->data, '\n', text->len);
  cspan_str line = {text->data, newline != NULL ? (size_t)(newline - text->data) : text->len};
  size_t used = line.len + (newline != NULL);
  text->data += used;
  text->len -= used;
  return line;
}

/* What is behind the last `c`; all of it when there is none. */
static cspan_str behind_last(cspan_str text, char c) {
  const char *last = text.len > 0 ? memrchr(text.data, c, text.len) : NULL;
  return last != NULL ? (cspan_str){last + 1, (size_t)(text.data + text.len - last - 1)} : text;
}

bool cspan_container_id_v1(cspan_str text, char out[CSPAN_CONTAINER_ID_MAX + 1]) {
  static const char scope[] = ".scope";
  while (text.len > 0) {
    cspan_str name = behind_last(cspan_str_trim(next_line(&text)), '/');
    size_t scope_len = sizeof scope - 1;
    if (name.len > scope_len && memcmp(name.data + name.len - scope_len, scope, scope_len) == 0) {
      name.len -= scope_len;
    }
    /* "docker-", "cri-containerd-" and the like, or "<namespace>:<...>:". */
    if (take(name, out) || take(behind_last(name, '-'), out) || take(behind_last(name, ':'), out)) {
      return true;
    }
  }
  return false;
}

/* The part of a path behind one of those folders in which runtimes keep containers. */
static bool take_from_path(cspan_str path, char out[CSPAN_CONTAINER_ID_MAX + 1]) {
  static const char *const folders[] = {"/containers/", "/overlay-containers/"};
  for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
    size_t folder_len = strlen(folders[i]);
    const char *at = memmem(path.data, path.len, folders[i], folder_len);
    if (at != NULL) {
      cspan_str id = {at + folder_len, (size_t)(path.data + path.len - at) - folder_len};
      const char *slash = memchr(id.data, '/', id.len);
      id.len = slash != NULL ? (size_t)(slash - id.data) : id.len;
      if (take(id, out)) {
        return true;
      }
    }
  }
  return false;
}

static cspan_str next_word(cspan_str *line) {
  const char *blank = line->len > 0 ? memchr(line->data, ' ', line->len) : NULL;
  cspan_str word = {line->data, blank != NULL ? (size_t)(blank - line->data) : line->len};
  size_t used = word.len + (blank != NULL);
  line->data += used;
  line->len -= used;
  return word;
}

bool cspan_container_id_v2(cspan_str text, char out[CSPAN_CONTAINER_ID_MAX + 1]) {
  enum { ROOT = 3 }; /* of: id, parent's id, device, root, mount point, ... */
  while (text.len > 0) {
    cspan_str line = next_line(&text);
    cspan_str root = {NULL, 0};
    for (int i = 0; i <= ROOT; i++) {
      root = next_word(&line);
    }
    cspan_str point = next_word(&line);
    bool is_own = cspan_str_eq(point, "/etc/hostname") || cspan_str_eq(point, "/etc/hosts") ||
                  cspan_str_eq(point, "/etc/resolv.conf");
    if (is_own && take_from_path(root, out)) {
      return true;
    }
  }
  return false;
}

void cspan_detect_container(const cspan_detection *at, cspan_resource *out) {
  static const struct {
    const char *path;
    bool (*parse)(cspan_str text, char id[CSPAN_CONTAINER_ID_MAX + 1]);
  } sources[] = {{"/proc/self/cgroup", cspan_container_id_v1},
                 {"/proc/self/mountinfo", cspan_container_id_v2}};
  bool is_found = false;
  for (size_t i = 0; i < sizeof sources / sizeof sources[0] && !is_found; i++) {
    char id[CSPAN_CONTAINER_ID_MAX + 1];
    cspan_buf text;
    cspan_buf_init(&text, FILE_BYTES);
    is_found = cspan_detection_read(at, sources[i].path, FILE_BYTES, &text) && text.len > 0 &&
               sources[i].parse((cspan_str){text.data, text.len}, id);
    if (is_found) {
      cspan_resource_put_text(out, "container.id", id);
    }
    cspan_buf_free(&text);
  }
}
