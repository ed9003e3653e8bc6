/* SPDX-License-Identifier: Apache-2.0 */
/* How sizes, times and untrusted names look on a terminal, and lines of JSON. */
#ifndef CLI_TEXT_H
#define CLI_TEXT_H

#include <stdio.h>

#include "base/buf.h"

/* "512 B", "1.5 KiB", "25.0 MiB". */
void cspan_cli_format_size(int64_t bytes, char out[16]);
/* "2024-05-01T10:00:00Z"; "-" for 0. */
void cspan_cli_format_time(int64_t seconds, char out[24]);
/* Bytes, or a number (a fraction is allowed) with K, M, G or T, each optionally followed by
 * iB or B; all are powers of 1,024. False for anything else, or over 2^62. */
bool cspan_cli_parse_size(const char *text, int64_t *out);
/* A limit of an option for a message: a size that is a whole number of units, or a number. */
void cspan_cli_format_limit(int64_t value, bool is_size, char out[32]);

/* Text of others (keys, messages) that cannot drive the terminal or hide: control characters,
 * those that change the order of the text, and bytes that are not UTF-8 stand as \xNN. */
void cspan_cli_put_text(FILE *file, const char *text);

/* One JSON object as one line. Members are added between begin and end; NULL text adds
 * nothing. What would act on a terminal is escaped as JSON does; bytes that are not UTF-8
 * become U+FFFD. */
typedef struct cspan_cli_json {
  cspan_buf buf;
  bool first;
} cspan_cli_json;

void cspan_cli_json_begin(cspan_cli_json *json);
void cspan_cli_json_text(cspan_cli_json *json, const char *name, const char *text);
void cspan_cli_json_int(cspan_cli_json *json, const char *name, int64_t value);
void cspan_cli_json_bool(cspan_cli_json *json, const char *name, bool value);
/* An object as a member: what is added until close belongs to it. */
void cspan_cli_json_open(cspan_cli_json *json, const char *name);
void cspan_cli_json_close(cspan_cli_json *json);
/* A list of texts as a member. */
void cspan_cli_json_list(cspan_cli_json *json, const char *name);
void cspan_cli_json_item(cspan_cli_json *json, const char *text);
void cspan_cli_json_list_end(cspan_cli_json *json);
/* {"code":...,"message":...,"http_status":...,"request_id":...} as a member "error". */
void cspan_cli_json_error(cspan_cli_json *json, const cspan_error *error);
/* Writes the line and frees the object. False when out of memory, which is said on the
 * standard error output. */
bool cspan_cli_json_end(cspan_cli_json *json, FILE *file);
/* Whether that happened since this was asked last: the command has failed then. */
bool cspan_cli_output_was_lost(void);

#endif
