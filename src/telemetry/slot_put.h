/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes of a span that its maker has locked by cspan_slot_lock_recording(), several at a time,
 * under keys that are literals: the compiler knows their sizes and hashes. Nothing else may be done
 * with the span until cspan_slot_unlock_span(). */
#ifndef TELEMETRY_SLOT_PUT_H
#define TELEMETRY_SLOT_PUT_H

#include "telemetry/core.h"
#include "telemetry/kv.h"

#define CSPAN_SLOT_PUT static inline __attribute__((always_inline)) void

CSPAN_SLOT_PUT cspan_slot_put_string(cspan_slot *slot, const char *key, const char *value,
                                     size_t len) {
  if (!kv_set_string(&slot->enc, CSPAN_TAG_ATTRIBUTE, key, strlen(key), value, len)) {
    cspan_slot_attr(
        slot,
        &(cspan_attr){.key = key, .type = CSPAN_ATTR_STRING, .value.string = value, .count = len});
  }
}

CSPAN_SLOT_PUT cspan_slot_put_text(cspan_slot *slot, const char *key, const char *value) {
  cspan_slot_put_string(slot, key, value, strlen(value));
}

CSPAN_SLOT_PUT cspan_slot_put_int64(cspan_slot *slot, const char *key, int64_t value) {
  if (!kv_set_varint(&slot->enc, CSPAN_TAG_ATTRIBUTE, key, strlen(key), ANY_INT, (uint64_t)value)) {
    cspan_slot_attr(slot,
                    &(cspan_attr){.key = key, .type = CSPAN_ATTR_INT64, .value.int64 = value});
  }
}

CSPAN_SLOT_PUT cspan_slot_put_bool(cspan_slot *slot, const char *key, bool value) {
  if (!kv_set_varint(&slot->enc, CSPAN_TAG_ATTRIBUTE, key, strlen(key), ANY_BOOL, value)) {
    cspan_slot_attr(slot,
                    &(cspan_attr){.key = key, .type = CSPAN_ATTR_BOOL, .value.boolean = value});
  }
}

#endif
