/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes by a block, and under one lock, are those that would be there set one by one. */
#include "unit/telemetry/span_fixture.h"

#include "telemetry/attr_block.h"
#include "telemetry/slot_put.h"

enum { LONG = 300 };

typedef struct limits_row {
  int64_t attribute_count;
  int64_t value_length;
} limits_row;

static const limits_row limits_rows[] = {
    {0, 0}, {CSPAN_LIMIT_NOTHING, 0},
    {1, 0}, {2, 0},
    {3, 0}, {4, 0},
    {7, 0}, {0, 3},
    {3, 2}, {CSPAN_LIMIT_UNLIMITED, CSPAN_LIMIT_UNLIMITED},
};

static void open_limited(span_fixture *f, const limits_row *row) {
  memset(f, 0, sizeof *f);
  f->memory = cspan_exporter_memory();
  assert_non_null(f->memory);
  cspan_span_processor *processor = cspan_processor_simple(f->memory);
  const cspan_span_limits limits = {.size = sizeof limits,
                                    .attribute_count = row->attribute_count,
                                    .attribute_value_length = row->value_length};
  const cspan_provider_options options = {
      .size = sizeof options, .processors = &processor, .processor_count = 1, .limits = &limits};
  assert_int_equal(cspan_tracer_provider_create(&options, &f->provider, NULL), CSPAN_OK);
  f->tracer = cspan_tracer_get(f->provider, "scope", NULL, NULL);
  assert_non_null(f->tracer);
}

static void assert_same(const cspan_span_view *a, const cspan_span_view *b) {
  assert_string_equal(a->name, b->name);
  assert_int_equal(a->dropped_attributes, b->dropped_attributes);
  assert_int_equal(a->attribute_count, b->attribute_count);
  for (size_t i = 0; i < a->attribute_count; i++) {
    const cspan_attr *x = &a->attributes[i];
    const cspan_attr *y = &b->attributes[i];
    assert_string_equal(x->key, y->key);
    assert_int_equal(x->type, y->type);
    assert_int_equal(x->count, y->count);
    if (x->type == CSPAN_ATTR_STRING) {
      assert_memory_equal(x->value.string, y->value.string, x->count);
    } else {
      assert_true(x->value.int64 == y->value.int64);
    }
  }
}

static void a_block_is_what_it_encodes(void **state) {
  (void)state;
  const cspan_attr attrs[] = {
      cspan_attr_string("rpc.system.name", "aws-api"),
      cspan_attr_string("rpc.method", "S3/Put"),
      cspan_attr_int64("number", -1),
      cspan_attr_string("bucket", "b\xc3\xa4"),
      cspan_attr_string("rpc.method", "another"),
  };
  enum { IN_BLOCK = 3, ALL = sizeof attrs / sizeof attrs[0] };
  cspan_attr_block *block = cspan_attr_block_make(NULL, attrs, IN_BLOCK);
  assert_non_null(block);
  const cspan_span_options options = {
      .size = sizeof options, .attributes = attrs, .attribute_count = ALL};
  for (size_t i = 0; i < sizeof limits_rows / sizeof limits_rows[0]; i++) {
    span_fixture f;
    open_limited(&f, &limits_rows[i]);
    for (int round = 0; round < 2; round++) { /* a slot has no room for the first span of all */
      cspan_span with = cspan_span_begin_block(f.tracer, NULL, "s", 1, &options, block);
      cspan_span_set_string(with, "rpc.system.name", "later");
      cspan_span_end(with);
      cspan_span without = cspan_span_begin(f.tracer, NULL, "s", 1, &options);
      cspan_span_set_string(without, "rpc.system.name", "later");
      cspan_span_end(without);
    }
    const cspan_span_list *list = fixture_spans(&f);
    assert_int_equal(cspan_span_list_count(list), 4);
    for (size_t k = 0; k < 4; k += 2) {
      assert_same(cspan_span_list_at(list, k), cspan_span_list_at(list, k + 1));
    }
    fixture_close(&f);
  }
  cspan_attr_block_free(block);
}

