/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cloudspan/ext/exporter.h>

#include "pb_builder.h"

static const uint8_t trace_id[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
static const uint8_t span_id[8] = {0xa1, 2, 3, 4, 5, 6, 7, 8};
static const uint8_t parent_id[8] = {0xb1, 2, 3, 4, 5, 6, 7, 8};

static cspan_span_list *decode(const cspan_buf *request) {
  cspan_span_list *list = NULL;
  cspan_error *error = NULL;
  cspan_status status =
      cspan_span_list_decode((const uint8_t *)cspan_buf_text(request), request->len, &list, &error);
  assert_string_equal(cspan_error_message(error), "");
  assert_int_equal(status, CSPAN_OK);
  return list;
}

static void put_event(cspan_buf *span) {
  cspan_buf event;
  pb_begin(&event);
  pb_fixed64(&event, 1, 1500);
  pb_text(&event, 2, "retry");
  pb_text_attribute(&event, 3, "why", "503");
  pb_int(&event, 4, 7);
  pb_end(span, 11, &event);
}

static void put_link(cspan_buf *span) {
  cspan_buf link;
  pb_begin(&link);
  pb_bytes(&link, 1, trace_id, sizeof trace_id);
  pb_bytes(&link, 2, parent_id, sizeof parent_id);
  pb_text(&link, 3, "k=v");
  pb_text_attribute(&link, 4, "rel", "cause");
  pb_int(&link, 5, 2);
  pb_fixed32(&link, 6, 0x301);
  pb_end(span, 13, &link);
}

static void put_whole_span(cspan_buf *span) {
  cspan_buf status;
  pb_bytes(span, 1, trace_id, sizeof trace_id);
  pb_bytes(span, 2, span_id, sizeof span_id);
  pb_text(span, 3, "a=1,b=2");
  pb_bytes(span, 4, parent_id, sizeof parent_id);
  pb_text(span, 5, "S3.PutObject");
  pb_int(span, 6, 3);
  pb_fixed64(span, 7, 1000);
  pb_fixed64(span, 8, 2000);
  pb_text_attribute(span, 9, "bucket", "photos");
  pb_int(span, 10, 4);
  put_event(span);
  pb_int(span, 12, 5);
  put_link(span);
  pb_int(span, 14, 6);
  pb_begin(&status);
  pb_text(&status, 2, "no such bucket");
  pb_int(&status, 3, 2);
  pb_end(span, 15, &status);
  pb_fixed32(span, 16, 0x101);
}

/* Scope and resource come after the spans: order on the wire is free. */
static void put_whole_request(cspan_buf *request) {
  cspan_buf span, scope_spans, scope, resource_spans, resource;
  pb_begin(&span);
  pb_begin(&scope_spans);
  pb_begin(&scope);
  pb_begin(&resource_spans);
  pb_begin(&resource);
  put_whole_span(&span);
  pb_end(&scope_spans, 2, &span);
  pb_text(&scope, 1, "cloudspan/aws");
  pb_text(&scope, 2, "1.2");
  pb_end(&scope_spans, 1, &scope);
  pb_text(&scope_spans, 3, "urn:scope");
  pb_end(&resource_spans, 2, &scope_spans);
  pb_text_attribute(&resource, 1, "service.name", "shop");
  pb_end(&resource_spans, 1, &resource);
  pb_text(&resource_spans, 3, "urn:resource");
  pb_end(request, 1, &resource_spans);
}

static void check_text_attribute(const cspan_attr *attributes, size_t count, const char *key,
                                 const char *text) {
  assert_int_equal(count, 1);
  assert_string_equal(attributes[0].key, key);
  assert_int_equal(attributes[0].type, CSPAN_ATTR_STRING);
  assert_string_equal(attributes[0].value.string, text);
  assert_int_equal(attributes[0].count, strlen(text));
}

static void test_every_field(void **state) {
  (void)state;
  cspan_buf request;
  pb_begin(&request);
  put_whole_request(&request);
  cspan_span_list *list = decode(&request);
  assert_int_equal(cspan_span_list_count(list), 1);
  const cspan_span_view *span = cspan_span_list_at(list, 0);
  assert_string_equal(span->name, "S3.PutObject");
  assert_string_equal(span->scope_name, "cloudspan/aws");
  assert_string_equal(span->scope_version, "1.2");
  assert_string_equal(span->schema_url, "urn:scope");
  assert_memory_equal(span->trace_id, trace_id, 16);
  assert_memory_equal(span->span_id, span_id, 8);
  assert_memory_equal(span->parent_span_id, parent_id, 8);
  assert_int_equal(span->flags, 0x101);
  assert_string_equal(span->trace_state, "a=1,b=2");
  assert_int_equal(span->kind, CSPAN_SPAN_CLIENT);
  assert_int_equal(span->start_time_unix_ns, 1000);
  assert_int_equal(span->end_time_unix_ns, 2000);
  assert_int_equal(span->status, CSPAN_SPAN_ERROR);
  assert_string_equal(span->status_message, "no such bucket");
  check_text_attribute(span->attributes, span->attribute_count, "bucket", "photos");
  assert_int_equal(span->dropped_attributes, 4);
  assert_int_equal(span->dropped_events, 5);
  assert_int_equal(span->dropped_links, 6);
  check_text_attribute(span->resource, span->resource_count, "service.name", "shop");
  assert_int_equal(span->event_count, 1);
  assert_string_equal(span->events[0].name, "retry");
  assert_int_equal(span->events[0].time_unix_ns, 1500);
  assert_int_equal(span->events[0].dropped_attributes, 7);
  check_text_attribute(span->events[0].attributes, span->events[0].attribute_count, "why", "503");
  assert_int_equal(span->link_count, 1);
  const cspan_link *link = &span->links[0];
  assert_memory_equal(link->context.trace_id, trace_id, 16);
  assert_memory_equal(link->context.span_id, parent_id, 8);
  assert_string_equal(link->context.trace_state, "k=v");
  assert_int_equal(link->context.trace_flags, 1);
  assert_true(link->context.is_remote);
  check_text_attribute(link->attributes, link->attribute_count, "rel", "cause");
  cspan_span_list_free(list);
  cspan_buf_free(&request);
}

static void test_defaults(void **state) {
  (void)state;
  cspan_buf request, span;
  pb_begin(&request);
  pb_begin(&span);
  pb_request_of(&request, &span);
  cspan_span_list *list = decode(&request);
  const cspan_span_view *view = cspan_span_list_at(list, 0);
  assert_non_null(view);
  assert_string_equal(view->name, "");
  assert_string_equal(view->scope_name, "");
  assert_string_equal(view->scope_version, "");
  assert_string_equal(view->schema_url, "");
  assert_string_equal(view->trace_state, "");
  assert_string_equal(view->status_message, "");
  assert_int_equal(view->kind, CSPAN_SPAN_INTERNAL);
  assert_int_equal(view->status, CSPAN_SPAN_UNSET);
  assert_int_equal(view->attribute_count + view->event_count + view->link_count, 0);
  assert_null(cspan_span_list_at(list, 1));
  cspan_span_list_free(list);
  cspan_buf_free(&request);
}

/* Two requests one after the other are one request: the memory exporter relies on it. */
static void test_lookup_over_joined_requests(void **state) {
  (void)state;
  static const char *const names[] = {"a", "b", "a"};
  cspan_buf request;
  pb_begin(&request);
  for (size_t i = 0; i < 3; i++) {
    cspan_buf span;
    pb_begin(&span);
    pb_text(&span, 5, names[i]);
    pb_fixed64(&span, 7, i + 1);
    pb_request_of(&request, &span);
  }
  cspan_span_list *list = decode(&request);
  assert_int_equal(cspan_span_list_count(list), 3);
  assert_int_equal(cspan_span_list_find(list, "a", 0)->start_time_unix_ns, 1);
  assert_int_equal(cspan_span_list_find(list, "a", 1)->start_time_unix_ns, 3);
  assert_int_equal(cspan_span_list_find(list, "b", 0)->start_time_unix_ns, 2);
  assert_null(cspan_span_list_find(list, "a", 2));
  assert_null(cspan_span_list_find(list, "c", 0));
  assert_null(cspan_span_list_find(list, NULL, 0));
  cspan_span_list_free(list);
  cspan_buf_free(&request);
  assert_int_equal(cspan_span_list_count(NULL), 0);
  assert_null(cspan_span_list_at(NULL, 0));
  cspan_span_list_free(NULL);
}

/* ------------------------------------------------------------------ values */

static const char long_double_json[] = "[1.5,\"NaN\",\"Infinity\",-0.1]";

typedef struct value_case {
  const char *name;
  void (*put)(cspan_buf *any);
  cspan_attr_type type;
  const char *text; /* of CSPAN_ATTR_STRING */
} value_case;

static void put_nothing(cspan_buf *any) {
  (void)any;
}

static void put_bytes(cspan_buf *any) {
  pb_bytes(any, 7, "\x00\xff\x10", 3);
}

static void put_invalid_utf8(cspan_buf *any) {
  pb_bytes(any, 1,
           "a\xff"
           "b",
           3);
}

static void put_two_members(cspan_buf *any) {
  pb_int(any, 3, 5);
  pb_text(any, 1, "the last wins");
}

static void put_element_text(cspan_buf *list, const char *text) {
  cspan_buf any;
  pb_begin(&any);
  pb_text(&any, 1, text);
  pb_end(list, 1, &any);
}

static void put_element_double(cspan_buf *list, double value) {
  cspan_buf any;
  pb_begin(&any);
  pb_double(&any, 4, value);
  pb_end(list, 1, &any);
}

static void put_element_int(cspan_buf *list, int64_t value) {
  cspan_buf any;
  pb_begin(&any);
  pb_int(&any, 3, (uint64_t)value);
  pb_end(list, 1, &any);
}

static void put_map(cspan_buf *any) {
  cspan_buf map, list, value;
  pb_begin(&map);
  pb_text_attribute(&map, 1, "a\"\n", "\x01\xc3\xa9");
  pb_begin(&value);
  pb_begin(&list);
  put_element_double(&list, 1.5);
  put_element_double(&list, (double)NAN);
  put_element_double(&list, (double)INFINITY);
  put_element_double(&list, -0.1);
  pb_end(&value, 5, &list);
  pb_attribute(&map, 1, "list", &value);
  pb_begin(&value);
  pb_attribute(&map, 1, "none", &value);
  pb_begin(&value);
  pb_int(&value, 2, 1);
  pb_attribute(&map, 1, "yes", &value);
  pb_begin(&value);
  pb_bytes(&value, 7, "hi", 2);
  pb_attribute(&map, 1, "bytes", &value);
  pb_end(any, 6, &map);
}

static void put_mixed_array(cspan_buf *any) {
  cspan_buf list;
  pb_begin(&list);
  put_element_int(&list, INT64_MIN);
  put_element_text(&list, "x");
  pb_end(any, 5, &list);
}

static void put_array_of_maps(cspan_buf *any) {
  cspan_buf list, element, map;
  pb_begin(&list);
  pb_begin(&element);
  pb_begin(&map);
  pb_end(&element, 6, &map);
  pb_end(&list, 1, &element);
  pb_end(any, 5, &list);
}

static const value_case string_values[] = {
    {"none", put_nothing, CSPAN_ATTR_STRING, ""},
    {"bytes", put_bytes, CSPAN_ATTR_STRING, "AP8Q"},
    {"invalid utf-8", put_invalid_utf8, CSPAN_ATTR_STRING,
     "a\xef\xbf\xbd"
     "b"},
    {"two members", put_two_members, CSPAN_ATTR_STRING, "the last wins"},
    {"mixed array", put_mixed_array, CSPAN_ATTR_STRING, "[-9223372036854775808,\"x\"]"},
    {"array of maps", put_array_of_maps, CSPAN_ATTR_STRING, "[{}]"},
};

static cspan_span_list *decode_value(void (*put)(cspan_buf *), const cspan_attr **out) {
  cspan_buf request, span, value;
  pb_begin(&request);
  pb_begin(&span);
  pb_begin(&value);
  put(&value);
  pb_attribute(&span, 9, "key", &value);
  pb_request_of(&request, &span);
  cspan_span_list *list = decode(&request);
  cspan_buf_free(&request);
  *out = &cspan_span_list_at(list, 0)->attributes[0];
  assert_string_equal((*out)->key, "key");
  return list;
}

static void test_values_as_strings(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof string_values / sizeof string_values[0]; i++) {
    const value_case *c = &string_values[i];
    const cspan_attr *attribute;
    cspan_span_list *list = decode_value(c->put, &attribute);
    assert_int_equal(attribute->type, c->type);
    assert_string_equal(attribute->value.string, c->text);
    assert_int_equal(attribute->count, strlen(c->text));
    cspan_span_list_free(list);
  }
}

