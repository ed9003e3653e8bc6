/* SPDX-License-Identifier: Apache-2.0 */
/* Component providers that a program registered, and asking them. */
#include <pthread.h>
#include <string.h>

#include "base/alloc.h"
#include "telemetry/config/make.h"
#include "telemetry/core.h"

enum { NAMES_MAX = 512 };

typedef struct entry {
  struct entry *next;
  cspan_component_provider provider;
  char name[];
} entry;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static entry *entries;

/* A fork while another thread holds the lock would leave it locked in the child for ever. */
static void take_lock(void) {
  pthread_mutex_lock(&lock);
}

static void release_lock(void) {
  pthread_mutex_unlock(&lock);
}

static void guard_forks(void) {
  /* Can only fail for want of memory; then a fork is as dangerous as it is without. */
  pthread_atfork(take_lock, release_lock, release_lock);
}

/* Kinds in words, and what is built in. */
static const struct {
  const char *what;
  const cspan_schema *choice;
} kinds[] = {
    [CSPAN_COMPONENT_SPAN_EXPORTER] = {"span exporter", &cspan_schema_span_exporter},
    [CSPAN_COMPONENT_SPAN_PROCESSOR] = {"span processor", &cspan_schema_span_processor},
    [CSPAN_COMPONENT_SAMPLER] = {"sampler", &cspan_schema_sampler},
    [CSPAN_COMPONENT_PROPAGATOR] = {"propagator", &cspan_schema_propagator},
    [CSPAN_COMPONENT_RESOURCE_DETECTOR] = {"resource detector", &cspan_schema_detector},
};
enum { KIND_COUNT = sizeof kinds / sizeof kinds[0] };

/* The link to the entry, or to the NULL at the end. */
static entry **find(cspan_component_kind kind, const char *name) {
  entry **link = &entries;
  while (*link != NULL && ((*link)->provider.kind != kind || strcmp((*link)->name, name) != 0)) {
    link = &(*link)->next;
  }
  return link;
}

static cspan_status check(const cspan_component_provider *provider, cspan_error **error) {
  if (provider == NULL || provider->name == NULL || provider->name[0] == '\0' ||
      provider->create == NULL || (size_t)provider->kind >= KIND_COUNT) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "a component provider needs a kind, a name and a create function");
  }
  if (cspan_schema_has(kinds[provider->kind].choice, provider->name)) {
    return cspan_error_set(error, CSPAN_ERR_INVALID, "the %s \"%s\" is built in",
                           kinds[provider->kind].what, provider->name);
  }
  return CSPAN_OK;
}

cspan_status cspan_component_register(const cspan_component_provider *provider,
                                      cspan_error **error) {
  cspan_status status = check(provider, error);
  if (status != CSPAN_OK) {
    return status;
  }
  size_t name_size = strlen(provider->name) + 1;
  entry *added = cspan_calloc(1, sizeof *added + name_size);
  if (added == NULL) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "no memory for a component provider");
  }
  added->provider = *provider;
  memcpy(added->name, provider->name, name_size);
  added->provider.name = added->name;
  pthread_once(&once, guard_forks);
  pthread_mutex_lock(&lock);
  entry **link = find(provider->kind, provider->name);
  bool is_taken = *link != NULL;
  if (!is_taken) {
    *link = added;
  }
  pthread_mutex_unlock(&lock);
  if (is_taken) {
    cspan_free(added);
    return cspan_error_set(error, CSPAN_ERR_INVALID, "the %s \"%s\" is registered already",
                           kinds[provider->kind].what, provider->name);
  }
  return CSPAN_OK;
}

bool cspan_component_unregister(cspan_component_kind kind, const char *name) {
  pthread_mutex_lock(&lock);
  entry **link = find(kind, name);
  entry *removed = *link;
  if (removed != NULL) {
    *link = removed->next;
  }
  pthread_mutex_unlock(&lock);
  cspan_free(removed);
  return removed != NULL;
}

static bool look_up(cspan_component_kind kind, const char *name, cspan_component_provider *out) {
  pthread_mutex_lock(&lock);
  const entry *found = *find(kind, name);
  if (found != NULL) {
    *out = found->provider;
  }
  pthread_mutex_unlock(&lock);
  return found != NULL;
}

bool cspan_component_is_registered(cspan_component_kind kind, const char *name) {
  cspan_component_provider provider;
  return look_up(kind, name, &provider);
}

static cspan_status not_found(cspan_component_kind kind, const cspan_config_node *named,
                              cspan_error **error) {
  const cspan_schema *choice = kinds[kind].choice;
  const char *nearest = cspan_schema_nearest(choice, named->key);
  cspan_buf names;
  cspan_buf_init(&names, NAMES_MAX);
  cspan_schema_names(choice, &names);
  cspan_config_fail(
      named, error, "no %s of that name is built in or registered%s%s%s; built in are %s",
      kinds[kind].what, nearest != NULL ? "; did you mean \"" : "", nearest != NULL ? nearest : "",
      nearest != NULL ? "\"?" : "", cspan_buf_text(&names));
  cspan_buf_free(&names);
  return CSPAN_ERR_CONFIG;
}

/* A detector may find nothing. */
static bool is_made(cspan_component_kind kind, const cspan_component *component) {
  switch (kind) {
  case CSPAN_COMPONENT_SPAN_EXPORTER:
    return component->exporter != NULL;
  case CSPAN_COMPONENT_SPAN_PROCESSOR:
    return component->processor != NULL;
  case CSPAN_COMPONENT_SAMPLER:
    return component->sampler != NULL;
  case CSPAN_COMPONENT_PROPAGATOR:
    return component->propagator != NULL;
  case CSPAN_COMPONENT_RESOURCE_DETECTOR:
    break;
  }
  return true;
}

cspan_status cspan_component_make(cspan_component_kind kind, const cspan_config_node *choice,
                                  cspan_component *out, cspan_error **error) {
  const cspan_config_node *named = choice->first;
  cspan_component_provider provider;
  if (!look_up(kind, named->key, &provider)) {
    return not_found(kind, named, error);
  }
  cspan_error *failure = NULL;
  cspan_status status = provider.create(provider.user, named, out, &failure);
  if (status == CSPAN_OK && !is_made(kind, out)) {
    return cspan_config_no_memory(named, error);
  }
  if (status != CSPAN_OK) {
    if (failure == NULL) {
      cspan_error_set(&failure, status, "the %s was not made: %s", kinds[kind].what,
                      cspan_status_name(status));
    }
    status = cspan_config_wrap(named, error, failure);
  }
  return status;
}