static void a_block_has_a_name(void **state) {
  (void)state;
  static const char *const names[] = {"S3.PutObject", "S3.P\xc3\xbct"};
  const cspan_attr attrs[] = {cspan_attr_string("rpc.method", "S3/Put"), cspan_attr_int64("n", 1)};
  const cspan_span_options options = {
      .size = sizeof options, .attributes = attrs, .attribute_count = 2};
  for (size_t i = 0; i < sizeof limits_rows / sizeof limits_rows[0]; i++) {
    span_fixture f;
    const char *name = names[i % 2];
    cspan_attr_block *block = cspan_attr_block_make(name, attrs, 2);
    assert_non_null(block);
    open_limited(&f, &limits_rows[i]);
    for (int k = 0; k < 4; k++) {
      cspan_span with = cspan_span_begin_block(f.tracer, NULL, name, strlen(name), &options, block);
      cspan_span without = cspan_span_begin(f.tracer, NULL, name, strlen(name), &options);
      if (k >= 2) {
        cspan_span_update_name(with, k == 2 ? "a" : "another name");
        cspan_span_update_name(without, k == 2 ? "a" : "another name");
      }
      cspan_span_set_string(with, "rpc.method", "later");
      cspan_span_set_string(without, "rpc.method", "later");
      cspan_span_end(with);
      cspan_span_end(without);
      const cspan_span_list *list = fixture_spans(&f);
      assert_same(cspan_span_list_at(list, 2 * (size_t)k),
                  cspan_span_list_at(list, 2 * (size_t)k + 1));
      assert_string_equal(cspan_span_list_at(list, 2 * (size_t)k)->name, k < 2    ? name
                                                                         : k == 2 ? "a"
                                                                                  : "another name");
    }
    fixture_close(&f);
    cspan_attr_block_free(block);
  }
}

static void what_is_no_block_is_refused(void **state) {
  (void)state;
  const cspan_attr twice[] = {cspan_attr_int64("a", 1), cspan_attr_int64("a", 2)};
  const cspan_attr no_key[] = {cspan_attr_int64("", 1)};
  assert_null(cspan_attr_block_make(NULL, twice, 2));
  assert_null(cspan_attr_block_make(NULL, no_key, 1));
  cspan_attr_block *empty = cspan_attr_block_make(NULL, NULL, 0);
  assert_non_null(empty);
  cspan_attr_block_free(empty);
}

static void set_many(cspan_span span, const char *text) {
  cspan_span_set_string(span, "server.address", "example.com");
  cspan_span_set_string(span, "long", text);
  cspan_span_set_string(span, "broken", "a\xff");
  cspan_span_set_int64(span, "server.port", 443);
  cspan_span_set_int64(span, "a.key.of.more.than.thirty-two.characters", INT64_MIN);
  cspan_span_set_bool(span, "reused", true);
  cspan_span_set_int64(span, "server.port", 8443);
  cspan_span_set_string(span, "server.address", "");
}

static void put_many(cspan_span span, const char *text) {
  cspan_slot *slot = cspan_slot_lock_recording(span);
  assert_non_null(slot);
  cspan_slot_put_text(slot, "server.address", "example.com");
  cspan_slot_put_text(slot, "long", text);
  cspan_slot_put_string(slot, "broken", "a\xff", 2);
  cspan_slot_put_int64(slot, "server.port", 443);
  cspan_slot_put_int64(slot, "a.key.of.more.than.thirty-two.characters", INT64_MIN);
  cspan_slot_put_bool(slot, "reused", true);
  cspan_slot_put_int64(slot, "server.port", 8443);
  cspan_slot_put_text(slot, "server.address", "");
  cspan_slot_unlock_span(slot, span);
}

