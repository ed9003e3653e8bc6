/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/ended.h"

#include "base/prefetch.h"

/* An entry is of words, so that it can be read while another thread writes: each word is atomic,
 * and the first one is odd during a write and another one after it. A release store of a word
 * comes after the odd number, an acquire load before the second look at it. */
enum { SEQUENCE, GENERATION, CONTEXT, STATE = CONTEXT + 4 };

/* A few spans have a trace state of more than 80 bytes: these are in a smaller table. */
enum { SHORT_WORDS = 16, SHORT_COUNT = 4096, SHORT_STATE = (SHORT_WORDS - STATE) * 8 };
enum { LONG_WORDS = STATE + CSPAN_TRACE_STATE_MAX / 8, LONG_COUNT = 256 };

static _Alignas(64) _Atomic uint64_t short_entries[SHORT_COUNT][SHORT_WORDS];
static _Alignas(64) _Atomic uint64_t long_entries[LONG_COUNT][LONG_WORDS];

/* Spans that follow each other in one slot are in entries that follow each other, and those of
 * different slots begin far apart (Fibonacci hashing). */
static uint32_t place(uint32_t index, uint64_t generation) {
  return ((index * 0x9E3779B1U) >> 20) + (uint32_t)(generation >> 2);
}

static void write_word(_Atomic uint64_t *entry, size_t i, uint64_t word) {
  atomic_store_explicit(&entry[i], word, memory_order_release);
}

/* False where another thread is writing at that moment, or was when the process forked. */
static inline __attribute__((always_inline)) bool write_entry(_Atomic uint64_t *entry,
                                                              const cspan_slot *slot,
                                                              uint64_t generation) {
  uint64_t sequence = atomic_load_explicit(&entry[SEQUENCE], memory_order_relaxed) & ~UINT64_C(1);
  if (!atomic_compare_exchange_strong_explicit(&entry[SEQUENCE], &sequence, sequence + 1,
                                               memory_order_acquire, memory_order_relaxed)) {
    return false;
  }
  write_word(entry, GENERATION, generation);
  write_word(entry, CONTEXT, slot->context.words[0]);
  write_word(entry, CONTEXT + 1, slot->context.words[1]);
  write_word(entry, CONTEXT + 2, slot->context.words[2]);
  write_word(entry, CONTEXT + 3, slot->context.words[3]);
  for (size_t at = 0; at < slot->context.state_len; at += 8) {
    write_word(entry, STATE + at / 8, wire_load64(slot->state + at));
  }
  write_word(entry, SEQUENCE, sequence + 2);
  return true;
}

static __attribute__((noinline)) void keep_elsewhere(const cspan_slot *slot, uint64_t generation,
                                                     uint32_t at) {
  if (slot->context.state_len <= SHORT_STATE) {
    write_entry(short_entries[(at ^ 1) % SHORT_COUNT], slot, generation);
  } else if (!write_entry(long_entries[at % LONG_COUNT], slot, generation)) {
    write_entry(long_entries[(at ^ 1) % LONG_COUNT], slot, generation);
  }
}

void cspan_ended_keep(const cspan_slot *slot, uint64_t generation) {
  uint32_t at = place(slot->context.index, generation);
  if (slot->context.state_len > SHORT_STATE ||
      !write_entry(short_entries[at % SHORT_COUNT], slot, generation)) {
    keep_elsewhere(slot, generation, at);
  }
}

void cspan_ended_expect(cspan_span span) {
  uint32_t at = place(((const cspan_slot *)span.slot)->context.index, span.generation);
  cspan_prefetch_to_write(short_entries[at % SHORT_COUNT]);
}

static uint64_t read_word(const _Atomic uint64_t *entry, size_t i) {
  return atomic_load_explicit(&entry[i], memory_order_acquire);
}

static bool read_entry(const _Atomic uint64_t *entry, uint32_t index, uint64_t generation,
                       cspan_ended_context *out) {
  uint64_t sequence = read_word(entry, SEQUENCE);
  if ((sequence & 1) != 0 || read_word(entry, GENERATION) != generation) {
    return false;
  }
  for (size_t i = 0; i < STATE - CONTEXT; i++) {
    out->context.words[i] = read_word(entry, CONTEXT + i);
  }
  for (size_t at = 0; at < out->context.state_len; at += 8) {
    wire_store64(out->state + at, read_word(entry, STATE + at / 8));
  }
  out->state[out->context.state_len] = '\0';
  return out->context.index == index &&
         atomic_load_explicit(&entry[SEQUENCE], memory_order_relaxed) == sequence;
}

bool cspan_ended_find(cspan_span span, cspan_ended_context *out) {
  if (span.slot == NULL) {
    return false;
  }
  uint32_t index = ((const cspan_slot *)span.slot)->context.index;
  uint32_t at = place(index, span.generation);
  return read_entry(short_entries[at % SHORT_COUNT], index, span.generation, out) ||
         read_entry(short_entries[(at ^ 1) % SHORT_COUNT], index, span.generation, out) ||
         read_entry(long_entries[at % LONG_COUNT], index, span.generation, out) ||
         read_entry(long_entries[(at ^ 1) % LONG_COUNT], index, span.generation, out);
}
