/* SPDX-License-Identifier: Apache-2.0 */
/* The syntax of the shared config and credentials files. Pure. */
#ifndef AWS_INI_H
#define AWS_INI_H

#include "base/arena.h"

enum { CSPAN_INI_MAX_BYTES = 1024 * 1024 };

/* A line "name = value"; those nested under another have `parent` (its name). */
typedef struct cspan_ini_entry {
  const char *parent; /* NULL: none */
  const char *name;   /* lower-case */
  const char *value;  /* continuation lines joined by '\n' */
  int line;
  struct cspan_ini_entry *next;
} cspan_ini_entry;

typedef struct cspan_ini_section {
  const char *type; /* "profile", "services", "sso-session"; "" for [name] */
  const char *name;
  int line;
  cspan_ini_entry *first;
  cspan_ini_entry *last;
  struct cspan_ini_section *next;
} cspan_ini_section;

typedef struct cspan_ini {
  cspan_ini_section *first;
  cspan_ini_section *last;
} cspan_ini;

/* Parses into `arena`. Errors (CSPAN_ERR_CONFIG) name `path` and the line, never a value. */
cspan_status cspan_ini_parse(const char *text, size_t len, const char *path, cspan_arena *arena,
                             cspan_ini *out, cspan_error **error);

#endif
