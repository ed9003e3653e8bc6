/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/sampling/tail_rules.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "telemetry/kv.h"
#include "telemetry/sampling/tail_scan.h"

enum { NS_PER_MS = 1000000 };
/* The parts, and what stands between them and behind. */
enum { REASON_BYTES = 2 * CSPAN_TAIL_REASON_MAX };

/* -------------------------------------------------------------------- the reasons */

/* A part that is too long is left out. */
static void say(cspan_buf *text, const char *label, const char *what) {
  size_t len = strlen(label) + strlen(what) + 1;
  if (text->len + len <= CSPAN_TAIL_REASON_MAX) {
    cspan_buf_printf(text, "%s%s%s", text->len > 0 ? "+" : "", label, what);
  }
}

static void say_latency(cspan_buf *text, const cspan_tail_rule *rule) {
  const char *name = rule->match.span_name;
  bool has_name = name != NULL && strlen(name) <= CSPAN_TAIL_REASON_MAX / 2;
  cspan_buf_printf(text, "%slatency%s%s>%lldms", text->len > 0 ? "+" : "", has_name ? ":" : "",
                   has_name ? name : "", (long long)rule->longer_than_ms);
}

static void say_attribute(cspan_buf *text, const cspan_attr_match *attr) {
  say(text, "attribute:", attr->key != NULL ? attr->key : "");
  if (attr->value != NULL && text->len + strlen(attr->value) < CSPAN_TAIL_REASON_MAX) {
    cspan_buf_printf(text, "=%s", attr->value);
  }
}

/* The conditions in the order in which one would tell them: "error",
 * "latency:S3.PutObject>500ms", "error+attribute:tenant=gold*". */
static void say_conditions(cspan_buf *text, const cspan_tail_rule *rule) {
  if (rule->error) {
    say(text, "error", "");
  }
  if (rule->longer_than_ms > 0) {
    say_latency(text, rule);
  } else if (rule->match.span_name != NULL) {
    say(text, "span:", rule->match.span_name);
  }
  if (rule->min_retries > 0) {
    char number[24];
    snprintf(number, sizeof number, "%lld", (long long)rule->min_retries);
    say(text, "retries:", number);
  }
  for (size_t i = 0; rule->match.attributes != NULL && i < rule->match.attribute_count; i++) {
    say_attribute(text, &rule->match.attributes[i]);
  }
  if (text->len == 0) {
    cspan_buf_str(text, "rule");
  }
}

static void say_rate(cspan_buf *text, double ratio) {
  char number[CSPAN_RATIO_TEXT_MAX];
  cspan_ratio_text(ratio, 0, number);
  cspan_buf_printf(text, "%srate:%s", text->len > 0 ? "," : "", number);
}

/* `rule` NULL: the base rate. */
static bool write_reason(cspan_tail_ready_rule *ready, const cspan_tail_rule *rule, double ratio) {
  cspan_buf text;
  cspan_buf_init(&text, REASON_BYTES);
  if (rule != NULL && rule->name != NULL) {
    size_t len = strlen(rule->name);
    cspan_buf_append(&text, rule->name, len < CSPAN_TAIL_REASON_MAX ? len : CSPAN_TAIL_REASON_MAX);
  } else if (rule != NULL) {
    say_conditions(&text, rule);
  }
  if (rule == NULL || ready->threshold != 0) {
    say_rate(&text, ratio);
  }
  const cspan_attr attr = cspan_attr_string(CSPAN_TAIL_REASON, cspan_buf_text(&text));
  cspan_kv_size size;
  bool ok = cspan_buf_status(&text) != CSPAN_ERR_NOMEM &&
            cspan_kv_measure(&attr, CSPAN_TAIL_REASON_MAX, CSPAN_ENC_UNLIMITED, &size);
  if (ok) {
    ready->reason_size = wire_bytes_size(size.kv);
    ready->reason = cspan_malloc(ready->reason_size);
    ok = ready->reason != NULL;
  }
  if (ok) {
    cspan_kv_write(ready->reason, CSPAN_TAG_ATTRIBUTE, &attr, &size);
  }
  cspan_buf_free(&text);
  return ok;
}

/* ---------------------------------------------------------------------- the rules */

static void set_threshold(cspan_tail_ready_rule *ready, double ratio) {
  char digits[CSPAN_THRESHOLD_DIGITS + 1];
  ready->threshold = cspan_threshold_of_ratio(ratio);
  if (ready->threshold != CSPAN_THRESHOLD_NEVER) {
    cspan_threshold_text(ready->threshold, digits);
    snprintf(ready->state, sizeof ready->state, "ot=th:%s", digits);
    const uint8_t *end =
        wire_bytes(ready->state_field, CSPAN_TAG_STATE, ready->state, strlen(ready->state));
    ready->state_field_size = (size_t)(end - ready->state_field);
  }
}

/* Of the keys that are no patterns. */
static bool hash_keys(cspan_tail_ready_rule *ready) {
  size_t count = ready->match.attribute_count;
  ready->key_hashes = cspan_calloc(count > 0 ? count : 1, sizeof *ready->key_hashes);
  for (size_t i = 0; ready->key_hashes != NULL && i < count; i++) {
    const cspan_attr_match *attr = &ready->match.attributes[i];
    if (attr->is_literal || strpbrk(attr->key, "*?") == NULL) {
      ready->key_hashes[i] = text_hash(attr->key, strlen(attr->key));
    }
  }
  return ready->key_hashes != NULL;
}

