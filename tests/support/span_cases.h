/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls and the whole spans that they must leave, as JSON:
 *   {"service": "sqs",                 the folder of its model
 *    "every": {ATTRIBUTES},            of each span below
 *    "calls": [{
 *      "operation": "SendMessage",
 *      "service": "iam",               where it is another one
 *      "input": {...},                 {"$blob": "text"} and {"$base64": "..."} are blobs
 *      "response": {"status": "200 OK", "headers": "A: b\r\n", "body": {...}},  a stub's, see below
 *      "save": {"url": "QueueUrl"},    texts of the output, used as ${url} from then on
 *      "wait": "TableExists",          a waiter with the same input, afterwards
 *      "span": {"name": "send q", "kind": "PRODUCER", "status": "ERROR", "message": "...",
 *               "attributes": {ATTRIBUTES}, "without": ["key of every"],
 *               "events": [{"name": "...", "attributes": {ATTRIBUTES}}], "links": 0}}]}
 * A call without a span is made, must succeed, and is not looked at. Attributes are compared by
 * value and type (5 is an int, 5.0 a double), none missing and none besides; "$int", "$double",
 * "$bool", "$string" and "$strings" stand for any value of a type, and "?" behind them allows that
 * there is none; "*" is any message. In texts, ${port} is the server's port, ${round} a number of the run.
 */
#ifndef SUPPORT_SPAN_CASES_H
#define SUPPORT_SPAN_CASES_H

#include <cloudspan/cloudspan.h>

typedef struct span_cases {
  const cspan_trace_options *trace; /* what the calls are traced with, besides the provider */
  const char *models;               /* NULL: those of the system */
  const char *endpoint;             /* NULL: a stub that gives the response of each call */
  int port;                         /* of the endpoint */
  int round;
} span_cases;

/* Runs a file of calls; returns how many of their spans were not as they should be, each told on
 * stderr. -1: there is no model of the service. Ends the program when the file cannot be used. */
int span_cases_run(const span_cases *cases, const char *path);

#endif
