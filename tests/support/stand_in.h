/* SPDX-License-Identifier: Apache-2.0 */
/* A small HTTP server in a thread, for services that tests stand in for: a function answers each
 * request. One connection after the other, each for one request. */
#ifndef SUPPORT_STAND_IN_H
#define SUPPORT_STAND_IN_H

#include <stddef.h>

typedef struct stand_in_request {
  const char *method;
  const char *target; /* path and query */
  const char *head;   /* the whole head, for stand_in_header() */
  const char *body;
} stand_in_request;

typedef struct stand_in_answer {
  int status; /* 0: none ever; the connection stays open */
  char body[8192];
} stand_in_answer;

/* On the server's thread. */
typedef void (*stand_in_fn)(void *user, const stand_in_request *request, stand_in_answer *answer);

typedef struct stand_in stand_in;

/* On a port of the kernel's choice; ends the program when that fails. */
stand_in *stand_in_start(stand_in_fn fn, void *user);
const char *stand_in_url(const stand_in *server); /* "http://127.0.0.1:PORT" */
/* Requests so far. */
int stand_in_count(stand_in *server);
/* "PUT /latest/api/token\nGET /...\n": those since the last call of this. free(). */
char *stand_in_log(stand_in *server);
void stand_in_stop(stand_in *server);

/* A header's value, in a buffer that the next call on this thread overwrites; "" where absent. */
const char *stand_in_header(const stand_in_request *request, const char *name);

#endif
