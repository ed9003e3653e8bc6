/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/ended.h"

/* An entry is of words, so that it can be read while another thread writes: each word is atomic,
 * and the first one is odd during a write and another one after it. A release store of a word
 * comes after the odd number, an acquire load before the second look at it. */
enum { SEQUENCE, GENERATION, PROPERTIES, TRACE_ID, SPAN_ID = TRACE_ID + 2, STATE };
/* PROPERTIES: index, state's length, flags, is_remote. */
enum { STATE_LEN_SHIFT = 32, FLAGS_SHIFT = 48, REMOTE_SHIFT = 56 };

/* A few spans have a trace state of more than 80 bytes: these are in a smaller table. */
enum { SHORT_WORDS = 16, SHORT_COUNT = 4096, SHORT_STATE = (SHORT_WORDS - STATE) * 8 };
enum { LONG_WORDS = STATE + CSPAN_TRACE_STATE_MAX / 8, LONG_COUNT = 256 };

static _Alignas(64) _Atomic uint64_t short_entries[SHORT_COUNT][SHORT_WORDS];
static _Alignas(64) _Atomic uint64_t long_entries[LONG_COUNT][LONG_WORDS];

/* Spans that follow each other in one slot are in entries that follow each other. */
static uint32_t place(uint32_t index, uint64_t generation) {
  return index * 0x9E3779B1U + (uint32_t)(generation >> 2);
}

static void write_word(_Atomic uint64_t *entry, int i, const void *from) {
  atomic_store_explicit(&entry[i], wire_load64(from), memory_order_release);
}

static bool write_entry(_Atomic uint64_t *entry, const cspan_slot *slot, uint64_t generation) {
  uint64_t sequence = atomic_load_explicit(&entry[SEQUENCE], memory_order_relaxed);
  if ((sequence & 1) != 0 ||
      !atomic_compare_exchange_strong_explicit(&entry[SEQUENCE], &sequence, sequence + 1,
                                               memory_order_acquire, memory_order_relaxed)) {
    return false;
  }
  atomic_store_explicit(&entry[GENERATION], generation, memory_order_release);
  atomic_store_explicit(&entry[PROPERTIES],
                        slot->index | (uint64_t)slot->state_len << STATE_LEN_SHIFT |
                            (uint64_t)slot->trace_flags << FLAGS_SHIFT |
                            (uint64_t)slot->is_remote << REMOTE_SHIFT,
                        memory_order_release);
  write_word(entry, TRACE_ID, slot->trace_id);
  write_word(entry, TRACE_ID + 1, slot->trace_id + 8);
  write_word(entry, SPAN_ID, slot->span_id);
  for (uint32_t at = 0; at < slot->state_len; at += 8) {
    write_word(entry, STATE + (int)(at / 8), slot->state + at);
  }
  atomic_store_explicit(&entry[SEQUENCE], sequence + 2, memory_order_release);
  return true;
}

/* Where another thread is writing at that moment, or was when the process forked, the neighbour
 * is taken. */
void cspan_ended_keep(const cspan_slot *slot, uint64_t generation) {
  uint32_t at = place(slot->index, generation);
  if (slot->state_len <= SHORT_STATE) {
    if (!write_entry(short_entries[at % SHORT_COUNT], slot, generation)) {
      write_entry(short_entries[(at ^ 1) % SHORT_COUNT], slot, generation);
    }
  } else if (!write_entry(long_entries[at % LONG_COUNT], slot, generation)) {
    write_entry(long_entries[(at ^ 1) % LONG_COUNT], slot, generation);
  }
}

static uint64_t read_word(const _Atomic uint64_t *entry, int i) {
  return atomic_load_explicit(&entry[i], memory_order_acquire);
}

static void copy_word(void *to, const _Atomic uint64_t *entry, int i) {
  uint64_t word = read_word(entry, i);
  memcpy(to, &word, sizeof word);
}

static bool read_entry(const _Atomic uint64_t *entry, uint32_t index, uint64_t generation,
                       cspan_ended_context *out) {
  uint64_t sequence = read_word(entry, SEQUENCE);
  uint64_t properties = read_word(entry, PROPERTIES);
  if ((sequence & 1) != 0 || read_word(entry, GENERATION) != generation ||
      (uint32_t)properties != index) {
    return false;
  }
  out->trace_flags = (uint8_t)(properties >> FLAGS_SHIFT);
  out->is_remote = properties >> REMOTE_SHIFT != 0;
  out->state_len = (properties >> STATE_LEN_SHIFT) & 0xFFFF;
  copy_word(out->trace_id, entry, TRACE_ID);
  copy_word(out->trace_id + 8, entry, TRACE_ID + 1);
  copy_word(out->span_id, entry, SPAN_ID);
  for (uint32_t at = 0; at < out->state_len; at += 8) {
    copy_word(out->state + at, entry, STATE + (int)(at / 8));
  }
  out->state[out->state_len] = '\0';
  return atomic_load_explicit(&entry[SEQUENCE], memory_order_relaxed) == sequence;
}

bool cspan_ended_find(cspan_span span, cspan_ended_context *out) {
  if (span.slot == NULL) {
    return false;
  }
  uint32_t index = ((const cspan_slot *)span.slot)->index;
  uint32_t at = place(index, span.generation);
  return read_entry(short_entries[at % SHORT_COUNT], index, span.generation, out) ||
         read_entry(short_entries[(at ^ 1) % SHORT_COUNT], index, span.generation, out) ||
         read_entry(long_entries[at % LONG_COUNT], index, span.generation, out) ||
         read_entry(long_entries[(at ^ 1) % LONG_COUNT], index, span.generation, out);
}