static void test_map_as_json(void **state) {
  (void)state;
  const cspan_attr *attribute;
  cspan_span_list *list = decode_value(put_map, &attribute);
  cspan_buf expected;
  cspan_buf_init(&expected, 1000);
  cspan_buf_printf(&expected,
                   "{\"a\\\"\\n\":\"\\u0001\xc3\xa9\",\"list\":%s,\"none\":null,\"yes\":true,"
                   "\"bytes\":\"aGk=\"}",
                   long_double_json);
  assert_string_equal(attribute->value.string, cspan_buf_text(&expected));
  cspan_buf_free(&expected);
  cspan_span_list_free(list);
}

static void put_false(cspan_buf *any) {
  pb_int(any, 2, 0);
}

static void put_negative(cspan_buf *any) {
  pb_int(any, 3, (uint64_t)INT64_C(-42));
}

static void put_double(cspan_buf *any) {
  pb_double(any, 4, 0.25);
}

static void put_text_with_nul(cspan_buf *any) {
  pb_bytes(any, 1, "a\0b", 3);
}

static void test_scalars(void **state) {
  (void)state;
  const cspan_attr *attribute;
  cspan_span_list *list = decode_value(put_false, &attribute);
  assert_int_equal(attribute->type, CSPAN_ATTR_BOOL);
  assert_false(attribute->value.boolean);
  cspan_span_list_free(list);
  list = decode_value(put_negative, &attribute);
  assert_int_equal(attribute->type, CSPAN_ATTR_INT64);
  assert_int_equal(attribute->value.int64, -42);
  cspan_span_list_free(list);
  list = decode_value(put_double, &attribute);
  assert_int_equal(attribute->type, CSPAN_ATTR_DOUBLE);
  assert_true(attribute->value.number == 0.25);
  cspan_span_list_free(list);
  list = decode_value(put_text_with_nul, &attribute);
  assert_int_equal(attribute->count, 3);
  assert_memory_equal(attribute->value.string, "a\0b", 4);
  cspan_span_list_free(list);
}

