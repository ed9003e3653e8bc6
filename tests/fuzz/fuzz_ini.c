/* SPDX-License-Identifier: Apache-2.0 */
/* The shared config and credentials files, and the command line in them. */
#include <stdlib.h>
#include <string.h>

#include "aws/command_words.h"
#include "aws/ini.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARENA_MAX = 16 * 1024 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  cspan_arena *arena = cspan_arena_create(ARENA_MAX);
  cspan_ini ini;
  size_t bytes = 0;
  cspan_ini_parse((const char *)data, size, "FILE", arena, &ini, NULL);
  for (const cspan_ini_section *s = ini.first; s; s = s->next) {
    for (const cspan_ini_entry *e = s->first; e; e = e->next) {
      char **words = NULL;
      bytes += strlen(e->name) + strlen(e->value) + (e->parent ? 1 : 0);
      if (e->line <= s->line ||
          (cspan_command_words(e->value, arena, &words) == CSPAN_OK && !words[0])) {
        abort();
      }
    }
  }
  if (bytes > 2 * size) {
    abort();
  }
  cspan_arena_free(arena);
  return 0;
}
