/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/pipeline.h"

#include <stdalign.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"

enum { MAX_MIDDLEWARES = 1024, MAX_STATE = 64 * 1024 };

static const char *const step_names[] = {"Initialize", "Serialize", "Build", "Finalize",
                                         "Deserialize"};

/* Index of the first entry of `step` or of a later one. */
static size_t step_start(const cspan_chain *chain, cspan_step step) {
  size_t i = 0;
  while (i < chain->count && chain->entries[i].step < step) {
    i++;
  }
  return i;
}

static size_t step_end(const cspan_chain *chain, cspan_step step) {
  size_t i = step_start(chain, step);
  while (i < chain->count && chain->entries[i].step == step) {
    i++;
  }
  return i;
}

/* Where it goes, or SIZE_MAX when the one it is relative to is not in its step. */
static size_t place_of(const cspan_chain *chain, const cspan_middleware *middleware) {
  size_t start = step_start(chain, middleware->step);
  size_t end = step_end(chain, middleware->step);
  if (!middleware->relative_to) {
    return middleware->position == CSPAN_BEFORE ? start : end;
  }
  for (size_t i = start; i < end; i++) {
    if (strcmp(chain->entries[i].vtable->name, middleware->relative_to) == 0) {
      return middleware->position == CSPAN_BEFORE ? i : i + 1;
    }
  }
  return SIZE_MAX;
}

static cspan_status check(const cspan_middleware *middleware, cspan_error **error) {
  if (!middleware->vtable || !middleware->vtable->name || !middleware->vtable->name[0]) {
    return cspan_error_set(error, CSPAN_ERR_INVALID, "a middleware needs a vtable with a name");
  }
  const char *name = middleware->vtable->name;
  if ((unsigned)middleware->step > CSPAN_STEP_DESERIALIZE ||
      (unsigned)middleware->position > CSPAN_BEFORE) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "the middleware \"%s\" has a step or a position that does not exist",
                           name);
  }
  if (middleware->vtable->state_size > MAX_STATE) {
    return cspan_error_set(error, CSPAN_ERR_LIMIT,
                           "the middleware \"%s\" wants %zu bytes of state; at most %d are given",
                           name, middleware->vtable->state_size, MAX_STATE);
  }
  return CSPAN_OK;
}

static cspan_status insert(cspan_chain *chain, const cspan_middleware *middleware,
                           cspan_error **error) {
  cspan_status status = check(middleware, error);
  if (status != CSPAN_OK) {
    return status;
  }
  size_t at = place_of(chain, middleware);
  if (at == SIZE_MAX) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "the middleware \"%s\" cannot be placed: there is no \"%s\" in the "
                           "step %s",
                           middleware->vtable->name, middleware->relative_to,
                           step_names[middleware->step]);
  }
  memmove(&chain->entries[at + 1], &chain->entries[at],
          (chain->count - at) * sizeof chain->entries[0]);
  chain->entries[at] = (cspan_chain_entry){
      .vtable = middleware->vtable, .self = middleware->self, .step = middleware->step};
  chain->count++;
  return CSPAN_OK;
}

static void lay_out_states(cspan_chain *chain) {
  const size_t align = alignof(max_align_t);
  size_t offset = 0;
  for (size_t i = 0; i < chain->count; i++) {
    cspan_chain_entry *entry = &chain->entries[i];
    bool is_retry = entry->step == CSPAN_STEP_FINALIZE && strcmp(entry->vtable->name, "Retry") == 0;
    entry->state_offset = offset;
    offset += (entry->vtable->state_size + align - 1) / align * align;
    if (is_retry) {
      chain->retry_index = i;
      chain->attempt_offset = offset;
    }
  }
  chain->state_size = offset;
}

static cspan_status insert_all(cspan_chain *chain, const cspan_middleware *list, size_t count,
                               cspan_error **error) {
  cspan_status status = CSPAN_OK;
  for (size_t i = 0; i < count && status == CSPAN_OK; i++) {
    status = insert(chain, &list[i], error);
  }
  return status;
}

cspan_chain *cspan_chain_compose(const cspan_middleware *first, size_t first_count,
                                 const cspan_middleware *more, size_t more_count,
                                 cspan_error **error) {
  size_t own_count = 0;
  const cspan_middleware *own = cspan_builtin_middlewares(&own_count);
  if (first_count > MAX_MIDDLEWARES || more_count > MAX_MIDDLEWARES) {
    cspan_error_set(error, CSPAN_ERR_LIMIT, "at most %d middlewares can be added", MAX_MIDDLEWARES);
    return NULL;
  }
  size_t total = own_count + first_count + more_count;
  cspan_chain *chain = cspan_calloc(1, sizeof *chain + total * sizeof chain->entries[0]);
  if (!chain) {
    cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory: the pipeline was not made");
    return NULL;
  }
  if (insert_all(chain, own, own_count, error) != CSPAN_OK ||
      insert_all(chain, first, first_count, error) != CSPAN_OK ||
      insert_all(chain, more, more_count, error) != CSPAN_OK) {
    cspan_free(chain);
    return NULL;
  }
  lay_out_states(chain);
  return chain;
}
