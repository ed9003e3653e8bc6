/* SPDX-License-Identifier: Apache-2.0 */
/* What calls cost: each kind of price, with units that cost a dollar, and the boundaries of what is
 * counted; which attempts count; tags of one's own. */
#include "support/priced_call.h"

#include <math.h>
#include <unistd.h>

#include "instrument/cost.h"

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
#define OK_100                                                                                     \
  "HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\n" TEN TEN TEN TEN TEN TEN    \
      TEN TEN TEN TEN
#define TEN "0123456789"
#define IA                                                                                         \
  "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nx-amz-storage-class: STANDARD_IA\r\nConnection: "       \
  "close\r\n\r\n"
#define SLOW    "HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
#define REFUSED "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
#define TIMED_OUT                                                                                  \
  "HTTP/1.1 400 Bad Request\r\nContent-Length: 42\r\nConnection: close\r\n\r\n"                    \
  "<Error><Code>RequestTimeout</Code></Error>"
#define NOT_MET                                                                                    \
  "HTTP/1.1 400 Bad Request\r\nContent-Length: 59\r\nConnection: close\r\n\r\n"                    \
  "<Error><Code>ConditionalCheckFailedException</Code></Error>"

#define ROW(name, operations, unit, rest)                                                          \
  "{\"name\": \"" name "\", \"service\": \"T\", \"operations\": \"" operations                     \
  "\", \"unit\": \"" unit "\", \"usd\": 1" rest "}"

static const char
    table[] =
        "{\"format\": 1, \"currency\": \"USD\", \"date\": \"2026-01-31\", \"region\": "
        "\"us-east-1\", "
        "\"source\": \"test\", \"prices\": [" ROW("answered", "Answered", "request",
                                                  ", \"billed\": \"answered\"") "," ROW("request",
                                                                                        "Request",
                                                                                        "request", ", \"per\": 1000, \"regions\": {\"eu-west-1\": 3}") "," ROW("standard", "Stored", "request", ", \"storage_class\": \"STANDARD\"") "," ROW("ia",
                                                                                                                                                                                                                                             "Stored", "request", ", \"per\": 0.5, \"storage_class\": \"STANDARD_IA\"") "," ROW("express", "Stored",
                                                                                                                                                                                                                                                                                                                                "request",
                                                                                                                                                                                                                                                                                                                                ", \"per\": 0.25, \"storage_class\": "
                                                                                                                                                                                                                                                                                                                                "\"EXPRESS_ONEZONE\"") "," ROW("down",
                                                                                                                                                                                                                                                                                                                                                               "Get",
                                                                                                                                                                                                                                                                                                                                                               "response_byte", "") "," ROW("out",
                                                                                                                                                                                                                                                                                                                                                                                            "Get",
                                                                                                                                                                                                                                                                                                                                                                                            "response_byte", ", \"per\": 0.5, \"transfer_out\": true") "," ROW("up",
                                                                                                                                                                                                                                                                                                                                                                                                                                                               "Put",
                                                                                                                                                                                                                                                                                                                                                                                                                                                               "request_byte",
                                                                                                                                                                                                                                                                                                                                                                                                                                                               "") "," ROW("send",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                           "Send",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                           "request",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                           ", \"fifo\": false, \"bytes\": [\"Body\"], "
                                                                                                                                                                                                                                                                                                                                                                                                                                                                           "\"keyed_bytes\": [\"Attributes\"], \"chunk_bytes\": 65536") "," ROW("send.fifo",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                "Send",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                "request", ", \"fifo\": true, \"per\": 0.1") "," ROW("batch",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                     "Batch",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                     "request",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                     ", \"items\": \"Entries\", \"bytes\": [\"Body\"], "
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                     "\"chunk_bytes\": 65536") "," ROW("events",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       "Events",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       "item",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       ", \"items\": \"Entries\", \"bytes\": [\"Time\", \"Body\"]"
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       ", \"chunk_bytes\": 65536") "," ROW("bytes",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                           "Bytes",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                           "payload_byte",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                           ", \"bytes\": [\"Body\"], \"keyed_bytes\": "
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                           "[\"Attributes\"]") "," ROW("received",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       "Receive",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       "request",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       ", \"from\": \"output\", \"items\": \"Messages\", "
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       "\"bytes\": [\"Body\"], \"chunk_bytes\": 65536") "," ROW("invoke",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                "Invoke",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                "request", ", \"unless\": [\"Phone\", \"Type=DryRun\"]") "," ROW("read",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                 "Read",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                 "read_unit",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                 ", \"from\": \"output\", \"keyed_bytes\": [\"Item\"], "
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                 "\"chunk_bytes\": 4096") "," ROW("query",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                  "Query",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                  "read_unit",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                  "") "," ROW("write", "Write", "write_unit",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                              ", \"keyed_bytes\": [\"Item\"], \"chunk_bytes\": 1024, "
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                              "\"billed_errors\": [\"ConditionalCheckFailedException\"]") "]}";

