/* SPDX-License-Identifier: Apache-2.0 */
/* W3C Trace Context: traceparent and tracestate. */
#include <string.h>

#include "telemetry/context.h"
#include "telemetry/propagator.h"

enum {
  PARENT_LEN = 55, /* 00-<32>-<16>-<2> */
  TRACE_AT = 3,
  SPAN_AT = 36,
  FLAGS_AT = 53,
  STATE_MAX_MEMBERS = 32,
  STATE_MAX_LEN = 512,
  STATE_LARGE_MEMBER = 128, /* longer ones go first */
  MAX_KEY = 256,
  MAX_TENANT = 241, /* of a key "tenant@system" */
  MAX_SYSTEM = 14,
  MAX_VALUE = 256,
  JOINED_MAX = 32768 /* several header lines */
};

static const char parent_name[] = "traceparent";
static const char state_name[] = "tracestate";
static const char *const fields[] = {parent_name, state_name, NULL};

/* ------------------------------------------------------------- traceparent */

static bool lower_hex(const char *text, size_t len, uint8_t *out) {
  for (size_t i = 0; i < len; i++)
    if (text[i] >= 'A' && text[i] <= 'F')
      return false;
  return cspan_hex_decode(text, len, out);
}

static bool parse_parent(cspan_str text, cspan_span_context *out) {
  uint8_t version;
  uint8_t flags;
  const char *s = text.data;
  if (text.len < PARENT_LEN || s[TRACE_AT - 1] != '-' || s[SPAN_AT - 1] != '-' ||
      s[FLAGS_AT - 1] != '-' || !lower_hex(s, 2, &version) || version == 0xff ||
      !lower_hex(s + TRACE_AT, 32, out->trace_id) || !lower_hex(s + SPAN_AT, 16, out->span_id) ||
      !lower_hex(s + FLAGS_AT, 2, &flags))
    return false;
  /* Later versions may have more fields behind another dash. */
  if (text.len > PARENT_LEN && (version == 0 || s[PARENT_LEN] != '-'))
    return false;
  out->trace_flags = flags & (CSPAN_TRACE_FLAG_SAMPLED | CSPAN_TRACE_FLAG_RANDOM);
  return cspan_span_context_is_valid(out);
}

/* -------------------------------------------------------------- tracestate */

static bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}

/* Lower-case letters, digits, and "_-*" and '/', of which none comes first. */
static bool is_key_part(cspan_str part, size_t max) {
  if (part.len == 0 || part.len > max)
    return false;
  for (size_t i = 0; i < part.len; i++) {
    char c = part.data[i];
    bool is_mark = c == '_' || c == '-' || c == '*' || c == '/';
    if (!is_lower(c) && !(c >= '0' && c <= '9') && (i == 0 || !is_mark))
      return false;
  }
  return true;
}

/* Level 2 allows '@' anywhere behind the first character; level 1 and the working group's tests
 * only as "tenant@system". What both allow is taken. */
static bool is_key(cspan_str key) {
  const char *at = memchr(key.data, '@', key.len);
  if (!at)
    return is_key_part(key, MAX_KEY);
  cspan_str tenant = {key.data, (size_t)(at - key.data)};
  cspan_str system = {at + 1, key.len - tenant.len - 1};
  return is_key_part(tenant, MAX_TENANT) && is_key_part(system, MAX_SYSTEM) &&
         is_lower(system.data[0]);
}

static bool is_value_char(char c) {
  return c >= 0x20 && c <= 0x7e && c != ',' && c != '=';
}

/* The length of the key, 0 when the member is malformed. */
static size_t member_key(cspan_str member) {
  const char *equals = memchr(member.data, '=', member.len);
  size_t key = equals ? (size_t)(equals - member.data) : 0;
  if (key == 0 || !is_key((cspan_str){member.data, key}))
    return 0;
  size_t value = member.len - key - 1;
  if (value == 0 || value > MAX_VALUE)
    return 0;
  for (size_t i = key + 1; i < member.len; i++)
    if (!is_value_char(member.data[i]))
      return 0;
  return key;
}

typedef struct state_members {
  cspan_str items[STATE_MAX_MEMBERS];
  size_t keys[STATE_MAX_MEMBERS];
  size_t count;
} state_members;

