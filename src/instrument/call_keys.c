/* SPDX-License-Identifier: Apache-2.0 */
#include "instrument/call_keys.h"

#include "instrument/extract.h"

static const char *const keys[CSPAN_CALL_KEYS] = {
    [CSPAN_KEY_SERVER_ADDRESS] = "server.address",
    [CSPAN_KEY_SERVER_PORT] = "server.port",
    [CSPAN_KEY_METHOD] = "http.request.method",
    [CSPAN_KEY_REQUEST_SIZE] = "http.request.body.size",
    [CSPAN_KEY_STATUS_CODE] = "http.response.status_code",
    [CSPAN_KEY_RESPONSE_SIZE] = "http.response.body.size",
    [CSPAN_KEY_REQUEST_ID] = "aws.request_id",
    [CSPAN_KEY_EXTENDED_REQUEST_ID] = "aws.extended_request_id",
    [CSPAN_KEY_ATTEMPTS] = "aws.retry.attempts",
    [CSPAN_KEY_BACKOFF] = "aws.retry.backoff_ms",
    [CSPAN_KEY_DNS] = "aws.http.dns_us",
    [CSPAN_KEY_CONNECT] = "aws.http.connect_us",
    [CSPAN_KEY_TLS] = "aws.http.tls_us",
    [CSPAN_KEY_FIRST_BYTE] = "aws.http.time_to_first_byte_us",
    [CSPAN_KEY_TRANSFER] = "aws.http.transfer_us",
    [CSPAN_KEY_REUSED] = "aws.http.connection_reused",
    [CSPAN_KEY_ERROR_TYPE] = "error.type",
    [CSPAN_KEY_PEER_ADDRESS] = "network.peer.address",
    [CSPAN_KEY_PEER_PORT] = "network.peer.port",
};

uint32_t cspan_call_keys_left_out(const cspan_own_rules *own_rules) {
  uint32_t left_out = 0;
  for (unsigned i = 0; i < CSPAN_CALL_KEYS; i++) {
    left_out |= (uint32_t)cspan_own_rules_remove(own_rules, keys[i]) << i;
  }
  return left_out;
}