enum { TRANSFER = 1 };

typedef struct cost_case {
  priced_call call;  /* of the service "T" */
  double usd;        /* negative: the span says nothing */
  const char *basis; /* NULL: not looked at */
  unsigned flags;
} cost_case;

static const cost_case cases[] = {
    /* attempts */
    {{.operation = "Answered", .answers = {OK}}, 1, "answered 1/1 us-east-1 2026-01-31", 0},
    {{.operation = "Answered", .answers = {SLOW, SLOW, OK}}, 1, NULL, 0},
    {{.operation = "Answered", .answers = {TIMED_OUT, SLOW, OK}}, 2, NULL, 0},
    {{.operation = "Answered", .answers = {TIMED_OUT, TIMED_OUT, TIMED_OUT, REFUSED}}, 4, NULL, 0},
    {{.operation = "Answered", .answers = {SLOW, SLOW, SLOW, SLOW}}, 0, NULL, 0},
    {{.operation = "Answered", .answers = {"", OK}}, 1, NULL, 0},
    {{.operation = "Answered", .answers = {REFUSED}}, 1, NULL, 0},
    {{.operation = "Request", .answers = {OK}}, 0.001, "request 1/1000 us-east-1 2026-01-31", 0},
    {{.operation = "Request", .answers = {TIMED_OUT, OK}}, 0.001, NULL, 0},
    {{.operation = "Request", .answers = {REFUSED}}, 0, NULL, 0},
    {{.operation = "Request", .region = "eu-west-1", .answers = {OK}},
     0.003,
     "request 3/1000 eu-west-1 2026-01-31",
     0},
    {{.operation = "Unknown", .answers = {OK}}, -1, NULL, 0},
    /* storage classes */
    {{.operation = "Stored", .answers = {OK}}, 1, NULL, 0},
    {{.operation = "Stored", .storage_class = "STANDARD_IA", .answers = {OK}}, 2, NULL, 0},
    {{.operation = "Stored", .storage_class = "COLD", .answers = {OK}}, -1, NULL, 0},
    {{.operation = "Stored", .method = "GET", .answers = {IA}}, 2, NULL, 0},
    {{.operation = "Stored", .answers = {IA}}, 1, NULL, 0}, /* it wrote STANDARD */
    {{.operation = "Stored", .input = "{\"Bucket\": \"b--use1-az4--x-s3\"}", .answers = {OK}},
     4,
     NULL,
     0},
    /* bodies */
    {{.operation = "Get", .method = "GET", .answers = {OK_100}},
     100,
     "down 1/1 us-east-1 2026-01-31",
     0},
    {{.operation = "Get", .method = "GET", .answers = {OK_100}},
     300,
     "down 1/1 us-east-1 2026-01-31 + out 1/0.5 us-east-1 2026-01-31",
     TRANSFER},
    {{.operation = "Get", .method = "GET", .answers = {SLOW, REFUSED}}, 0, NULL, TRANSFER},
    {{.operation = "Put", .body = "12345", .answers = {SLOW, OK}}, 5, NULL, 0},
    /* chunks */
    {{.operation = "Send", .input = "{\"Body\": \"\"}", .answers = {OK}}, 1, NULL, 0},
    {{.operation = "Send", .input = "{\"Body\": \"@65536@\"}", .answers = {OK}}, 1, NULL, 0},
    {{.operation = "Send", .input = "{\"Body\": \"@65537@\"}", .answers = {OK}}, 2, NULL, 0},
    {{.operation = "Send", .input = "{\"Body\": \"@262144@\"}", .answers = {OK}}, 4, NULL, 0},
    {{.operation = "Send",
      .input = "{\"Body\": \"@65526@\", \"Attributes\": {\"key\": {\"DataType\": \"String\", "
               "\"StringValue\": \"1\"}}}",
      .answers = {OK}},
     1, /* 65,526 + 3 + 6 + 1 */
     NULL,
     0},
    {{.operation = "Send",
      .input = "{\"Body\": \"@65527@\", \"Attributes\": {\"key\": {\"DataType\": \"String\", "
               "\"StringValue\": \"1\"}}}",
      .answers = {OK}},
     2,
     NULL,
     0},
    {{.operation = "Send",
      .input = "{\"QueueUrl\": \"https://q/1/orders.fifo\", \"Body\": \"@70000@\"}",
      .answers = {OK}},
     10,
     NULL,
     0},
    {{.operation = "Send",
      .input = "{\"TopicArn\": \"arn:aws:sns:us-east-1:1:t.fifo\"}",
      .answers = {OK}},
     10,
     NULL,
     0},
    {{.operation = "Batch",
      .input = "{\"Entries\": [{\"Body\": \"@30000@\"}, {\"Body\": \"@35536@\"}]}",
      .answers = {OK}},
     1,
     NULL,
     0},
    {{.operation = "Batch",
      .input = "{\"Entries\": [{\"Body\": \"@30000@\"}, {\"Body\": \"@35537@\"}]}",
      .answers = {OK}},
     2,
     NULL,
     0},
    {{.operation = "Events",
      .input = "{\"Entries\": [{\"Body\": \"@65536@\"}, {\"Body\": \"@65537@\"}, {}]}",
      .answers = {OK}},
     4,
     NULL,
     0},
    {{.operation = "Bytes",
      .input = "{\"Body\": \"12345\", \"Attributes\": {\"ab\": {\"DataType\": \"String\"}}}",
      .answers = {OK}},
     13,
     NULL,
     0},
    {{.operation = "Receive", .output = "{}", .answers = {OK}}, 1, NULL, 0},
    {{.operation = "Receive",
      .output = "{\"Messages\": [{\"Body\": \"@65536@\"}, {\"Body\": \"1\"}]}",
      .answers = {OK}},
     2,
     NULL,
     0},
    /* conditions */
    {{.operation = "Invoke", .input = "{}", .answers = {OK}}, 1, NULL, 0},
    {{.operation = "Invoke", .answers = {OK}}, 1, NULL, 0},
    {{.operation = "Invoke", .input = "{\"Type\": \"Event\"}", .answers = {OK}}, 1, NULL, 0},
    {{.operation = "Invoke", .input = "{\"Type\": \"DryRun\"}", .answers = {OK}}, -1, NULL, 0},
    {{.operation = "Invoke", .input = "{\"Phone\": \"+1\"}", .answers = {OK}}, -1, NULL, 0},
    /* capacity */
    {{.operation = "Query", .output = "{}", .answers = {OK}}, -1, NULL, 0},
    {{.operation = "Query",
      .output = "{\"ConsumedCapacity\": {\"CapacityUnits\": 0.5}}",
      .answers = {OK}},
     0.5,
     "query 1/1 us-east-1 2026-01-31",
     0},
    {{.operation = "Query",
      .output = "{\"ConsumedCapacity\": [{\"CapacityUnits\": 2}, {\"CapacityUnits\": 3.5}]}",
      .answers = {SLOW, OK}},
     5.5,
     NULL,
     0},
    {{.operation = "Query", .answers = {REFUSED}}, 0, NULL, 0},
    {{.operation = "Read", .output = "{}", .answers = {OK}},
     0.5,
     "read 1/1 by size us-east-1 2026-01-31",
     0},
    {{.operation = "Read",
      .input = "{\"ConsistentRead\": true}",
      .output = "{\"Item\": {\"id\": {\"S\": \"@4093@\"}}}",
      .answers = {OK}},
     1,
     NULL,
     0},
    {{.operation = "Read", .output = "{\"Item\": {\"id\": {\"S\": \"@4094@\"}}}", .answers = {OK}},
     1,
     NULL,
     0},
    {{.operation = "Read",
      .output = "{\"Item\": {\"id\": {\"S\": \"@9000@\"}}, \"ConsumedCapacity\": "
                "{\"CapacityUnits\": 7}}",
      .answers = {OK}},
     7,
     "read 1/1 us-east-1 2026-01-31",
     0},
    {{.operation = "Write",
      .input = "{\"Item\": {\"id\": {\"S\": \"@1021@\"}}}",
      .output = "{}",
      .answers = {OK}},
     1,
     NULL,
     0},
    {{.operation = "Write",
      .input = "{\"Item\": {\"id\": {\"S\": \"@1022@\"}}}",
      .output = "{}",
      .answers = {OK}},
     2,
     NULL,
     0},
    {{.operation = "Write",
      .input = "{\"Item\": {\"id\": {\"S\": \"@1022@\"}}}",
      .answers = {NOT_MET}},
     2,
     NULL,
     0},
    {{.operation = "Write",
      .input = "{\"Item\": {\"id\": {\"S\": \"@1022@\"}}}",
      .answers = {REFUSED}},
     0,
     NULL,
     0},
};

