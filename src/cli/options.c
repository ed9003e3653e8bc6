/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/options.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/nearest.h"
#include "base/text.h"
#include "cli/text.h"

typedef struct parser {
  const cspan_cli_option_set *sets;
  size_t set_count;
  cspan_error **error;
} parser;

typedef struct found {
  const cspan_cli_option *option;
  const cspan_cli_option_set *set;
} found;

static bool name_matches(const cspan_cli_option *option, const char *name, size_t len) {
  return strlen(option->name) == len && memcmp(option->name, name, len) == 0;
}

static found find_long(const parser *p, const char *name, size_t len) {
  for (size_t s = 0; s < p->set_count; s++) {
    for (size_t i = 0; i < p->sets[s].count; i++) {
      if (name_matches(&p->sets[s].options[i], name, len)) {
        return (found){&p->sets[s].options[i], &p->sets[s]};
      }
    }
  }
  return (found){NULL, NULL};
}

static found find_letter(const parser *p, char letter) {
  for (size_t s = 0; s < p->set_count; s++) {
    for (size_t i = 0; i < p->sets[s].count; i++) {
      if (p->sets[s].options[i].letter == letter) {
        return (found){&p->sets[s].options[i], &p->sets[s]};
      }
    }
  }
  return (found){NULL, NULL};
}

static const char *nearest_option(const parser *p, const char *name, size_t len) {
  const char *best = NULL;
  size_t best_closeness = SIZE_MAX;
  for (size_t s = 0; s < p->set_count; s++) {
    for (size_t i = 0; i < p->sets[s].count; i++) {
      size_t closeness = cspan_closeness(name, len, p->sets[s].options[i].name);
      if (closeness < best_closeness) {
        best = p->sets[s].options[i].name;
        best_closeness = closeness;
      }
    }
  }
  return best;
}

static cspan_status unknown_option(const parser *p, const char *arg, const char *name, size_t len) {
  const char *best = nearest_option(p, name, len);
  int shown = (int)(len + (size_t)(name - arg));
  if (best) {
    return cspan_error_set(p->error, CSPAN_ERR_INVALID,
                           "unknown option '%.*s'; did you mean '--%s'?", shown, arg, best);
  }
  return cspan_error_set(p->error, CSPAN_ERR_INVALID, "unknown option '%.*s'", shown, arg);
}

static cspan_status list_add(cspan_cli_list *list, const char *value, cspan_error **error) {
  const char **items = cspan_realloc(list->items, (list->count + 1) * sizeof *items);
  if (!items) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory");
  }
  items[list->count++] = value;
  list->items = items;
  return CSPAN_OK;
}

static cspan_status store_number(const cspan_cli_option *option, void *target, const char *value,
                                 cspan_error **error) {
  int64_t number = 0;
  bool is_size = option->kind == CSPAN_CLI_SIZE;
  if (!(is_size ? cspan_cli_parse_size(value, &number) : cspan_parse_i64(value, &number))) {
    return cspan_error_set(error, CSPAN_ERR_INVALID, "option '--%s' takes %s, not '%s'",
                           option->name, is_size ? "a size such as 16MiB" : "a whole number",
                           value);
  }
  if (number < option->min || number > option->max) {
    char low[32];
    char high[32];
    cspan_cli_format_limit(option->min, is_size, low);
    cspan_cli_format_limit(option->max, is_size, high);
    return cspan_error_set(error, CSPAN_ERR_INVALID, "option '--%s' must be from %s to %s, not %s",
                           option->name, low, high, value);
  }
  memcpy(target, &number, sizeof number);
  return CSPAN_OK;
}

static cspan_status store(const parser *p, found f, const char *value) {
  void *target = (char *)f.set->values + f.option->offset;
  switch (f.option->kind) {
  case CSPAN_CLI_FLAG:
    *(bool *)target = true;
    return CSPAN_OK;
  case CSPAN_CLI_STRING:
    *(const char **)target = value;
    return CSPAN_OK;
  case CSPAN_CLI_LIST:
    return list_add(target, value, p->error);
  case CSPAN_CLI_INT:
  case CSPAN_CLI_SIZE:
    break;
  }
  return store_number(f.option, target, value, p->error);
}

/* `next` is the element that follows, or NULL; *used is set when it was the value. */
static cspan_status parse_long(const parser *p, const char *arg, const char *next, bool *used) {
  const char *name = arg + 2;
  const char *equals = strchr(name, '=');
  size_t len = equals ? (size_t)(equals - name) : strlen(name);
  found f = find_long(p, name, len);
  if (!f.option) {
    return unknown_option(p, arg, name, len);
  }
  if (f.option->kind == CSPAN_CLI_FLAG) {
    if (equals) {
      return cspan_error_set(p->error, CSPAN_ERR_INVALID, "option '--%s' takes no value",
                             f.option->name);
    }
    return store(p, f, NULL);
  }
  if (equals) {
    return store(p, f, equals + 1);
  }
  if (!next) {
    return cspan_error_set(p->error, CSPAN_ERR_INVALID, "option '--%s' needs a value: %s",
                           f.option->name, f.option->argument);
  }
  *used = true;
  return store(p, f, next);
}

static cspan_status parse_letters(const parser *p, const char *arg, const char *next, bool *used) {
  for (const char *c = arg + 1; *c; c++) {
    found f = find_letter(p, *c);
    if (!f.option) {
      char word[3] = {'-', *c, '\0'};
      return unknown_option(p, word, word + 1, 1);
    }
    if (f.option->kind != CSPAN_CLI_FLAG) {
      if (c[1]) {
        return store(p, f, c + 1);
      }
      if (!next) {
        return cspan_error_set(p->error, CSPAN_ERR_INVALID, "option '-%c' needs a value: %s", *c,
                               f.option->argument);
      }
      *used = true;
      return store(p, f, next);
    }
    cspan_status status = store(p, f, NULL);
    if (status != CSPAN_OK) {
      return status;
    }
  }
  return CSPAN_OK;
}

cspan_status cspan_cli_parse(const cspan_cli_option_set *sets, size_t set_count, int argc,
                             char **argv, bool stop_at_argument, cspan_cli_args *args,
                             int *consumed, cspan_error **error) {
  parser p = {sets, set_count, error};
  args->count = 0;
  args->items = cspan_calloc((size_t)argc + 1, sizeof *args->items);
  if (!args->items) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory");
  }
  bool options_ended = false;
  int i = 0;
  for (; i < argc; i++) {
    const char *arg = argv[i];
    if (options_ended || arg[0] != '-' || arg[1] == '\0') {
      if (stop_at_argument) {
        break;
      }
      args->items[args->count++] = arg;
      continue;
    }
    if (strcmp(arg, "--") == 0) {
      options_ended = true;
      continue;
    }
    const char *next = i + 1 < argc ? argv[i + 1] : NULL;
    bool used = false;
    cspan_status status =
        arg[1] == '-' ? parse_long(&p, arg, next, &used) : parse_letters(&p, arg, next, &used);
    if (status != CSPAN_OK) {
      return status;
    }
    i += used;
  }
  *consumed = i;
  return CSPAN_OK;
}

void cspan_cli_option_set_clear(const cspan_cli_option_set *set) {
  for (size_t i = 0; i < set->count; i++) {
    if (set->options[i].kind == CSPAN_CLI_LIST) {
      cspan_cli_list *list =
          (cspan_cli_list *)(void *)((char *)set->values + set->options[i].offset);
      cspan_free(list->items);
      *list = (cspan_cli_list){NULL, 0};
    }
  }
}
