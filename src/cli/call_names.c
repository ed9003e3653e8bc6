/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <string.h>

#include "base/error.h"
#include "cli/call.h"

enum { NAME_SIZE = 128 };

static char lower(char c) {
  return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static const char *skip_dashes(const char *text) {
  while (*text == '-' || *text == '_') {
    text++;
  }
  return text;
}

bool cspan_cli_same_name(const char *a, const char *b) {
  for (;;) {
    a = skip_dashes(a);
    b = skip_dashes(b);
    if (lower(*a) != lower(*b)) {
      return false;
    }
    if (*a == '\0') {
      return true;
    }
    a++;
    b++;
  }
}

/* "PutItem" to "put-item", so that a mistyped name is compared with what would
 * be typed. */
static void dashed(const char *name, char out[NAME_SIZE]) {
  size_t len = 0;
  for (size_t i = 0; name[i] != '\0' && len + 2 < NAME_SIZE; i++) {
    bool is_upper = name[i] >= 'A' && name[i] <= 'Z';
    bool is_start = is_upper && i > 0 && !(name[i - 1] >= 'A' && name[i - 1] <= 'Z') &&
                    name[i - 1] != '-' && name[i - 1] != '_';
    if (is_start) {
      out[len++] = '-';
    }
    out[len++] = name[i] == '_' ? '-' : lower(name[i]);
  }
  out[len] = '\0';
}

static cspan_status unknown(const cspan_cli_call *call, const char *name, cspan_error **error) {
  const cspan_service_model *model = call->client->model;
  const char *service = cspan_model_text(model, model->info->key);
  char wanted[NAME_SIZE];
  char best[NAME_SIZE] = "";
  size_t best_closeness = SIZE_MAX;
  dashed(name, wanted);
  for (uint32_t i = 0; i < model->operation_count; i++) {
    char candidate[NAME_SIZE];
    dashed(cspan_model_text(model, model->operations[i].name), candidate);
    size_t closeness = cspan_cli_closeness(wanted, candidate);
    if (closeness < best_closeness) {
      memcpy(best, candidate, sizeof best);
      best_closeness = closeness;
    }
  }
  return cspan_error_set(error, CSPAN_ERR_INVALID,
                         "%s has no operation '%.100s'%s%s%s; `cloudspan "
                         "models show %s` lists them",
                         service, name, best[0] != '\0' ? "; did you mean '" : "", best,
                         best[0] != '\0' ? "'?" : "", service);
}

static const cspan_waiter_model *find_waiter(const cspan_cli_call *call) {
  const cspan_service_model *model = call->client->model;
  const char *name = call->values->waiter;
  for (uint32_t i = 0; name != NULL && i < model->waiter_count; i++) {
    if (cspan_cli_same_name(name, cspan_model_text(model, model->waiters[i].name))) {
      return &model->waiters[i];
    }
  }
  return NULL;
}

cspan_status cspan_cli_call_find_operation(cspan_cli_call *call, const char *name,
                                           cspan_error **error) {
  const cspan_service_model *model = call->client->model;
  const cspan_waiter_model *waiter = find_waiter(call);
  if (name == NULL && waiter != NULL) {
    call->model = &model->operations[waiter->operation];
  } else if (name == NULL) {
    return cspan_error_set(error, CSPAN_ERR_INVALID, "expected SERVICE OPERATION%s%.80s",
                           call->values->waiter != NULL ? "; there is no waiter " : "",
                           call->values->waiter != NULL ? call->values->waiter : "");
  }
  for (uint32_t i = 0; name != NULL && i < model->operation_count; i++) {
    if (cspan_cli_same_name(name, cspan_model_text(model, model->operations[i].name))) {
      call->model = &model->operations[i];
    }
  }
  if (call->model == NULL) {
    return unknown(call, name, error);
  }
  call->operation = cspan_model_text(model, call->model->name);
  return CSPAN_OK;
}

bool cspan_cli_call_is_of_waiter(const cspan_cli_call *call) {
  const cspan_waiter_model *waiter = find_waiter(call);
  return waiter != NULL && &call->client->model->operations[waiter->operation] == call->model;
}