static char price_file[] = "/tmp/cloudspan-cost-XXXXXX";

static int make_price_file(void **state) {
  (void)state;
  int fd = mkstemp(price_file);
  ssize_t written = write(fd, table, sizeof table - 1);
  return close(fd) == 0 && written == (ssize_t)sizeof table - 1 ? 0 : -1;
}

static int remove_price_file(void **state) {
  (void)state;
  return unlink(price_file);
}

static const cspan_attr *attr_of(const cspan_span_list *spans, const char *key) {
  const cspan_span_view *view = cspan_span_list_at(spans, cspan_span_list_count(spans) - 1);
  assert_non_null(view);
  return cspan_attrs_find(view->attributes, view->attribute_count, key);
}

static void check_cost(const cspan_span_list *spans, double usd, const char *basis,
                       const char *where, size_t n) {
  const cspan_attr *cost = attr_of(spans, "cloudspan.cost.usd");
  const cspan_attr *said = attr_of(spans, "cloudspan.cost.basis");
  if (usd < 0) {
    if (cost || said) {
      fail_msg("%s (%zu): there is a cost", where, n);
    }
    return;
  }
  if (!cost || cost->type != CSPAN_ATTR_DOUBLE || !said || said->type != CSPAN_ATTR_STRING) {
    fail_msg("%s (%zu): there is no cost", where, n);
  }
  if (fabs(cost->value.number - usd) > 1e-12 + usd * 1e-12) {
    fail_msg("%s (%zu): the cost is %.12f, not %.12f", where, n, cost->value.number, usd);
  }
  if (basis && strcmp(basis, said->value.string) != 0) {
    fail_msg("%s (%zu): the basis is \"%s\"", where, n, said->value.string);
  }
}