static bool has_key(const state_members *members, cspan_str member, size_t key) {
  for (size_t i = 0; i < members->count; i++)
    if (members->keys[i] == key && memcmp(members->items[i].data, member.data, key) == 0)
      return true;
  return false;
}

/* False when any member is malformed: the whole header counts for nothing then. */
static bool parse_state(const char *text, state_members *out) {
  for (const char *at = text; *at;) {
    size_t len = strcspn(at, ",");
    cspan_str member = cspan_str_trim((cspan_str){at, len});
    at += len + (at[len] == ',');
    if (member.len == 0)
      continue;
    size_t key = member_key(member);
    if (key == 0 || out->count == STATE_MAX_MEMBERS || has_key(out, member, key))
      return false;
    out->items[out->count] = member;
    out->keys[out->count++] = key;
  }
  return true;
}

static size_t state_len(const state_members *members) {
  size_t len = members->count ? members->count - 1 : 0;
  for (size_t i = 0; i < members->count; i++)
    len += members->items[i].len;
  return len;
}

static void drop_member(state_members *members, size_t index) {
  members->count--;
  for (size_t i = index; i < members->count; i++)
    members->items[i] = members->items[i + 1];
}

/* As the specification says: long members first, then from the end. */
static void fit_state(state_members *members) {
  for (size_t i = members->count; i-- > 0 && state_len(members) > STATE_MAX_LEN;)
    if (members->items[i].len > STATE_LARGE_MEMBER)
      drop_member(members, i);
  while (state_len(members) > STATE_MAX_LEN)
    drop_member(members, members->count - 1);
}

static void join_state(const state_members *members, char out[STATE_MAX_LEN + 1]) {
  char *at = out;
  for (size_t i = 0; i < members->count; i++) {
    if (i)
      *at++ = ',';
    memcpy(at, members->items[i].data, members->items[i].len);
    at += members->items[i].len;
  }
  *at = '\0';
}

/* -------------------------------------------------------------------- both */

static void parent_write(const cspan_id_digits *ids, char *out) {
  uint8_t flags = ids->flags & (CSPAN_TRACE_FLAG_SAMPLED | CSPAN_TRACE_FLAG_RANDOM);
  memcpy(out, "00-", TRACE_AT);
  memcpy(out + TRACE_AT, ids->trace, SPAN_AT - 1 - TRACE_AT);
  out[SPAN_AT - 1] = '-';
  memcpy(out + SPAN_AT, ids->span, FLAGS_AT - 1 - SPAN_AT);
  out[FLAGS_AT - 1] = '-';
  cspan_hex_encode(&flags, 1, out + FLAGS_AT);
}

static const cspan_id_header id_header = {
    .name = parent_name,
    .name_len = sizeof parent_name - 1,
    .size = PARENT_LEN + 1,
    .write = parent_write,
    .state_name = state_name,
};

/* False, and no state, when it is malformed. */
static bool extract_state(const cspan_carrier_getter *getter, void *carrier,
                          char state[STATE_MAX_LEN + 1]) {
  state_members members = {.count = 0};
  cspan_buf lines;
  cspan_buf_init(&lines, JOINED_MAX);
  const char *text = cspan_carrier_joined(getter, carrier, "tracestate", &lines);
  bool is_good = text && cspan_buf_status(&lines) == CSPAN_OK && parse_state(text, &members);
  if (is_good) {
    fit_state(&members);
    join_state(&members, state);
  }
  cspan_buf_free(&lines);
  return is_good && members.count > 0;
}

static void trace_extract(void *self, const cspan_carrier_getter *getter, void *carrier,
                          cspan_extracted *out) {
  cspan_span_context remote = {.is_remote = true};
  char state[STATE_MAX_LEN + 1];
  (void)self;
  cspan_str parent = cspan_carrier_text(getter, carrier, "traceparent");
  if (!parse_parent(parent, &remote) || cspan_carrier_value(getter, carrier, "traceparent", 1))
    return;
  if (extract_state(getter, carrier, state))
    remote.trace_state = state;
  cspan_extracted_set_remote(out, &remote);
}

static const cspan_propagator_vtable trace_vtable = {
    .size = sizeof trace_vtable,
    .fields = fields,
    .inject = cspan_id_header_inject,
    .extract = trace_extract,
};

cspan_propagator *cspan_propagator_tracecontext(void) {
  return cspan_propagator_create(&trace_vtable, (void *)(uintptr_t)&id_header);
}
