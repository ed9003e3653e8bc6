/* SPDX-License-Identifier: Apache-2.0 */
/* The cost of a call, by the prices of its operation. Everything is looked at once the call has
 * ended, and nothing is allocated but where several prices are named. */
#include "instrument/cost.h"

#include <cloudspan/ext/middleware.h>
#include <math.h>
#include <string.h>

#include "aws/client.h"
#include "base/text.h"
#include "base/value.h"
#include "instrument/extract.h"
#include "instrument/prices.h"
#include "instrument/tracing.h"

#define COST_USD   "cloudspan.cost.usd"
#define COST_BASIS "cloudspan.cost.basis"

enum { MAX_DEPTH = 32, TIME_BYTES = 14 };

static const cspan_emitted emitted[] = {
    {"call", COST_USD, "double", "the option cost is on and there is a price of the call"},
    {"call", COST_BASIS, "string", "as cloudspan.cost.usd: which prices were taken"},
};

const cspan_emitted *cspan_emitted_cost_at(size_t index) {
  return index < sizeof emitted / sizeof emitted[0] ? &emitted[index] : NULL;
}

void cspan_billed_attempts_add(cspan_billed_attempts *billed, int http_status) {
  billed->answered += http_status > 0 && http_status < 500;
  billed->successful += http_status >= 200 && http_status < 300;
}

/* A call that has ended, and what was found out about it so far. */
typedef struct ended_call {
  const struct cspan_call *call;
  const cspan_value *input; /* asked for by the first price that needs it */
  const cspan_value *output;
  bool has_input;
  const char *region;
  const char *storage_class; /* NULL: not looked for yet */
  const cspan_billed_attempts *before;
  int http_status;
} ended_call;

/* Typed calls would have to make a document of their input. */
static const cspan_value *input_of(ended_call *ended) {
  if (!ended->has_input) {
    ended->input = cspan_call_input_document(ended->call);
    ended->has_input = true;
  }
  return ended->input;
}

/* --------------------------------------------------------------- conditions */

static bool member_ends_with(const ended_call *ended, const char *member, const char *end) {
  cspan_value value;
  size_t size = 0;
  size_t len = strlen(end);
  const char *text =
      cspan_call_input_member(ended->call, member, &value) ? cspan_value_text(&value, &size) : NULL;
  return text != NULL && size >= len && memcmp(text + size - len, end, len) == 0;
}

/* Requests that write name the class of the object; answers tell of what was read. */
static const char *storage_class_of(ended_call *ended) {
  if (ended->storage_class == NULL) {
    static const char header[] = "x-amz-storage-class";
    const char *method = cspan_call_method(ended->call);
    bool reads = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
    const char *named = reads ? cspan_call_response_header(ended->call, header)
                              : cspan_call_request_header(ended->call, header);
    bool is_express = member_ends_with(ended, "Bucket", "--x-s3");
    ended->storage_class = named != NULL && *named != '\0' ? named
                           : is_express                    ? "EXPRESS_ONEZONE"
                                                           : "STANDARD";
  }
  return ended->storage_class;
}

static bool is_fifo(const ended_call *ended) {
  return member_ends_with(ended, "QueueUrl", ".fifo") ||
         member_ends_with(ended, "TopicArn", ".fifo");
}

/* "Member" is there, or "Member=value" is. */
static bool has_condition(ended_call *ended, const char *condition) {
  size_t len = strcspn(condition, "=");
  const cspan_value *value = cspan_value_find(input_of(ended), condition, len);
  if (condition[len] == '\0') {
    return !cspan_value_is_null(value);
  }
  const char *wanted = condition + len + 1;
  size_t size = 0;
  const char *text = cspan_value_text(value, &size);
  return text != NULL && size == strlen(wanted) && memcmp(text, wanted, size) == 0;
}

static bool applies(ended_call *ended, const cspan_price *row) {
  if (row->storage_class != NULL && strcmp(row->storage_class, storage_class_of(ended)) != 0) {
    return false;
  }
  if (row->has_fifo && row->is_fifo != is_fifo(ended)) {
    return false;
  }
  for (size_t i = 0; i < row->unless.count; i++) {
    if (has_condition(ended, row->unless.items[i])) {
      return false;
    }
  }
  return true;
}

/* ------------------------------------------------------------------ payload */

/* All texts and blobs inside; with `keyed` the names of members, too. A time counts as EventBridge
 * counts it. */