static void test_costs(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    priced_call call = cases[i].call;
    call.service = "T";
    const cspan_trace_options trace = {
        .cost = CSPAN_SWITCH_ON,
        .price_file = price_file,
        .cost_transfer_out = cases[i].flags & TRANSFER ? CSPAN_SWITCH_ON : CSPAN_SWITCH_DEFAULT,
    };
    cspan_span_list *spans = priced_run(&call, trace, NULL, (cspan_provider_options){0});
    check_cost(spans, cases[i].usd, cases[i].basis, call.operation, i);
    cspan_span_list_free(spans);
  }
}

/* Prices that are as old as the services, of the table that is installed. */
static const cost_case real[] = {
    {{.service = "S3", .operation = "PutObject", .method = "PUT", .answers = {SLOW, OK}},
     0.000005,
     NULL,
     0},
    {{.service = "S3", .operation = "GetObject", .method = "GET", .answers = {REFUSED}},
     0.0000004,
     NULL,
     0},
    {{.service = "S3", .operation = "ListObjectsV2", .method = "GET", .answers = {OK}},
     0.000005,
     NULL,
     0},
    {{.service = "S3", .operation = "DeleteObject", .method = "DELETE", .answers = {OK}},
     0,
     NULL,
     0},
    {{.service = "SQS",
      .operation = "SendMessageBatch",
      .input = "{\"QueueUrl\": \"https://q/1/o\", \"Entries\": [{\"MessageBody\": \"@65536@\"}, "
               "{\"MessageBody\": \"1\"}]}",
      .answers = {OK}},
     0.0000008,
     NULL,
     0},
    {{.service = "SQS", .operation = "DeleteMessage", .answers = {OK}}, 0.0000004, NULL, 0},
    {{.service = "Lambda", .operation = "Invoke", .answers = {OK}}, 0.0000002, NULL, 0},
    {{.service = "EventBridge",
      .operation = "PutEvents",
      .input = "{\"Entries\": [{}, {}]}",
      .answers = {OK}},
     0.000002,
     NULL,
     0},
    /* What was refused was not published; the answer's list has the order of the request's. */
    {{.service = "EventBridge",
      .operation = "PutEvents",
      .input = "{\"Entries\": [{\"Detail\": \"@65537@\"}, {}, {}]}",
      .output = "{\"FailedEntryCount\": 1, \"Entries\": [{\"ErrorCode\": \"Throttled\"}, "
                "{\"EventId\": \"1\", \"ErrorCode\": null}, {\"EventId\": \"2\"}]}",
      .answers = {OK}},
     0.000002,
     NULL,
     0},
    {{.service = "Kinesis",
      .operation = "PutRecords",
      .input = "{\"Records\": [{\"Data\": \"1\"}, {\"Data\": \"2\"}]}",
      .output = "{\"Records\": [{\"ErrorCode\": \"a\"}, {\"ErrorCode\": \"b\"}]}",
      .answers = {OK}},
     0,
     NULL,
     0},
    {{.service = "Secrets Manager", .operation = "GetSecretValue", .answers = {OK}},
     0.000005,
     NULL,
     0},
    {{.service = "SFN", .operation = "StartExecution", .answers = {OK}}, -1, NULL, 0},
    {{.service = "SNS",
      .operation = "Publish",
      .input = "{\"PhoneNumber\": \"+1\"}",
      .answers = {OK}},
     -1,
     NULL,
     0},
};

