/* SPDX-License-Identifier: Apache-2.0 */
/* gRPC's framing of messages. */
#ifndef TELEMETRY_OTLP_GRPC_H
#define TELEMETRY_OTLP_GRPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CSPAN_GRPC_PREFIX = 5 };

void cspan_grpc_prefix(uint8_t out[CSPAN_GRPC_PREFIX], bool compressed, uint32_t len);

#endif