static double bytes_in(const cspan_value *value, bool keyed, int depth) {
  double bytes = 0;
  switch (cspan_value_get_kind(value)) {
  case CSPAN_VALUE_STRING:
  case CSPAN_VALUE_BLOB:
  case CSPAN_VALUE_NUMBER:
    return (double)value->size;
  case CSPAN_VALUE_TIMESTAMP:
    return TIME_BYTES;
  case CSPAN_VALUE_BOOL:
    return 1;
  case CSPAN_VALUE_LIST:
    for (size_t i = 0; i < value->size && depth < MAX_DEPTH; i++) {
      bytes += bytes_in(&value->as.items[i], keyed, depth + 1);
    }
    break;
  case CSPAN_VALUE_MAP:
    for (size_t i = 0; i < value->size && depth < MAX_DEPTH; i++) {
      const cspan_member *member = &value->as.members[i];
      bytes += keyed ? (double)member->name_size_bytes : 0;
      bytes += bytes_in(&member->value, keyed, depth + 1);
    }
    break;
  default:
    break;
  }
  return bytes;
}

/* The keys of a map that the caller chose count; the members that a model has inside do not. */
static double keyed_bytes_in(const cspan_value *map) {
  double bytes = 0;
  if (cspan_value_get_kind(map) != CSPAN_VALUE_MAP) {
    return 0;
  }
  for (size_t i = 0; i < map->size; i++) {
    bytes += (double)map->as.members[i].name_size_bytes;
    bytes += bytes_in(&map->as.members[i].value, false, 1);
  }
  return bytes;
}

static double payload_of(const cspan_price *row, const cspan_value *holder) {
  double bytes = 0;
  for (size_t i = 0; i < row->bytes.count; i++) {
    bytes += bytes_in(cspan_value_get(holder, row->bytes.items[i]), false, 0);
  }
  for (size_t i = 0; i < row->keyed_bytes.count; i++) {
    bytes += keyed_bytes_in(cspan_value_get(holder, row->keyed_bytes.items[i]));
  }
  return bytes;
}

static double chunks_of(const cspan_price *row, double bytes) {
  double chunks = row->chunk_bytes > 0 ? ceil(bytes / row->chunk_bytes) : 1;
  return chunks > 1 ? chunks : 1;
}

static const cspan_value *side_of(ended_call *ended, const cspan_price *row) {
  return row->of_output ? ended->output : input_of(ended);
}

static double whole_payload(ended_call *ended, const cspan_price *row) {
  const cspan_value *side = side_of(ended, row);
  if (row->items == NULL) {
    return payload_of(row, side);
  }
  const cspan_value *items = cspan_value_get(side, row->items);
  double bytes = 0;
  for (size_t i = 0; i < cspan_value_count(items); i++) {
    bytes += payload_of(row, cspan_value_at(items, i));
  }
  return bytes;
}

/* The answer has a list of that name too, with what became of each item. */
static bool was_refused(const ended_call *ended, const cspan_price *row, size_t index) {
  const cspan_value *items = cspan_value_get(ended->output, row->items);
  return row->refused != NULL &&
         !cspan_value_is_null(cspan_value_get(cspan_value_at(items, index), row->refused));
}

/* All that were sent, or those of them that the answer does not refuse. */
static double chunks_of_items(ended_call *ended, const cspan_price *row, bool taken_only) {
  const cspan_value *items = cspan_value_get(side_of(ended, row), row->items);
  double chunks = 0;
  for (size_t i = 0; i < cspan_value_count(items); i++) {
    const cspan_value *item = cspan_value_at(items, i);
    if (!taken_only || !was_refused(ended, row, i)) {
      chunks += chunks_of(row, row->chunk_bytes > 0 ? payload_of(row, item) : 0);
    }
  }
  return chunks;
}

/* What became of the items of earlier attempts was never read. */
static double billed_items(ended_call *ended, const cspan_price *row, double attempts, bool last) {
  double chunks = last ? chunks_of_items(ended, row, true) : 0;
  double before = attempts - last;
  return before > 0 ? chunks + before * chunks_of_items(ended, row, false) : chunks;
}

/* ----------------------------------------------------------------- quantity */

static bool last_is_billed(const ended_call *ended, const cspan_price *row) {
  int status = ended->http_status;
  if (row->answered_is_billed ? status > 0 && status < 500 : status >= 200 && status < 300) {
    return true;
  }
  const cspan_error *error = cspan_call_error(ended->call);
  for (size_t i = 0; i < row->billed_errors.count && error != NULL && status > 0; i++) {
    if (strcmp(cspan_error_code(error), row->billed_errors.items[i]) == 0) {
      return true;
    }
  }
  return false;
}

/* Units that the answer says were consumed: one map, or a list of one a table. False: it does not
 * say. */
static bool consumed_units(const ended_call *ended, double *out) {
  const cspan_value *consumed = cspan_value_get(ended->output, "ConsumedCapacity");
  bool is_list = cspan_value_get_kind(consumed) == CSPAN_VALUE_LIST;
  size_t count = is_list ? cspan_value_count(consumed) : 1;
  bool found = false;
  *out = 0;
  for (size_t i = 0; i < count; i++) {
    const cspan_value *one = is_list ? cspan_value_at(consumed, i) : consumed;
    double units = cspan_value_double(cspan_value_get(one, "CapacityUnits"), -1);
    if (units >= 0) {
      *out += units;
      found = true;
    }
  }
  return found;
}

