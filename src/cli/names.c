/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/names.h"

#include <string.h>

#include "aws/model/folder.h"
#include "base/error.h"
#include "base/nearest.h"

/* ------------------------------------------------------------------ spelling */

static bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}

static bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}

static bool is_letter_or_digit(char c) {
  return is_upper(c) || is_lower(c) || (c >= '0' && c <= '9');
}

/* The plural of an acronym at the end: "ListWebACLs". */
static bool is_plural(const char *name, size_t at) {
  return at > 1 && name[at] == 's' && name[at + 1] == '\0' && is_upper(name[at - 1]) &&
         is_upper(name[at - 2]);
}

/* A capital after a small letter or a digit, and the last capital before small letters. */
static bool begins_word(const char *name, size_t at) {
  if (at == 0 || !is_upper(name[at]) || !is_letter_or_digit(name[at - 1])) {
    return false;
  }
  bool ends_acronym = is_lower(name[at + 1]) && !is_plural(name, at + 1);
  return !is_upper(name[at - 1]) || ends_acronym;
}

void cspan_cli_dashed(const char *name, char out[CSPAN_CLI_NAME_SIZE]) {
  size_t len = 0;
  for (size_t i = 0; name[i] != '\0' && len + 2 < CSPAN_CLI_NAME_SIZE; i++) {
    if (begins_word(name, i)) {
      out[len++] = '-';
    }
    char c = is_upper(name[i]) ? (char)(name[i] - 'A' + 'a') : name[i];
    out[len++] = c == '_' || c == ' ' ? '-' : c;
  }
  out[len] = '\0';
}

/* -------------------------------------------------------------------- search */

/* The candidate that is nearest to a name so far. */
typedef struct nearest {
  char wanted[CSPAN_CLI_NAME_SIZE];
  const char *best;
  size_t closeness;
} nearest;

static void nearest_init(nearest *n, const char *name) {
  *n = (nearest){.closeness = SIZE_MAX};
  cspan_cli_dashed(name, n->wanted);
}

static void nearest_offer(nearest *n, const char *name) {
  char candidate[CSPAN_CLI_NAME_SIZE];
  cspan_cli_dashed(name, candidate);
  size_t closeness = cspan_closeness(n->wanted, strlen(n->wanted), candidate);
  if (closeness < n->closeness) {
    n->best = name;
    n->closeness = closeness;
  }
}

static cspan_status unknown(const cspan_service_model *model, const nearest *n, const char *kind,
                            const char *name, cspan_error **error) {
  const char *service = cspan_model_text(model, model->info->key);
  char best[CSPAN_CLI_NAME_SIZE];
  if (n->best != NULL) {
    cspan_cli_dashed(n->best, best);
    return cspan_error_set(error, CSPAN_ERR_CONFIG,
                           "service '%s' has no %s '%.100s'; did you mean '%s'?", service, kind,
                           name, is_upper(name[0]) ? n->best : best);
  }
  return cspan_error_set(error, CSPAN_ERR_CONFIG,
                         "service '%s' has no %s '%.100s'; 'cloudspan models show %s' lists what "
                         "it has",
                         service, kind, name, service);
}

cspan_status cspan_cli_find_operation(const cspan_service_model *model, const char *name,
                                      const cspan_operation_model **out, cspan_error **error) {
  nearest n;
  nearest_init(&n, name);
  for (uint32_t i = 0; i < model->operation_count; i++) {
    const char *known = cspan_model_text(model, model->operations[i].name);
    if (cspan_service_name_eq(known, name)) {
      *out = &model->operations[i];
      return CSPAN_OK;
    }
    nearest_offer(&n, known);
  }
  return unknown(model, &n, "operation", name, error);
}

cspan_status cspan_cli_find_waiter(const cspan_service_model *model, const char *name,
                                   const cspan_waiter_model **out, cspan_error **error) {
  nearest n;
  nearest_init(&n, name);
  for (uint32_t i = 0; i < model->waiter_count; i++) {
    const char *known = cspan_model_text(model, model->waiters[i].name);
    if (cspan_service_name_eq(known, name)) {
      *out = &model->waiters[i];
      return CSPAN_OK;
    }
    nearest_offer(&n, known);
  }
  return unknown(model, &n, "waiter", name, error);
}
