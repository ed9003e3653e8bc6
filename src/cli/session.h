/* SPDX-License-Identifier: Apache-2.0 */
/* What a command works with: configuration, clients, and, when spans are wanted, the
 * telemetry with a root span around the command. */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include <cloudspan/cloudspan.h>

#include "cli/cli.h"

typedef struct cspan_cli_session {
  const cspan_cli_run *run;
  cspan_aws_config *config;
  cspan_s3 *s3;
  cspan_storage *storage;
  cspan_tracer_provider *provider; /* NULL: nothing is traced */
  cspan_span root;
  cspan_context context; /* the root span and the cancellation by signals */
} cspan_cli_session;

/* Without clients: for commands that have their own. On failure as below. */
bool cspan_cli_session_begin(cspan_cli_session *session, const cspan_cli_run *run, int *code);
/* `storage` may be NULL. On failure the message has been printed, nothing is to be closed,
 * and *code is the exit code. */
bool cspan_cli_session_open(cspan_cli_session *session, const cspan_cli_run *run,
                            const cspan_storage_options *storage, int *code);
/* Marks the root span as failed; later calls add nothing. */
void cspan_cli_session_failed(cspan_cli_session *session, const cspan_error *error);
/* Prints the error and frees it, marks the root span; returns the exit code. */
int cspan_cli_session_fail(cspan_cli_session *session, cspan_error *error);
/* Ends the root span, exports, warns about lost spans. */
void cspan_cli_session_close(cspan_cli_session *session);

#endif
