/* SPDX-License-Identifier: Apache-2.0 */
/* The attributes that are set one by one as a span ends, and which of them are left out. */
#ifndef INSTRUMENT_CALL_KEYS_H
#define INSTRUMENT_CALL_KEYS_H

#include "instrument/rules.h"

/* Each is a bit of cspan_tracing.left_out. */
typedef enum cspan_call_key {
  CSPAN_KEY_SERVER_ADDRESS = 0,
  CSPAN_KEY_SERVER_PORT,
  CSPAN_KEY_METHOD,
  CSPAN_KEY_REQUEST_SIZE,
  CSPAN_KEY_STATUS_CODE,
  CSPAN_KEY_RESPONSE_SIZE,
  CSPAN_KEY_REQUEST_ID,
  CSPAN_KEY_EXTENDED_REQUEST_ID,
  CSPAN_KEY_ATTEMPTS,
  CSPAN_KEY_BACKOFF,
  CSPAN_KEY_DNS,
  CSPAN_KEY_CONNECT,
  CSPAN_KEY_TLS,
  CSPAN_KEY_FIRST_BYTE,
  CSPAN_KEY_TRANSFER,
  CSPAN_KEY_REUSED,
  CSPAN_KEY_ERROR_TYPE,
  CSPAN_KEY_PEER_ADDRESS,
  CSPAN_KEY_PEER_PORT,
  CSPAN_CALL_KEYS
} cspan_call_key;

/* The bits of the keys that are left out. */
uint32_t cspan_call_keys_left_out(const cspan_own_rules *own_rules);

static inline bool cspan_keeps(uint32_t left_out, cspan_call_key key) {
  return (left_out >> key & 1U) == 0;
}

#endif