static void test_installed_table(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof real / sizeof real[0]; i++) {
    const cspan_trace_options trace = {.cost = CSPAN_SWITCH_ON};
    cspan_span_list *spans = priced_run(&real[i].call, trace, NULL, (cspan_provider_options){0});
    check_cost(spans, real[i].usd, NULL, real[i].call.operation, i);
    cspan_span_list_free(spans);
  }
}

static void test_off_by_default(void **state) {
  (void)state;
  const priced_call call = {.service = "T", .operation = "Answered", .answers = {OK}};
  const cspan_trace_options trace = {.price_file = "/nonexistent"};
  cspan_span_list *spans = priced_run(&call, trace, NULL, (cspan_provider_options){0});
  check_cost(spans, -1, NULL, "off", 0);
  cspan_span_list_free(spans);
}

static void check_tag(const cspan_span_list *spans, const char *key, const char *value) {
  const cspan_attr *attr = attr_of(spans, key);
  if ((attr != NULL) != (value != NULL) || (attr && strcmp(attr->value.string, value) != 0)) {
    fail_msg("%s is %s, not %s", key, attr ? attr->value.string : "absent", value);
  }
}

/* The baggage wins over the resource; samplers see what the start has. */
static void test_tags(void **state) {
  (void)state;
  const priced_call call = {.service = "T", .operation = "Answered", .answers = {OK}};
  const char *const tags[] = {"team", "tenant", "stage", "number", NULL};
  const cspan_attr resource[] = {cspan_attr_string("team", "blue"),
                                 cspan_attr_string("tenant", "all"), cspan_attr_int64("number", 1)};
  const cspan_provider_options provider = {.resource = resource, .resource_count = 3};
  cspan_baggage *baggage = cspan_baggage_with(NULL, "tenant", "acme", NULL);
  assert_non_null(baggage);
  const cspan_context context = {.baggage = baggage};
  const cspan_trace_options trace = {.allocation_tags = tags};
  cspan_span_list *spans = priced_run(&call, trace, &context, provider);
  check_tag(spans, "team", "blue");
  check_tag(spans, "tenant", "acme");
  check_tag(spans, "stage", NULL);
  check_tag(spans, "number", NULL);
  check_cost(spans, -1, NULL, "tags", 0);
  cspan_span_list_free(spans);
  cspan_baggage_free(baggage);
}