static double item_size(ended_call *ended, const cspan_price *row) {
  const cspan_value *side = side_of(ended, row);
  double bytes = 0;
  for (size_t i = 0; i < row->keyed_bytes.count; i++) {
    bytes += bytes_in(cspan_value_get(side, row->keyed_bytes.items[i]), true, 0);
  }
  return bytes;
}

/* Negative: not known. */
static double capacity(ended_call *ended, const cspan_price *row, bool *by_size) {
  double units = 0;
  if (!last_is_billed(ended, row)) {
    return 0;
  }
  if (consumed_units(ended, &units)) {
    return units;
  }
  if (row->chunk_bytes <= 0) {
    return -1;
  }
  *by_size = true;
  units = chunks_of(row, item_size(ended, row));
  bool is_strong = row->unit != CSPAN_PRICE_READ_UNIT ||
                   cspan_value_bool(cspan_value_get(input_of(ended), "ConsistentRead"), false);
  return is_strong ? units : units / 2;
}

/* Negative: not known. */
static double quantity(ended_call *ended, const cspan_price *row, bool *by_size) {
  bool last = last_is_billed(ended, row);
  double attempts = (row->answered_is_billed ? ended->before->answered : ended->before->successful);
  attempts += last;
  switch (row->unit) {
  case CSPAN_PRICE_REQUEST:
    return attempts * (row->chunk_bytes > 0 ? chunks_of(row, whole_payload(ended, row)) : 1);
  case CSPAN_PRICE_ITEM:
    return billed_items(ended, row, attempts, last);
  case CSPAN_PRICE_PAYLOAD_BYTE:
    return attempts * whole_payload(ended, row);
  case CSPAN_PRICE_REQUEST_BYTE:
    return last ? (double)cspan_call_request_body_size(ended->call) : 0;
  case CSPAN_PRICE_RESPONSE_BYTE:
    return last ? (double)cspan_call_response_body_size(ended->call) : 0;
  case CSPAN_PRICE_READ_UNIT:
  case CSPAN_PRICE_WRITE_UNIT:
    return capacity(ended, row, by_size);
  }
  return -1;
}

static const cspan_price_region *price_in(const cspan_price *row, const char *region) {
  for (size_t i = 0; i < row->region_count; i++) {
    if (strcmp(row->regions[i].region, region) == 0) {
      return &row->regions[i];
    }
  }
  return &row->at_home;
}

/* What the prices come to. */
typedef struct bill {
  double usd;
  const char *basis; /* of the first price */
  cspan_buf more;    /* all of them, where there are several */
} bill;

static void add_to_bill(bill *b, double usd, const char *basis) {
  b->usd += usd;
  if (b->basis == NULL) {
    b->basis = basis;
    return;
  }
  if (b->more.len == 0) {
    cspan_buf_str(&b->more, b->basis);
  }
  cspan_buf_str(&b->more, " + ");
  cspan_buf_str(&b->more, basis);
}

void cspan_cost_set(const cspan_plan_prices *prices, const struct cspan_call *call,
                    const cspan_billed_attempts *before, const cspan_own_rules *own_rules,
                    cspan_span span) {
  const char *region = cspan_call_region(call);
  ended_call ended = {
      .call = call,
      .output = cspan_call_output_document(call),
      .region = region != NULL ? region : "",
      .before = before,
      .http_status = cspan_call_http_status(call),
  };
  bill b = {0};
  cspan_buf_init(&b.more, 4096);
  for (size_t i = 0; i < prices->count; i++) {
    const cspan_price *row = prices->rows[i];
    bool by_size = false;
    if (!applies(&ended, row)) {
      continue;
    }
    double units = quantity(&ended, row, &by_size);
    if (units >= 0) {
      const cspan_price_region *at = price_in(row, ended.region);
      add_to_bill(&b, units * at->usd, by_size ? at->basis_by_size : at->basis);
    }
  }
  if (b.basis != NULL) {
    bool several = b.more.len > 0 && cspan_buf_status(&b.more) == CSPAN_OK;
    cspan_attr attrs[] = {
        cspan_attr_double(COST_USD, b.usd),
        cspan_attr_string(COST_BASIS, several ? cspan_buf_text(&b.more) : b.basis),
    };
    size_t kept = cspan_own_rules_filter(own_rules, attrs, 2);
    for (size_t i = 0; i < kept; i++) {
      cspan_span_set(span, attrs[i]);
    }
  }
  cspan_buf_free(&b.more);
}
