/* SPDX-License-Identifier: Apache-2.0 */
#include "viewer/details.h"

#include <inttypes.h>
#include <string.h>

#include "viewer/attr_text.h"
#include "viewer/columns.h"
#include "viewer/detail_events.h"

enum { MAX_ITEM = 8192, MAX_ITEM_LINES = 8, MAX_GENERIC = 6, SHORT_ID = 8, MAX_LEVELS_UP = 8 };

/* Items of one span, put together in `scratch`. */
typedef struct items {
  cspan_flow *flow;
  const cspan_span_view *view;
  const cspan_span_view *parent; /* NULL: none */
  const cspan_span_view *object; /* the nearest span above that names bucket or key, or NULL */
  cspan_buf scratch;
  size_t count;
} items;

const char *cspan_details_separator(bool ascii) {
  return ascii ? ", " : " \xc2\xb7 ";
}

/* Puts what is in `scratch`. */
static void put(items *it, cspan_style style) {
  cspan_attr_flow(it->flow, style, &it->scratch);
  it->count++;
}

static void put_number(items *it, const char *key, const char *before, const char *after) {
  int64_t value = 0;
  if (cspan_view_number(it->view, key, &value)) {
    cspan_buf_printf(&it->scratch, "%s%" PRId64 "%s", before, value, after);
    put(it, CSPAN_STYLE_DIM);
  }
}

static void put_bytes(items *it, const char *key, const char *before) {
  int64_t value = 0;
  if (cspan_view_number(it->view, key, &value) && value > 0) {
    char text[CSPAN_BYTES_CAPACITY];
    cspan_format_bytes(value, text);
    cspan_buf_printf(&it->scratch, "%s%s", before, text);
    put(it, CSPAN_STYLE_DIM);
  }
}

static void append(items *it, cspan_str text) {
  size_t len = text.len < MAX_ITEM / 4 ? text.len : MAX_ITEM / 4;
  cspan_buf_append(&it->scratch, text.data, len);
}

static void put_text(items *it, const char *key, const char *before, cspan_style style) {
  cspan_str value = cspan_view_text(it->view, key);
  if (value.len) {
    cspan_buf_str(&it->scratch, before);
    append(it, value);
    put(it, style);
  }
}

/* Of two keys for the same thing, the one that is there. */
static cspan_str either(const cspan_span_view *view, const char *a, const char *b) {
  cspan_str text = view ? cspan_view_text(view, a) : cspan_str_of(NULL);
  return view && !text.len ? cspan_view_text(view, b) : text;
}