static void put_strings(cspan_buf *any) {
  cspan_buf list;
  pb_begin(&list);
  put_element_text(&list, "one");
  put_element_text(&list, "");
  pb_end(any, 5, &list);
}

static void put_ints(cspan_buf *any) {
  cspan_buf list;
  pb_begin(&list);
  put_element_int(&list, 1);
  put_element_int(&list, -1);
  pb_int(&list, 9, 1); /* unknown */
  put_element_int(&list, INT64_MAX);
  pb_end(any, 5, &list);
}

static void put_doubles(cspan_buf *any) {
  cspan_buf list;
  pb_begin(&list);
  put_element_double(&list, -2.5);
  pb_end(any, 5, &list);
}

static void put_bools(cspan_buf *any) {
  cspan_buf list, element;
  pb_begin(&list);
  for (uint64_t i = 0; i < 3; i++) {
    pb_begin(&element);
    pb_int(&element, 2, i % 2);
    pb_end(&list, 1, &element);
  }
  pb_end(any, 5, &list);
}

static void put_empty_array(cspan_buf *any) {
  cspan_buf list;
  pb_begin(&list);
  pb_end(any, 5, &list);
}

static void test_arrays(void **state) {
  (void)state;
  const cspan_attr *attribute;
  cspan_span_list *list = decode_value(put_strings, &attribute);
  assert_int_equal(attribute->type, CSPAN_ATTR_STRING_ARRAY);
  assert_int_equal(attribute->count, 2);
  assert_string_equal(attribute->value.strings[0], "one");
  assert_string_equal(attribute->value.strings[1], "");
  cspan_span_list_free(list);
  list = decode_value(put_ints, &attribute);
  assert_int_equal(attribute->type, CSPAN_ATTR_INT64_ARRAY);
  assert_int_equal(attribute->count, 3);
  assert_int_equal(attribute->value.int64s[1], -1);
  assert_true(attribute->value.int64s[2] == INT64_MAX);
  cspan_span_list_free(list);
  list = decode_value(put_doubles, &attribute);
  assert_int_equal(attribute->type, CSPAN_ATTR_DOUBLE_ARRAY);
  assert_true(attribute->value.numbers[0] == -2.5);
  cspan_span_list_free(list);
  list = decode_value(put_bools, &attribute);
  assert_int_equal(attribute->type, CSPAN_ATTR_BOOL_ARRAY);
  assert_int_equal(attribute->count, 3);
  assert_false(attribute->value.booleans[0]);
  assert_true(attribute->value.booleans[1]);
  cspan_span_list_free(list);
  list = decode_value(put_empty_array, &attribute);
  assert_int_equal(attribute->type, CSPAN_ATTR_STRING_ARRAY);
  assert_int_equal(attribute->count, 0);
  cspan_span_list_free(list);
}

