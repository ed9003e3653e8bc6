/* SPDX-License-Identifier: Apache-2.0 */
/* A context as texts, and which of them may be added to what is there. */
#include "instrument/carriers/carried.h"

#include <string.h>

#include "base/text.h"
#include "telemetry/propagator.h"

/* -------------------------------------------------------------- collecting */

typedef struct collector {
  cspan_carried *carried;
  const cspan_memory *memory;
  cspan_carried_part *part;
  bool has_failed;
} collector;

bool cspan_carried_is_xray(const char *const *fields) {
  return fields[0] != NULL && cspan_ieq(fields[0], "X-Amzn-Trace-Id");
}

static bool is_field(const char *const *fields, const char *key) {
  while (*fields != NULL && !cspan_ieq(*fields, key)) {
    fields++;
  }
  return *fields != NULL;
}

static const char *keep(const cspan_memory *memory, const char *text, size_t size) {
  char *copy = memory->alloc(memory->user, size + 1);
  if (copy != NULL) {
    memcpy(copy, text, size);
    copy[size] = '\0';
  }
  return copy;
}

/* Names that are not known beforehand (baggage of Jaeger) cannot be asked for, and stay here. */
static void take(void *data, const char *key, const char *value) {
  collector *c = data;
  cspan_carried *carried = c->carried;
  size_t size = strlen(value);
  if (size == 0 || !is_field(c->part->fields, key)) {
    return;
  }
  const char *copy = keep(c->memory, value, size);
  const char *name = keep(c->memory, key, strlen(key));
  if (copy == NULL || name == NULL || carried->key_count == CSPAN_CARRIED_MAX_KEYS) {
    c->has_failed = true;
    return;
  }
  carried->keys[carried->key_count++] = cspan_field(name, cspan_string_of(copy, size));
  c->part->count++;
}

static void take_xray(void *data, const char *key, const char *value) {
  collector *c = data;
  (void)key;
  c->carried->xray = keep(c->memory, value, strlen(value));
}

bool cspan_carried_collect(const cspan_propagator *propagator, const cspan_context *context,
                           const cspan_memory *memory, cspan_carried *out) {
  const cspan_propagator *parts[CSPAN_CARRIED_MAX_PARTS];
  size_t count = cspan_propagator_parts(propagator, parts, CSPAN_CARRIED_MAX_PARTS);
  out->part_count = 0;
  out->key_count = 0;
  out->xray = NULL;
  collector c = {.carried = out, .memory = memory};
  for (size_t i = 0; i < count; i++) {
    const char *const *fields = cspan_propagator_fields(parts[i]);
    if (cspan_carried_is_xray(fields)) {
      cspan_propagator_inject(parts[i], context, take_xray, &c);
      continue;
    }
    c.part = &out->parts[out->part_count++];
    *c.part = (cspan_carried_part){
        .fields = fields, .first = out->key_count, .is_baggage = is_field(fields, "baggage")};
    cspan_propagator_inject(parts[i], context, take, &c);
  }
  return !c.has_failed && (out->key_count > 0 || out->xray != NULL);
}

/* ---------------------------------------------------------------- choosing */

static bool has_any(const char *const *fields, cspan_carried_has_fn has, const void *where) {
  while (*fields != NULL && !has(where, *fields)) {
    fields++;
  }
  return *fields != NULL;
}

bool cspan_carried_is_there(const cspan_carried *carried, cspan_carried_has_fn has,
                            const void *where) {
  for (size_t i = 0; i < carried->part_count; i++) {
    if (!carried->parts[i].is_baggage && has_any(carried->parts[i].fields, has, where)) {
      return true;
    }
  }
  return has(where, "X-Amzn-Trace-Id");
}

static size_t part_size(const cspan_carried *carried, const cspan_carried_part *part,
                        size_t overhead) {
  size_t size = 0;
  for (size_t i = part->first; i < part->first + part->count; i++) {
    size += carried->keys[i].name_size_bytes + carried->keys[i].value.size + overhead;
  }
  return size;
}

size_t cspan_carried_choose(const cspan_carried *carried, cspan_carried_has_fn has,
                            const void *where, cspan_carried_room room,
                            size_t indexes[CSPAN_CARRIED_MAX_KEYS]) {
  size_t used = 0;
  if (cspan_carried_is_there(carried, has, where)) {
    return 0;
  }
  for (size_t i = 0; i < carried->part_count; i++) {
    const cspan_carried_part *part = &carried->parts[i];
    size_t size = part_size(carried, part, room.key_overhead_bytes);
    if (part->count > room.places || size > room.size_bytes ||
        (part->is_baggage && has_any(part->fields, has, where))) {
      continue;
    }
    room.places -= part->count;
    room.size_bytes -= size;
    for (size_t k = 0; k < part->count; k++) {
      indexes[used++] = part->first + k;
    }
  }
  return used;
}

/* ------------------------------------------------------ reading and editing */

bool cspan_carried_has_member(const void *map, const char *key) {
  for (size_t i = 0; i < cspan_value_count(map); i++) {
    if (cspan_ieq(cspan_value_name_at(map, i), key)) {
      return true;
    }
  }
  return false;
}

size_t cspan_carried_text_size(const cspan_value *map, const char *name) {
  size_t size = 0;
  cspan_value_bytes(cspan_value_get(map, name), &size);
  return size;
}

bool cspan_carried_put(const cspan_memory *memory, const cspan_value *map, const char *name,
                       cspan_value value, cspan_value *out) {
  size_t count = cspan_value_count(map);
  cspan_member *members = memory->alloc(memory->user, (count + 1) * sizeof *members);
  if (members == NULL) {
    return false;
  }
  size_t at = count;
  for (size_t i = 0; i < count; i++) {
    members[i] = map->as.members[i];
    if (at == count && members[i].name_size_bytes == strlen(name) &&
        memcmp(members[i].name, name, members[i].name_size_bytes) == 0) {
      at = i;
    }
  }
  members[at] = cspan_field(name, value);
  *out = cspan_map(members, at == count ? count + 1 : count);
  return true;
}

cspan_value *cspan_carried_items(const cspan_memory *memory, const cspan_value *map,
                                 const char *name, size_t *count) {
  const cspan_value *list = cspan_value_get(map, name);
  *count = cspan_value_get_kind(list) == CSPAN_VALUE_LIST ? list->size : 0;
  if (*count == 0) {
    return NULL;
  }
  cspan_value *items = memory->alloc(memory->user, *count * sizeof *items);
  if (items != NULL) {
    memcpy(items, list->as.items, *count * sizeof *items);
  }
  return items;
}

size_t cspan_carried_left(const cspan_carried_limits *limits, size_t used) {
  size_t limit = used <= limits->size_bytes ? limits->size_bytes : limits->most_bytes;
  return used < limit ? limit - used : 0;
}
