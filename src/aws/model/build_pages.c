/* SPDX-License-Identifier: Apache-2.0 */
/* Paginators and waiters. */
#include <string.h>

#include "aws/model/build.h"

static const char *const matchers[] = {"path", "pathAll", "pathAny", "status", "error"};
static const char *const states[] = {"success", "failure", "retry"};

/* Its number from 1; 0 and a fault where it is not one of them. */
static uint32_t number_of(cspan_builder *build, json_t *from, const char *key,
                          const char *const *names, size_t count) {
  const char *name = cspan_build_string(build, from, key);
  for (size_t i = 0; name && i < count; i++) {
    if (strcmp(name, names[i]) == 0) {
      return (uint32_t)i + 1;
    }
  }
  cspan_build_fail(build, "'%s' of an acceptor is '%s', which is not known", key, name ? name : "");
  return 0;
}

static uint32_t operation_index(cspan_builder *build, const char *name) {
  const cspan_pool_entry *entry =
      name ? cspan_pool_find(&build->operations, name, strlen(name)) : NULL;
  if (!entry) {
    cspan_build_fail(build, "belongs to operation '%s', which the model does not define",
                     name ? name : "");
    return 0;
  }
  return entry->value;
}

static void build_paginator(cspan_builder *build, json_t *from) {
  cspan_paginator_model paginator = {
      .operation = operation_index(build, build->name),
      .input_token = cspan_build_texts_of(build, from, "input_token"),
      .output_token = cspan_build_texts_of(build, from, "output_token"),
      .result_key = cspan_build_texts_of(build, from, "result_key"),
      .non_aggregate_keys = cspan_build_texts_of(build, from, "non_aggregate_keys"),
      .limit_key = cspan_build_text_of(build, from, "limit_key"),
      .more_results = cspan_build_text_of(build, from, "more_results"),
  };
  if (paginator.input_token.count != paginator.output_token.count) {
    cspan_build_fail(build, "has as many input tokens as output tokens: %u, %u",
                     paginator.input_token.count, paginator.output_token.count);
  }
  uint16_t index = cspan_build_record(build, CSPAN_PART_PAGINATORS, &paginator);
  if (cspan_build_ok(build)) {
    cspan_operation_model *operations =
        (cspan_operation_model *)(void *)build->parts[CSPAN_PART_OPERATIONS].data;
    operations[paginator.operation].paginator = (cspan_table_ref)(index + 1u);
  }
}

void cspan_build_paginators(cspan_builder *build, json_t *paginators) {
  json_t *all = cspan_build_object(build, paginators, "pagination");
  cspan_build_each(build, "paginator", all, build_paginator);
}

static cspan_table_range build_acceptors(cspan_builder *build, json_t *from) {
  json_t *acceptors = cspan_build_list(build, from, "acceptors");
  uint16_t first = cspan_build_next(build, CSPAN_PART_ACCEPTORS);
  size_t i = 0;
  json_t *item = NULL;
  json_array_foreach(acceptors, i, item) {
    json_t *expected = json_object_get(item, "expected");
    if (!expected) {
      cspan_build_fail(build, "an acceptor expects nothing");
      break;
    }
    cspan_acceptor_model acceptor = {
        .matcher = number_of(build, item, "matcher", matchers, 5),
        .state = number_of(build, item, "state", states, 3),
        .argument = cspan_build_text_of(build, item, "argument"),
        .expected = cspan_build_text(build, cspan_build_json(build, expected)),
    };
    (void)cspan_build_record(build, CSPAN_PART_ACCEPTORS, &acceptor);
  }
  return cspan_build_range(build, CSPAN_PART_ACCEPTORS, first);
}

static void build_waiter(cspan_builder *build, json_t *from) {
  cspan_waiter_model waiter = {
      .name = cspan_build_text(build, build->name),
      .operation = operation_index(build, cspan_build_string(build, from, "operation")),
      .delay_s = cspan_build_count(build, from, "delay", 86400),
      .max_attempts = cspan_build_count(build, from, "maxAttempts", 100000),
      .acceptors = build_acceptors(build, from),
  };
  (void)cspan_build_record(build, CSPAN_PART_WAITERS, &waiter);
}

void cspan_build_waiters(cspan_builder *build, json_t *waiters) {
  json_t *all = cspan_build_object(build, waiters, "waiters");
  cspan_build_each(build, "waiter", all, build_waiter);
}