/* --------------------------------------------------------------- bad input */

typedef struct bad_case {
  const char *name;
  const char *bytes;
  size_t len;
} bad_case;

#define BYTES(text) text, sizeof(text) - 1

static const bad_case bad_requests[] = {
    {"a length past the end", BYTES("\x0a\x05\x0a")},
    {"a tag without a value", BYTES("\x08")},
    {"a varint without an end", BYTES("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")},
    {"a varint of 65 bits", BYTES("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02")},
    {"field number 0", BYTES("\x02\x00")},
    {"wire type 6", BYTES("\x0e\x00")},
    {"wire type 7", BYTES("\x0f\x00")},
    {"a short fixed64", BYTES("\x09\x01\x02")},
    {"a short fixed32", BYTES("\x0d\x01\x02")},
    {"a group without an end", BYTES("\x13\x08\x01")},
    {"the end of no group", BYTES("\x14")},
    {"the end of another group", BYTES("\x13\x1c")},
    {"bad resource", BYTES("\x0a\x03\x0a\x01\x08")},
    {"bad scope", BYTES("\x0a\x05\x12\x03\x0a\x01\x08")},
    {"bad span", BYTES("\x0a\x05\x12\x03\x12\x01\x08")},
    {"bad event", BYTES("\x0a\x07\x12\x05\x12\x03\x5a\x01\x08")},
    {"bad link", BYTES("\x0a\x07\x12\x05\x12\x03\x6a\x01\x08")},
    {"bad status", BYTES("\x0a\x07\x12\x05\x12\x03\x7a\x01\x08")},
    {"bad attribute", BYTES("\x0a\x07\x12\x05\x12\x03\x4a\x01\x08")},
    {"bad value", BYTES("\x0a\x09\x12\x07\x12\x05\x4a\x03\x12\x01\x08")},
    {"a trace id of 1 byte", BYTES("\x0a\x07\x12\x05\x12\x03\x0a\x01\x08")},
    {"a span id of 1 byte", BYTES("\x0a\x07\x12\x05\x12\x03\x12\x01\x08")},
    {"a link's trace id of 1 byte", BYTES("\x0a\x09\x12\x07\x12\x05\x6a\x03\x0a\x01\x08")},
};