static void under_one_lock_is_as_one_by_one(void **state) {
  (void)state;
  char text[LONG + 1];
  memset(text, 'x', LONG);
  text[LONG] = '\0';
  for (size_t i = 0; i < sizeof limits_rows / sizeof limits_rows[0]; i++) {
    span_fixture f;
    open_limited(&f, &limits_rows[i]);
    cspan_span a = cspan_span_start(f.tracer, NULL, "s", NULL);
    set_many(a, text);
    cspan_span_end(a);
    cspan_span b = cspan_span_start(f.tracer, NULL, "s", NULL);
    put_many(b, text);
    cspan_span_end(b);
    assert_null(cspan_slot_lock_recording(b));
    const cspan_span_list *list = fixture_spans(&f);
    assert_same(cspan_span_list_at(list, 0), cspan_span_list_at(list, 1));
    fixture_close(&f);
  }
}

/* Sets what the block has, by the block or, where it does not fit, one by one. */
static void put_behind(cspan_span span, const cspan_attr_block *block, const cspan_attr *attrs,
                       size_t count) {
  cspan_slot *slot = cspan_slot_lock_recording(span);
  assert_non_null(slot);
  uint32_t before = slot->enc.len;
  size_t put = block != NULL ? cspan_enc_put_block(&slot->enc, block) : 0;
  assert_true(put == count || (put == 0 && slot->enc.len == before));
  for (; put < count; put++) {
    cspan_slot_attr(slot, &attrs[put]);
  }
  cspan_slot_unlock_span(slot, span);
}

static void a_block_goes_behind_others(void **state) {
  (void)state;
  const cspan_attr attrs[] = {
      cspan_attr_string("server.address", "example.com"),
      cspan_attr_int64("server.port", 443),
      cspan_attr_bool("reused", true),
  };
  const cspan_attr starts[][2] = {
      {cspan_attr_string("bucket", "b"), cspan_attr_int64("number", 1)},
      {cspan_attr_string("bucket", "b"),
       cspan_attr_int64("server.port", 80)}, /* is there already */
  };
  enum { ALL = sizeof attrs / sizeof attrs[0] };
  cspan_attr_block *block = cspan_attr_block_make(NULL, attrs, ALL);
  assert_non_null(block);
  for (size_t i = 0; i < sizeof limits_rows / sizeof limits_rows[0]; i++) {
    span_fixture f;
    open_limited(&f, &limits_rows[i]);
    for (size_t k = 0; k < 2 * 2; k++) {
      const cspan_span_options options = {
          .size = sizeof options, .attributes = starts[k % 2], .attribute_count = 2};
      for (int with = 0; with < 2; with++) {
        cspan_span span = cspan_span_begin(f.tracer, NULL, "s", 1, &options);
        put_behind(span, with ? block : NULL, attrs, ALL);
        cspan_span_set_string(span, "server.address", "later");
        cspan_span_end(span);
      }
      const cspan_span_list *list = fixture_spans(&f);
      assert_same(cspan_span_list_at(list, 2 * k), cspan_span_list_at(list, 2 * k + 1));
    }
    fixture_close(&f);
  }
  cspan_attr_block_free(block);
}

static void a_key_that_is_there_keeps_a_block_out(void **state) {
  (void)state;
  const cspan_attr port = cspan_attr_int64("server.port", 443);
  const limits_row none = {0, 0};
  span_fixture f;
  cspan_attr_block *block = cspan_attr_block_make(NULL, &port, 1);
  assert_non_null(block);
  open_limited(&f, &none);
  for (int is_there = 0; is_there < 2; is_there++) {
    cspan_span span = cspan_span_start(f.tracer, NULL, "s", NULL);
    cspan_span_set_int64(span, is_there ? "server.port" : "another", 80);
    cspan_slot *slot = cspan_slot_lock_recording(span);
    assert_non_null(slot);
    assert_int_equal(cspan_enc_put_block(&slot->enc, block), is_there ? 0 : 1);
    cspan_slot_unlock_span(slot, span);
    cspan_span_end(span);
  }
  cspan_attr_block_free(block);
  fixture_close(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_block_is_what_it_encodes),
      cmocka_unit_test(a_block_has_a_name),
      cmocka_unit_test(what_is_no_block_is_refused),
      cmocka_unit_test(a_block_goes_behind_others),
      cmocka_unit_test(a_key_that_is_there_keeps_a_block_out),
      cmocka_unit_test(under_one_lock_is_as_one_by_one),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