static bool same(cspan_str a, cspan_str b) {
  return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* bucket/key, unless the lines above say the same. */
static void put_object(items *it) {
  cspan_str bucket = either(it->view, "aws.s3.bucket", "s3.bucket");
  cspan_str key = either(it->view, "aws.s3.key", "s3.key");
  if ((!bucket.len && !key.len) ||
      (same(bucket, either(it->object, "aws.s3.bucket", "s3.bucket")) &&
       same(key, either(it->object, "aws.s3.key", "s3.key")))) {
    it->count += bucket.len || key.len; /* known, if not said again */
    return;
  }
  append(it, bucket);
  if (key.len) {
    cspan_buf_char(&it->scratch, '/');
    append(it, key);
  }
  put(it, CSPAN_STYLE_PLAIN);
}

/* "S3/PutObject" is not said again under "S3.PutObject". */
static void put_method(items *it) {
  cspan_str method = cspan_view_text(it->view, "rpc.method");
  const char *name = it->view->name;
  if (!method.len) {
    return;
  }
  bool known = strlen(name) == method.len;
  for (size_t i = 0; known && i < method.len; i++) {
    known = method.data[i] == name[i] || (method.data[i] == '/' && name[i] == '.');
  }
  cspan_str service = cspan_view_text(it->view, "rpc.service");
  if (!known && !service.len) {
    append(it, method);
    put(it, CSPAN_STYLE_PLAIN);
  }
}

static void put_target(items *it) {
  put_method(it);
  put_object(it);
  put_text(it, "aws.s3.copy_source", "from ", CSPAN_STYLE_DIM);
  put_text(it, "db.collection.name", "", CSPAN_STYLE_PLAIN);
  put_text(it, "messaging.destination.name", "", CSPAN_STYLE_PLAIN);
  if (!cspan_view_text(it->view, "rpc.method").len) {
    put_text(it, "url.full", "", CSPAN_STYLE_PLAIN);
  }
  int64_t part = 0;
  int64_t above = 0;
  bool has = cspan_view_number(it->view, "s3.part_number", &part) ||
             cspan_view_number(it->view, "aws.s3.part_number", &part);
  bool known = it->parent && cspan_view_number(it->parent, "s3.part_number", &above);
  if (has && !(known && part == above)) {
    cspan_buf_printf(&it->scratch, "part %" PRId64, part);
    put(it, CSPAN_STYLE_PLAIN);
  }
}

static void put_multipart(items *it) {
  int64_t total = 0;
  int64_t size = 0;
  int64_t done = 0;
  if (!cspan_view_number(it->view, "s3.multipart.total_parts", &total)) {
    return;
  }
  cspan_buf_printf(&it->scratch, "%" PRId64 " part%s", total, total == 1 ? "" : "s");
  if (cspan_view_number(it->view, "s3.multipart.part_size_bytes", &size)) {
    char text[CSPAN_BYTES_CAPACITY];
    cspan_format_bytes(size, text);
    cspan_buf_printf(&it->scratch, " of %s", text);
  }
  put(it, CSPAN_STYLE_DIM);
  if (cspan_view_number(it->view, "s3.multipart.completed_parts", &done) && done != total) {
    cspan_buf_printf(&it->scratch, "%" PRId64 " done", done);
    put(it, CSPAN_STYLE_YELLOW);
  }
}

static void put_batch(items *it) {
  int64_t failed = 0;
  put_number(it, "s3.batch.total_objects", "", " objects");
  put_number(it, "s3.batch.success_count", "", " deleted");
  if (cspan_view_number(it->view, "s3.batch.error_count", &failed) && failed) {
    cspan_buf_printf(&it->scratch, "%" PRId64 " failed", failed);
    put(it, CSPAN_STYLE_RED);
  }
}

static void put_rate(items *it, const char *key) {
  double rate = 0;
  if (cspan_attr_real(it->view->attributes, it->view->attribute_count, key, &rate) && rate > 0) {
    cspan_buf_printf(&it->scratch, "%.*f MiB/s", rate < 10 ? 2 : rate < 100 ? 1 : 0, rate);
    put(it, CSPAN_STYLE_DIM);
  }
}

static void put_sizes(items *it) {
  put_bytes(it, "s3.object.size_bytes", "");
  put_multipart(it);
  put_bytes(it, "s3.part.size_bytes", "");
  put_bytes(it, "s3.bytes_read", "read ");
  put_batch(it);
  put_rate(it, "s3.upload.throughput_mbps");
  put_rate(it, "s3.download.throughput_mbps");
}

static void put_attempts(items *it) {
  int64_t attempts = 0;
  int64_t backoff = 0;
  put_number(it, "http.request.resend_count", "resend ", "");
  if (!cspan_view_number(it->view, "aws.retry.attempts", &attempts) || attempts < 2) {
    return;
  }
  cspan_buf_printf(&it->scratch, "%" PRId64 " attempts", attempts);
  if (cspan_view_number(it->view, CSPAN_RETRY_BACKOFF, &backoff)) {
    cspan_buf_printf(&it->scratch, ", %" PRId64 " ms backoff", backoff);
  }
  put(it, CSPAN_STYLE_YELLOW);
}

static void put_short(items *it, const char *key, const char *before) {
  cspan_str id = cspan_view_text(it->view, key);
  if (!id.len) {
    return;
  }
  cspan_buf_str(&it->scratch, before);
  size_t len = id.len < SHORT_ID ? id.len : SHORT_ID;
  /* Not in the middle of a character. */
  while (len && len < id.len && ((unsigned char)id.data[len] & 0xc0) == 0x80) {
    len--;
  }
  cspan_buf_append(&it->scratch, id.data, len);
  if (len < id.len) {
    cspan_buf_str(&it->scratch, it->flow->ascii ? "~" : "\xe2\x80\xa6");
  }
  put(it, CSPAN_STYLE_DIM);
}

/* Who did not answer. */
static void put_server(items *it) {
  int64_t number = 0;
  cspan_str host = cspan_view_text(it->view, "server.address");
  if (!host.len || it->view->status != CSPAN_SPAN_ERROR ||
      cspan_view_number(it->view, "http.response.status_code", &number)) {
    return;
  }
  cspan_buf_str(&it->scratch, "no response from ");
  append(it, host);
  if (cspan_view_number(it->view, "server.port", &number)) {
    cspan_buf_printf(&it->scratch, ":%" PRId64, number);
  }
  put(it, CSPAN_STYLE_DIM);
}

static void put_http(items *it) {
  put_server(it);
  put_number(it, "http.response.status_code", "HTTP ", "");
  put_attempts(it);
  cspan_str type = cspan_view_text(it->view, "error.type");
  if (type.len && it->view->status != CSPAN_SPAN_ERROR) {
    append(it, type);
    cspan_buf_str(&it->scratch, " (expected)");
    put(it, CSPAN_STYLE_DIM);
  }
  put_bytes(it, "http.request.body.size", "sent ");
  put_bytes(it, "http.response.body.size", "received ");
  put_short(it, "aws.request_id", "request ");
}

/* Measured in whole microseconds: no more digits than that. */
static void append_us(items *it, int64_t us) {
  char text[CSPAN_DURATION_CAPACITY];
  if (us < 1000) {
    cspan_buf_printf(&it->scratch, "%d %s", (int)us, it->flow->ascii ? "us" : "\xc2\xb5s");
    return;
  }
  cspan_format_duration(us * 1000, it->flow->ascii, text);
  cspan_buf_str(&it->scratch, text);
}

static void put_phases(items *it) {
  static const char *const phases[][2] = {{"aws.http.dns_us", "dns"},
                                          {"aws.http.connect_us", "connect"},
                                          {"aws.http.tls_us", "tls"},
                                          {"aws.http.time_to_first_byte_us", "ttfb"},
                                          {"aws.http.transfer_us", "transfer"}};
  for (size_t i = 0; i < sizeof phases / sizeof *phases; i++) {
    int64_t us = 0;
    if (cspan_view_number(it->view, phases[i][0], &us) && us >= 0 && us < INT64_MAX / 1000) {
      cspan_buf_printf(&it->scratch, "%s ", phases[i][1]);
      append_us(it, us);
      put(it, CSPAN_STYLE_DIM);
    }
  }
  const cspan_attr *reused = cspan_attrs_find(it->view->attributes, it->view->attribute_count,
                                              "aws.http.connection_reused");
  if (reused && reused->type == CSPAN_ATTR_BOOL && reused->value.boolean) {
    cspan_buf_str(&it->scratch, "connection reused");
    put(it, CSPAN_STYLE_DIM);
  }
}

/* Spans of others: the first attributes as they are. */
static void put_generic(items *it) {
  size_t count = it->view->attribute_count;
  if (cspan_view_text(it->view, "rpc.method").len) {
    return;
  }
  for (size_t i = 0; i < count && it->count < MAX_GENERIC; i++) {
    if (strcmp(it->view->attributes[i].key, "error.type") == 0) {
      continue; /* the line of the error has it */
    }
    append(it, cspan_str_of(it->view->attributes[i].key));
    cspan_buf_char(&it->scratch, '=');
    cspan_attr_write(&it->scratch, &it->view->attributes[i]);
    put(it, CSPAN_STYLE_DIM);
  }
}

static cspan_str service_of(const cspan_span_view *view) {
  return cspan_attr_text(view->resource, view->resource_count, "service.name");
}

static void put_service(items *it, const cspan_span_view *root) {
  cspan_str service = service_of(it->view);
  if (service.len && !same(service, service_of(it->parent ? it->parent : root))) {
    cspan_buf_str(&it->scratch, "service ");
    append(it, service);
    put(it, CSPAN_STYLE_PLAIN);
    it->count--; /* says nothing about what the span does */
  }
}

static const cspan_span_view *object_above(const cspan_details *details, size_t index) {
  size_t at = details->tree->nodes[index].parent;
  for (int level = 0; level < MAX_LEVELS_UP && at != CSPAN_TREE_NONE; level++) {
    const cspan_span_view *view = details->record->spans[at];
    if (either(view, "aws.s3.bucket", "s3.bucket").len ||
        either(view, "aws.s3.key", "s3.key").len) {
      return view;
    }
    at = details->tree->nodes[at].parent;
  }
  return NULL;
}

static void put_attributes(cspan_flow *flow, const cspan_details *details, size_t index) {
  size_t parent = details->tree->nodes[index].parent;
  items it = {.flow = flow,
              .view = details->record->spans[index],
              .parent = parent == CSPAN_TREE_NONE ? NULL : details->record->spans[parent],
              .object = object_above(details, index)};
  cspan_buf_init(&it.scratch, MAX_ITEM);
  cspan_flow_begin(flow, cspan_details_separator(flow->ascii), 0, MAX_ITEM_LINES);
  put_service(&it, details->root);
  put_target(&it);
  put_sizes(&it);
  put_http(&it);
  put_phases(&it);
  if (it.count == 0) {
    put_generic(&it);
  }
  cspan_flow_end(flow);
  cspan_buf_free(&it.scratch);
}

/* What is to be said about the parent; NULL: nothing. */
static const char *note_of(cspan_tree_note note) {
  switch (note) {
  case CSPAN_TREE_PARENT_MISSING:
    return "was not received";
  case CSPAN_TREE_PARENT_REMOTE:
    return "is in another process";
  case CSPAN_TREE_PARENT_LOOP:
    return "is also below it: these span ids form a loop";
  case CSPAN_TREE_PLAIN:
    break;
  }
  return NULL;
}

static void put_note(cspan_flow *flow, const cspan_details *details, size_t index) {
  const char *note = note_of(details->tree->nodes[index].note);
  if (!note) {
    return;
  }
  char id[17];
  cspan_span_id_hex(details->record->spans[index]->parent_span_id, id);
  cspan_flow_begin(flow, " ", 0, 3);
  cspan_flow_item(flow, CSPAN_STYLE_YELLOW, "its parent", 10);
  cspan_flow_item(flow, CSPAN_STYLE_YELLOW, id, strlen(id));
  cspan_flow_words(flow, CSPAN_STYLE_YELLOW, note, strlen(note));
  cspan_flow_end(flow);
}

void cspan_details_put(cspan_flow *flow, const cspan_details *details, size_t index) {
  const cspan_span_view *view = details->record->spans[index];
  put_note(flow, details, index);
  cspan_detail_error(flow, view);
  if (!details->brief) {
    put_attributes(flow, details, index);
  }
  cspan_detail_events(flow, view, details->brief);
}