static void test_malformed(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof bad_requests / sizeof bad_requests[0]; i++) {
    const bad_case *c = &bad_requests[i];
    cspan_span_list *list = NULL;
    cspan_error *error = NULL;
    cspan_status status = cspan_span_list_decode((const uint8_t *)c->bytes, c->len, &list, &error);
    if (status != CSPAN_ERR_PROTOCOL)
      fail_msg("%s: status %s", c->name, cspan_status_name(status));
    assert_null(list);
    assert_int_equal(cspan_error_status(error), CSPAN_ERR_PROTOCOL);
    assert_non_null(strstr(cspan_error_message(error), "OTLP"));
    cspan_error_free(error);
  }
}

static void test_unknown_fields(void **state) {
  (void)state;
  cspan_buf request, span;
  pb_begin(&request);
  pb_begin(&span);
  pb_text(&span, 500, "later");
  cspan_buf_append(&span, BYTES("\x23\x2b\x08\x01\x2c\x24")); /* a group in a group */
  pb_int(&span, 5, 3);                                        /* a name of another type */
  pb_text(&span, 5, "kept");
  pb_int(&span, 6, 99); /* a kind of later versions */
  pb_fixed64(&span, 8, UINT64_MAX);
  pb_request_of(&request, &span);
  pb_int(&request, 77, 1);
  cspan_span_list *list = decode(&request);
  const cspan_span_view *view = cspan_span_list_at(list, 0);
  assert_string_equal(view->name, "kept");
  assert_int_equal(view->kind, CSPAN_SPAN_INTERNAL);
  assert_true(view->end_time_unix_ns == INT64_MAX);
  cspan_span_list_free(list);
  cspan_buf_free(&request);
}