static bool make_ready(cspan_tail_ready_rule *ready, const cspan_tail_rule *rule) {
  double ratio = rule->drop ? 0 : (rule->ratio > 0 ? rule->ratio : 1);
  set_threshold(ready, ratio);
  ready->error = rule->error;
  ready->min_retries = rule->min_retries;
  ready->min_ns = INT64_MIN;
  if (rule->longer_than_ms > 0) {
    ready->min_ns = rule->longer_than_ms < INT64_MAX / NS_PER_MS
                        ? rule->longer_than_ms * NS_PER_MS + 1
                        : INT64_MAX;
  }
  const cspan_span_match *match = &rule->match;
  ready->has_match = match->span_name != NULL || match->kinds != 0 || match->parents != 0;
  return cspan_span_match_copy(&ready->match, &rule->match) && hash_keys(ready) &&
         write_reason(ready, rule, ratio);
}

bool cspan_tail_rules_init(cspan_tail_rules *rules, const cspan_tail_sampling_options *options) {
  bool ok = true;
  uint32_t count = (uint32_t)options->rule_count;
  *rules = (cspan_tail_rules){.items = cspan_calloc((size_t)count + 1, sizeof *rules->items)};
  if (rules->items == NULL) {
    return false;
  }
  rules->count = count;
  rules->attempts_hash = text_hash(CSPAN_RETRY_ATTEMPTS, sizeof CSPAN_RETRY_ATTEMPTS - 1);
  for (uint32_t i = 0; ok && i < count; i++) {
    ok = make_ready(&rules->items[i], &options->rules[i]);
  }
  cspan_tail_ready_rule *base = &rules->items[count];
  base->min_ns = INT64_MIN;
  set_threshold(base, options->base_ratio);
  ok = ok && write_reason(base, NULL, options->base_ratio);
  for (uint32_t i = 0; i <= count; i++) {
    size_t size = rules->items[i].reason_size;
    rules->reason_size_max = size > rules->reason_size_max ? size : rules->reason_size_max;
  }
  return ok;
}

void cspan_tail_rules_free(cspan_tail_rules *rules) {
  for (uint32_t i = 0; rules->items != NULL && i <= rules->count; i++) {
    cspan_span_match_free(&rules->items[i].match);
    cspan_free(rules->items[i].key_hashes);
    cspan_free(rules->items[i].reason);
  }
  cspan_free(rules->items);
  *rules = (cspan_tail_rules){.count = 0};
}

static unsigned parent_of(const cspan_ended_span *span) {
  if (span->parent_span_id == NULL) {
    return CSPAN_PARENT_NONE;
  }
  return span->parent_is_remote ? CSPAN_PARENT_REMOTE : CSPAN_PARENT_LOCAL;
}

/* What the SDK knows of a span's keys says most often that there is none to be looked for. */
static bool may_have(const cspan_ended_span *span, uint32_t hash) {
  const cspan_enc *enc = span->keys;
  return enc == NULL || hash == 0 ||
         (enc->filter[(hash >> 6) % CSPAN_ENC_FILTER_WORDS] & kv_filter_bit(hash)) != 0;
}

static bool has_attributes(const cspan_tail_ready_rule *rule, const cspan_ended_span *span) {
  for (size_t i = 0; i < rule->match.attribute_count; i++) {
    if (!may_have(span, rule->key_hashes[i]) ||
        !cspan_scan_has_attribute(span->span, span->span_size_bytes, &rule->match.attributes[i])) {
      return false;
    }
  }
  return true;
}

static int64_t retries_of(const cspan_tail_rules *rules, const cspan_ended_span *span) {
  const uint32_t name_bit = UINT32_C(1) << (sizeof CSPAN_RETRY_EVENT - 1) % 32;
  if (span->keys != NULL && (span->event_names & name_bit) == 0 &&
      !may_have(span, rules->attempts_hash)) {
    return 0;
  }
  return cspan_scan_retries(span->span, span->span_size_bytes);
}

static bool matches_outside(const cspan_tail_ready_rule *rule, const cspan_ended_span *span) {
  const cspan_str name = {span->name, span->name_size_bytes};
  return cspan_span_match_outside(&rule->match, name, span->kind, parent_of(span));
}

uint32_t cspan_tail_rules_match(const cspan_tail_rules *rules, const cspan_ended_span *span) {
  int64_t retries = -1; /* not counted yet */
  const cspan_tail_ready_rule *rule = rules->items;
  for (uint32_t i = 0; i < rules->count; i++, rule++) {
    if (rule->error > span->error || span->duration_ns < rule->min_ns ||
        (rule->has_match && !matches_outside(rule, span))) {
      continue;
    }
    if (rule->min_retries > 0) {
      retries = retries >= 0 ? retries : retries_of(rules, span);
      if (retries < rule->min_retries) {
        continue;
      }
    }
    if (has_attributes(rule, span)) {
      return i;
    }
  }
  return rules->count;
}