static void check_refused(const cspan_trace_options *options, cspan_status status,
                          const char *message) {
  cspan_aws_options aws = {.size = sizeof aws,
                           .region = "us-east-1",
                           .config_file = "/nonexistent",
                           .credentials_file = "/nonexistent"};
  cspan_aws_config *config = NULL;
  cspan_error *error = NULL;
  assert_int_equal(cspan_aws_config_load(&aws, &config, NULL), CSPAN_OK);
  assert_int_equal(cspan_trace_append(config, options, &error), status);
  assert_non_null(strstr(cspan_error_message(error), message));
  cspan_error_free(error);
  cspan_aws_config_free(config);
}

static void test_bad_options(void **state) {
  (void)state;
  const char *const empty[] = {"team", "", NULL};
  const char *many[18] = {NULL};
  for (size_t i = 0; i < 17; i++) {
    many[i] = "a";
  }
  cspan_trace_options options = {.size = sizeof options, .allocation_tags = empty};
  check_refused(&options, CSPAN_ERR_INVALID, "a key of allocation_tags");
  options.allocation_tags = many;
  check_refused(&options, CSPAN_ERR_INVALID, "more than 16 keys");
  options = (cspan_trace_options){
      .size = sizeof options, .cost = CSPAN_SWITCH_ON, .price_file = "/nonexistent/p"};
  check_refused(&options, CSPAN_ERR_IO, "/nonexistent/p");
  options.cost = (cspan_switch)7;
  check_refused(&options, CSPAN_ERR_INVALID, "cost");
}

static void test_emitted(void **state) {
  (void)state;
  assert_string_equal(cspan_emitted_cost_at(0)->key, "cloudspan.cost.usd");
  assert_string_equal(cspan_emitted_cost_at(0)->type, "double");
  assert_string_equal(cspan_emitted_cost_at(1)->key, "cloudspan.cost.basis");
  assert_null(cspan_emitted_cost_at(2));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_costs),          cmocka_unit_test(test_installed_table),
      cmocka_unit_test(test_off_by_default), cmocka_unit_test(test_tags),
      cmocka_unit_test(test_bad_options),    cmocka_unit_test(test_emitted),
  };
  return cmocka_run_group_tests(tests, make_price_file, remove_price_file);
}
