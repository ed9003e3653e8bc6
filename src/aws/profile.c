/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/profile.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/sys.h"

enum { ARENA_MAX = 16 * 1024 * 1024, LIST_MAX = 600 };

struct cspan_profile {
  cspan_arena *arena;
  const char *name;
  const char *config_file;
  const char *credentials_file;
  cspan_ini config;
  cspan_ini credentials;
};

static bool is_absent(const char *path) {
  struct stat info;
  return stat(path, &info) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

static cspan_status read_ini(cspan_profile *profile, const char *path, cspan_ini *out,
                             cspan_error **error) {
  cspan_buf text;
  if (!path || is_absent(path)) {
    return CSPAN_OK;
  }
  cspan_buf_init(&text, CSPAN_INI_MAX_BYTES);
  cspan_error *failure = NULL;
  cspan_status status = cspan_file_read(path, CSPAN_INI_MAX_BYTES, &text, &failure);
  if (status == CSPAN_OK) {
    status = cspan_ini_parse(cspan_buf_text(&text), text.len, path, profile->arena, out, error);
  } else if (status == CSPAN_ERR_NOMEM) {
    cspan_error_move(error, failure);
  } else {
    status = cspan_error_set(error, CSPAN_ERR_CONFIG, "%s", cspan_error_message(failure));
    cspan_error_free(failure);
  }
  if (text.data) {
    cspan_memzero(text.data, text.cap);
  }
  cspan_buf_free(&text);
  return status;
}

/* How much a section counts for a profile of that name: 0 not at all. */
static int config_rank(const cspan_ini_section *section, const char *name) {
  if (strcmp(section->name, name) != 0) {
    return 0;
  }
  if (strcmp(section->type, "profile") == 0) {
    return 2;
  }
  return section->type[0] == '\0' && strcmp(name, "default") == 0 ? 1 : 0;
}

static int credentials_rank(const cspan_ini_section *section, const char *name) {
  return section->type[0] == '\0' && strcmp(section->name, name) == 0;
}

typedef int (*rank_fn)(const cspan_ini_section *section, const char *name);

static int services_rank(const cspan_ini_section *section, const char *name) {
  return strcmp(section->type, "services") == 0 && strcmp(section->name, name) == 0;
}

static bool has_profile(const cspan_ini *ini, rank_fn rank, const char *name) {
  for (const cspan_ini_section *s = ini->first; s; s = s->next) {
    if (rank(s, name) > 0) {
      return true;
    }
  }
  return false;
}

/* ---------------------------------------------------------------- listing */

static bool is_first(const cspan_ini *ini, rank_fn rank, const cspan_ini_section *section) {
  for (const cspan_ini_section *s = ini->first; s != section; s = s->next) {
    if (rank(s, section->name) > 0) {
      return false;
    }
  }
  return true;
}

static void list_profiles(const cspan_profile *profile, cspan_buf *out) {
  for (const cspan_ini_section *s = profile->config.first; s; s = s->next) {
    if (config_rank(s, s->name) > 0 && is_first(&profile->config, config_rank, s)) {
      cspan_buf_printf(out, "%s%.64s", out->len ? ", " : "", s->name);
    }
  }
  for (const cspan_ini_section *s = profile->credentials.first; s; s = s->next) {
    if (credentials_rank(s, s->name) > 0 && is_first(&profile->credentials, credentials_rank, s) &&
        !has_profile(&profile->config, config_rank, s->name)) {
      cspan_buf_printf(out, "%s%.64s", out->len ? ", " : "", s->name);
    }
  }
}

static cspan_status missing(const cspan_profile *profile, cspan_error **error) {
  cspan_buf names;
  cspan_buf_init(&names, LIST_MAX);
  list_profiles(profile, &names);
  bool cut = cspan_buf_status(&names) == CSPAN_ERR_LIMIT;
  cspan_error_set(error, CSPAN_ERR_CONFIG,
                  "there is no profile \"%.64s\" in %s or %s; profiles found: %s%s", profile->name,
                  profile->config_file ? profile->config_file : "(no config file)",
                  profile->credentials_file ? profile->credentials_file : "(no credentials file)",
                  names.len ? names.data : "none", cut ? ", ..." : "");
  cspan_buf_free(&names);
  return CSPAN_ERR_CONFIG;
}

/* ---------------------------------------------------------------- loading */

static cspan_status take_names(cspan_profile *profile, const char *config_file,
                               const char *credentials_file, const char *name) {
  profile->arena = cspan_arena_create(ARENA_MAX);
  if (!profile->arena) {
    return CSPAN_ERR_NOMEM;
  }
  profile->name = cspan_arena_strdup(profile->arena, name);
  profile->config_file = cspan_arena_strdup(profile->arena, config_file);
  profile->credentials_file = cspan_arena_strdup(profile->arena, credentials_file);
  bool complete = profile->name && (profile->config_file || !config_file) &&
                  (profile->credentials_file || !credentials_file);
  return complete ? CSPAN_OK : CSPAN_ERR_NOMEM;
}

cspan_status cspan_profile_load(const char *config_file, const char *credentials_file,
                                const char *name, bool must_exist, cspan_profile **out,
                                cspan_error **error) {
  *out = NULL;
  cspan_profile *profile = cspan_calloc(1, sizeof *profile);
  if (!profile || take_names(profile, config_file, credentials_file, name) != CSPAN_OK) {
    cspan_profile_free(profile);
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory while reading a profile");
  }
  cspan_status status = read_ini(profile, profile->config_file, &profile->config, error);
  if (status == CSPAN_OK) {
    status = read_ini(profile, profile->credentials_file, &profile->credentials, error);
  }
  if (status == CSPAN_OK && must_exist && !has_profile(&profile->config, config_rank, name) &&
      !has_profile(&profile->credentials, credentials_rank, name)) {
    status = missing(profile, error);
  }
  if (status != CSPAN_OK) {
    cspan_profile_free(profile);
    return status;
  }
  *out = profile;
  return CSPAN_OK;
}

static void wipe(cspan_ini *ini) {
  for (cspan_ini_section *s = ini->first; s; s = s->next) {
    for (cspan_ini_entry *e = s->first; e; e = e->next) {
      cspan_memzero((char *)e->value, strlen(e->value));
    }
  }
}

void cspan_profile_free(cspan_profile *profile) {
  if (profile) {
    wipe(&profile->config);
    wipe(&profile->credentials);
    cspan_arena_free(profile->arena);
    cspan_free(profile);
  }
}

/* ---------------------------------------------------------------- reading */

static bool same_parent(const char *a, const char *b) {
  return a && b ? strcmp(a, b) == 0 : a == b;
}

/* The last setting of the section that counts most. */
static cspan_profile_value find(const cspan_ini *ini, rank_fn rank, const char *section_name,
                                const char *file, const char *parent, const char *name) {
  cspan_profile_value found = {NULL, NULL, 0};
  int best = 1;
  for (const cspan_ini_section *s = ini->first; s; s = s->next) {
    int each = rank(s, section_name);
    if (each < best) {
      continue;
    }
    for (const cspan_ini_entry *e = s->first; e; e = e->next) {
      if (same_parent(e->parent, parent) && strcmp(e->name, name) == 0) {
        found = (cspan_profile_value){e->value, file, e->line};
        best = each;
      }
    }
  }
  if (found.value && found.value[0] == '\0') {
    found.value = NULL; /* "name =" sets nothing */
  }
  return found;
}

cspan_profile_value cspan_profile_get(const cspan_profile *profile, const char *parent,
                                      const char *name) {
  cspan_profile_value value = find(&profile->credentials, credentials_rank, profile->name,
                                   profile->credentials_file, parent, name);
  return value.value ? value
                     : find(&profile->config, config_rank, profile->name, profile->config_file,
                            parent, name);
}

cspan_profile_value cspan_profile_service_get(const cspan_profile *profile, const char *service,
                                              const char *name) {
  cspan_profile_value section = cspan_profile_get(profile, NULL, "services");
  if (!section.value) {
    return section;
  }
  return find(&profile->config, services_rank, section.value, profile->config_file, service, name);
}

static int sso_session_rank(const cspan_ini_section *section, const char *name) {
  return strcmp(section->type, "sso-session") == 0 && strcmp(section->name, name) == 0;
}

cspan_profile_value cspan_profile_sso_get(const cspan_profile *profile, const char *session,
                                          const char *name) {
  return find(&profile->config, sso_session_rank, session, profile->config_file, NULL, name);
}

const char *cspan_profile_name(const cspan_profile *profile) {
  return profile->name;
}