static cspan_status status_of(const cspan_buf *request) {
  cspan_span_list *list = NULL;
  cspan_status status =
      cspan_span_list_decode((const uint8_t *)cspan_buf_text(request), request->len, &list, NULL);
  cspan_span_list_free(list);
  return status;
}

static cspan_status decode_nested(unsigned depth) {
  cspan_buf request, span, value;
  pb_begin(&value);
  for (unsigned i = 0; i < depth; i++) {
    cspan_buf list, outer;
    pb_begin(&list);
    pb_end(&list, 1, &value);
    pb_begin(&outer);
    pb_end(&outer, 5, &list);
    value = outer;
  }
  pb_begin(&span);
  pb_attribute(&span, 9, "deep", &value);
  pb_begin(&request);
  pb_request_of(&request, &span);
  cspan_status status = status_of(&request);
  cspan_buf_free(&request);
  return status;
}

static void test_nesting_has_a_limit(void **state) {
  (void)state;
  assert_int_equal(decode_nested(90), CSPAN_OK);
  assert_int_equal(decode_nested(5000), CSPAN_ERR_PROTOCOL);
}

/* A megabyte of empty spans would take a hundred times that. */
static void test_memory_has_a_limit(void **state) {
  (void)state;
  cspan_buf request, scope_spans, resource_spans;
  pb_begin(&scope_spans);
  for (size_t i = 0; i < 500000; i++)
    cspan_buf_append(&scope_spans, "\x12\x00", 2);
  pb_begin(&resource_spans);
  pb_end(&resource_spans, 2, &scope_spans);
  pb_begin(&request);
  pb_end(&request, 1, &resource_spans);
  assert_int_equal(status_of(&request), CSPAN_ERR_LIMIT);
  cspan_buf_free(&request);
}

static void test_empty(void **state) {
  (void)state;
  cspan_span_list *list = NULL;
  assert_int_equal(cspan_span_list_decode(NULL, 0, &list, NULL), CSPAN_OK);
  assert_int_equal(cspan_span_list_count(list), 0);
  cspan_span_list_free(list);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_field),
      cmocka_unit_test(test_defaults),
      cmocka_unit_test(test_lookup_over_joined_requests),
      cmocka_unit_test(test_values_as_strings),
      cmocka_unit_test(test_map_as_json),
      cmocka_unit_test(test_scalars),
      cmocka_unit_test(test_arrays),
      cmocka_unit_test(test_malformed),
      cmocka_unit_test(test_unknown_fields),
      cmocka_unit_test(test_nesting_has_a_limit),
      cmocka_unit_test(test_memory_has_a_limit),
      cmocka_unit_test(test_empty),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
