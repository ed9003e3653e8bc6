/* SPDX-License-Identifier: Apache-2.0 */
/* How the tables of the schema are written. */
#ifndef TELEMETRY_CONFIG_SCHEMA_TABLE_H
#define TELEMETRY_CONFIG_SCHEMA_TABLE_H

#define MEMBERS(table) .members = (table), .member_count = sizeof(table) / sizeof((table)[0])

/* Of an OTLP exporter, whatever the signal. */
#define OTLP_MEMBERS                                                                               \
  {"endpoint", &cspan_schema_string_or_null, false}, {"headers", &cspan_schema_headers, false},    \
      {"headers_list", &cspan_schema_string_or_null, false},                                       \
      {"compression", &cspan_schema_string_or_null, false}, {                                      \
    "timeout", &cspan_schema_count, false                                                          \
  }
#define OTLP_HTTP_MEMBERS                                                                          \
  OTLP_MEMBERS, {"tls", &cspan_schema_http_tls, false}, {                                          \
    "encoding", &cspan_schema_encoding, false                                                      \
  }
#define OTLP_GRPC_MEMBERS                                                                          \
  OTLP_MEMBERS, {                                                                                  \
    "tls", &cspan_schema_grpc_tls, false                                                           \
  }

#endif
