/* SPDX-License-Identifier: Apache-2.0 */
/* Consistent probability: thresholds, randomness, and their text in the trace state
 * (OpenTelemetry, trace/tracestate-probability-sampling). Pure. */
#ifndef TELEMETRY_SAMPLING_THRESHOLD_H
#define TELEMETRY_SAMPLING_THRESHOLD_H

#include <cloudspan/ext/sampler.h>

/* 56 bits as hexadecimal digits. */
enum { CSPAN_THRESHOLD_DIGITS = 14, CSPAN_THRESHOLD_PRECISION = 4 };
/* Neither a threshold nor a randomness. */
#define CSPAN_THRESHOLD_ABSENT UINT64_MAX

/* The threshold of a ratio, of four significant digits behind leading 0s or fs; NEVER for what is
 * below 2^-56, and for what is no number. */
uint64_t cspan_threshold_of_ratio(double ratio);
/* The share that a threshold keeps. */
double cspan_threshold_ratio(uint64_t threshold);

/* Without trailing zeros. Returns the length. `threshold` is below NEVER. */
size_t cspan_threshold_text(uint64_t threshold, char out[CSPAN_THRESHOLD_DIGITS + 1]);
/* 1 to 14 digits; ABSENT for anything else. */
uint64_t cspan_threshold_parse(const char *text, size_t len);

/* All 14 digits. */
void cspan_randomness_text(uint64_t randomness, char out[CSPAN_THRESHOLD_DIGITS + 1]);
/* Exactly 14 digits; ABSENT for anything else. */
uint64_t cspan_randomness_parse(const char *text, size_t len);

static inline uint64_t cspan_randomness_of_id(const uint8_t trace_id[16]) {
  uint64_t randomness = 0;
  for (size_t i = 9; i < 16; i++) {
    randomness = randomness << 8 | trace_id[i];
  }
  return randomness;
}

/* A ratio as text for descriptions and reasons: at least `min_digits` behind the point, more where
 * that would not tell it from another one. */
enum { CSPAN_RATIO_TEXT_MAX = 24 };
void cspan_ratio_text(double ratio, unsigned min_digits, char out[CSPAN_RATIO_TEXT_MAX]);

#endif
