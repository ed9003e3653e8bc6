/* SPDX-License-Identifier: Apache-2.0 */
/* Instruments: what each kind makes of its values, names and units, attribute sets. */
#include "metric_fixture.h"

#include <math.h>
#include <stdio.h>

/* ------------------------------------------------------------ kinds of sums */

typedef struct kind_case {
  cspan_instrument_kind kind;
  cspan_number_type number;
  double values[4]; /* recorded one after the other, ended by NAN */
  double expected;
  cspan_metric_type type;
  bool is_monotonic;
} kind_case;

static const kind_case kinds[] = {
    {CSPAN_COUNTER, CSPAN_NUMBER_INT64, {1, 2, 3, NAN}, 6, CSPAN_METRIC_SUM, true},
    {CSPAN_COUNTER, CSPAN_NUMBER_INT64, {4, -2, NAN}, 4, CSPAN_METRIC_SUM, true},
    {CSPAN_COUNTER, CSPAN_NUMBER_INT64, {0, NAN}, 0, CSPAN_METRIC_SUM, true},
    {CSPAN_COUNTER, CSPAN_NUMBER_DOUBLE, {0.5, 0.25, NAN}, 0.75, CSPAN_METRIC_SUM, true},
    {CSPAN_COUNTER, CSPAN_NUMBER_DOUBLE, {1, -0.5, INFINITY, NAN}, 1, CSPAN_METRIC_SUM, true},
    {CSPAN_UP_DOWN_COUNTER, CSPAN_NUMBER_INT64, {5, -7, NAN}, -2, CSPAN_METRIC_SUM, false},
    {CSPAN_UP_DOWN_COUNTER, CSPAN_NUMBER_DOUBLE, {1.5, -2, NAN}, -0.5, CSPAN_METRIC_SUM, false},
    {CSPAN_GAUGE, CSPAN_NUMBER_INT64, {9, -4, NAN}, -4, CSPAN_METRIC_GAUGE, false},
    {CSPAN_GAUGE, CSPAN_NUMBER_DOUBLE, {9, 2.5, NAN}, 2.5, CSPAN_METRIC_GAUGE, false},
    {CSPAN_GAUGE, CSPAN_NUMBER_DOUBLE, {9, INFINITY, NAN}, INFINITY, CSPAN_METRIC_GAUGE, false},
};

static double number_of(const cspan_point_view *point) {
  return point->value.type == CSPAN_NUMBER_INT64 ? (double)point->value.int64 : point->value.number;
}

static void test_kinds(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(kinds); i++) {
    const kind_case *c = &kinds[i];
    metric_fixture f;
    start_log();
    metric_fixture_start_cumulative(&f);
    cspan_instrument *instrument = instrument_of(f.meter, c->kind, c->number, "m");
    for (size_t v = 0; !isnan(c->values[v]); v++) {
      if (c->number == CSPAN_NUMBER_INT64) {
        cspan_record_int64(instrument, NULL, (int64_t)c->values[v], NULL, 0);
      } else {
        cspan_record_double(instrument, NULL, c->values[v], NULL, 0);
      }
    }
    cspan_metric_list *list = collect(&f);
    const cspan_metric_view *metric = cspan_metric_list_find(list, "m");
    assert_non_null(metric);
    assert_int_equal(metric->type, c->type);
    assert_int_equal(metric->is_monotonic, c->is_monotonic);
    assert_false(metric->is_delta);
    assert_int_equal(metric->point_count, 1);
    assert_int_equal(metric->points[0].value.type, c->number);
    assert_true(number_of(&metric->points[0]) == c->expected);
    cspan_metric_list_free(list);
    metric_fixture_stop(&f);
    stop_log();
  }
}

/* Each type of number goes into either instrument. */
static void test_other_number(void **state) {
  (void)state;
  metric_fixture f;
  metric_fixture_start_cumulative(&f);
  cspan_instrument *whole = counter_of(f.meter, "whole");
  cspan_instrument *real = instrument_of(f.meter, CSPAN_COUNTER, CSPAN_NUMBER_DOUBLE, "real");
  cspan_instrument *huge = instrument_of(f.meter, CSPAN_GAUGE, CSPAN_NUMBER_INT64, "huge");
  cspan_record_double(whole, NULL, 1.6, NULL, 0);
  cspan_record_int64(real, NULL, 3, NULL, 0);
  cspan_record_double(huge, NULL, 1e300, NULL, 0);
  cspan_metric_list *list = collect(&f);
  assert_int_equal(int64_of(list, "whole"), 2);
  assert_true(point_of(list, "real", NULL, 0)->value.number == 3.0);
  assert_true(int64_of(list, "huge") == INT64_MAX);
  cspan_metric_list_free(list);
  metric_fixture_stop(&f);
}

/* ---------------------------------------------------------------- histograms */

typedef struct histogram_case {
  double boundaries[4];
  size_t boundary_count;
  double values[8]; /* ended by NAN */
  uint64_t buckets[5];
  double sum;
  double min;
  double max;
} histogram_case;

static const histogram_case histograms[] = {
    /* A bound belongs to the bucket below it. */
    {{1, 2, 5}, 3, {1, 1.5, 2, 5, 6, NAN}, {1, 2, 1, 1, 0}, 15.5, 1, 6},
    {{0}, 1, {0, 0, 1, NAN}, {2, 1, 0, 0, 0}, 1, 0, 1},
    {{0}, 0, {3, 4, NAN}, {2, 0, 0, 0, 0}, 7, 3, 4},
    {{-1, 0, 1, 2}, 4, {-5, -1, -0.5, 3, NAN}, {2, 1, 0, 0, 1}, -3.5, -5, 3},
    {{1, 2}, 2, {1, INFINITY, -INFINITY, NAN}, {1, 0, 0, 0, 0}, 1, 1, 1},
};

static void test_histograms(void **state) {
  (void)state;
  static const double none[1];
  for (size_t i = 0; i < COUNT(histograms); i++) {
    const histogram_case *c = &histograms[i];
    metric_fixture f;
    start_log();
    metric_fixture_start_cumulative(&f);
    const cspan_instrument_options options = {.kind = CSPAN_HISTOGRAM,
                                              .number = CSPAN_NUMBER_DOUBLE,
                                              .name = "h",
                                              .unit = "s",
                                              .description = "how long",
                                              .boundaries =
                                                  c->boundary_count > 0 ? c->boundaries : none,
                                              .boundary_count = c->boundary_count};
    cspan_instrument *histogram = cspan_instrument_get(f.meter, &options);
    uint64_t count = 0;
    for (size_t v = 0; !isnan(c->values[v]); v++) {
      cspan_record_double(histogram, NULL, c->values[v], NULL, 0);
      count += isfinite(c->values[v]) != 0;
    }
    cspan_metric_list *list = collect(&f);
    const cspan_metric_view *metric = cspan_metric_list_find(list, "h");
    const cspan_point_view *point = point_of(list, "h", NULL, 0);
    assert_int_equal(metric->type, CSPAN_METRIC_HISTOGRAM);
    assert_string_equal(metric->unit, "s");
    assert_string_equal(metric->description, "how long");
    assert_int_equal(point->count, count);
    assert_int_equal(point->bucket_count, c->boundary_count + 1);
    assert_int_equal(point->boundary_count, c->boundary_count);
    for (size_t b = 0; b <= c->boundary_count; b++) {
      assert_int_equal(point->buckets[b], c->buckets[b]);
      assert_true(b == c->boundary_count || point->boundaries[b] == c->boundaries[b]);
    }
    assert_true(point->has_sum && point->sum == c->sum);
    assert_true(point->has_extremes && point->min == c->min && point->max == c->max);
    cspan_metric_list_free(list);
    metric_fixture_stop(&f);
    stop_log();
  }
}

/* Each value is put where it belongs, whichever bucket the one before went to. */
static void test_one_after_another(void **state) {
  (void)state;
  static const double bounds[] = {-1, 1, 2};
  static const double values[] = {-2, -1, -0.5, 1, 1.5, 2, 3, 9};
  static const size_t buckets[COUNT(values)] = {0, 0, 1, 1, 2, 2, 3, 3};
  const cspan_instrument_options options = {.kind = CSPAN_HISTOGRAM,
                                            .number = CSPAN_NUMBER_DOUBLE,
                                            .name = "h",
                                            .boundaries = bounds,
                                            .boundary_count = COUNT(bounds)};
  for (size_t pair = 0; pair < COUNT(values) * COUNT(values); pair++) {
    const size_t both[] = {pair / COUNT(values), pair % COUNT(values)};
    uint64_t expected[COUNT(bounds) + 1] = {0};
    metric_fixture f;
    metric_fixture_start_cumulative(&f);
    cspan_instrument *histogram = cspan_instrument_get(f.meter, &options);
    for (size_t i = 0; i < 2; i++) {
      cspan_record_double(histogram, NULL, values[both[i]], NULL, 0);
      expected[buckets[both[i]]]++;
    }
    cspan_metric_list *list = collect(&f);
    const cspan_point_view *point = point_of(list, "h", NULL, 0);
    for (size_t b = 0; b < COUNT(expected); b++) {
      assert_int_equal(point->buckets[b], expected[b]);
    }
    cspan_metric_list_free(list);
    metric_fixture_stop(&f);
  }
}

static void test_default_boundaries(void **state) {
  (void)state;
  static const double bad[] = {1, 1};
  static const double expected[] = {0,   5,   10,   25,   50,   75,   100,  250,
                                    500, 750, 1000, 2500, 5000, 7500, 10000};
  metric_fixture f;
  start_log();
  metric_fixture_start_cumulative(&f);
  const cspan_instrument_options options = {
      .kind = CSPAN_HISTOGRAM, .name = "bad", .boundaries = bad, .boundary_count = 2};
  cspan_record_int64(instrument_of(f.meter, CSPAN_HISTOGRAM, CSPAN_NUMBER_INT64, "good"), NULL, 5,
                     NULL, 0);
  cspan_record_int64(cspan_instrument_get(f.meter, &options), NULL, 5, NULL, 0);
  assert_non_null(strstr(logged, "boundaries"));
  cspan_metric_list *list = collect(&f);
  static const char *const names[] = {"good", "bad"};
  for (size_t i = 0; i < COUNT(names); i++) {
    const cspan_point_view *point = point_of(list, names[i], NULL, 0);
    assert_int_equal(point->boundary_count, COUNT(expected));
    assert_memory_equal(point->boundaries, expected, sizeof expected);
    assert_int_equal(point->buckets[1], 1);
    assert_true(point->sum == 5.0);
  }
  cspan_metric_list_free(list);
  metric_fixture_stop(&f);
  stop_log();
}

/* ------------------------------------------------------------ names and units */

static char long_name[300];

typedef struct name_case {
  const char *name;
  bool is_good;
} name_case;

static void test_names(void **state) {
  (void)state;
  char longest[256];
  memset(longest, 'a', sizeof longest - 1);
  longest[sizeof longest - 1] = '\0';
  memset(long_name, 'a', 256);
  const name_case cases[] = {{"a", true},          {"A.b-c_d/e9", true}, {longest, true},
                             {long_name, false},   {"", false},          {NULL, false},
                             {"1a", false},        {"_a", false},        {"a b", false},
                             {"a\xc3\xa4", false}, {"a:b", false},       {"-", false}};
  metric_fixture f;
  start_log();
  metric_fixture_start_cumulative(&f);
  for (size_t i = 0; i < COUNT(cases); i++) {
    logged[0] = '\0';
    const cspan_instrument_options options = {.name = cases[i].name};
    cspan_instrument *instrument = cspan_instrument_get(f.meter, &options);
    assert_int_equal(instrument != NULL, cases[i].is_good);
    assert_int_equal(strstr(logged, "not valid") == NULL, cases[i].is_good);
  }
  metric_fixture_stop(&f);
  stop_log();
}

static void test_units(void **state) {
  (void)state;
  char long_unit[65];
  memset(long_unit, 'u', sizeof long_unit - 1);
  long_unit[64] = '\0';
  const struct {
    const char *name;
    const char *unit;
    const char *expected;
  } cases[] = {{"a", "By", "By"},
               {"b", NULL, ""},
               {"c", "{span}", "{span}"},
               {"d", long_unit, ""},
               {"e", long_unit + 1, long_unit + 1},
               {"f", "\xc2\xb5s", ""}};
  metric_fixture f;
  start_log();
  metric_fixture_start_cumulative(&f);
  for (size_t i = 0; i < COUNT(cases); i++) {
    const cspan_instrument_options options = {.name = cases[i].name, .unit = cases[i].unit};
    cspan_record_int64(cspan_instrument_get(f.meter, &options), NULL, 1, NULL, 0);
  }
  cspan_metric_list *list = collect(&f);
  for (size_t i = 0; i < COUNT(cases); i++) {
    assert_string_equal(cspan_metric_list_find(list, cases[i].name)->unit, cases[i].expected);
  }
  cspan_metric_list_free(list);
  metric_fixture_stop(&f);
  stop_log();
}

static void test_duplicates(void **state) {
  (void)state;
  static const double other[] = {1, 2};
  const cspan_instrument_options first = {.name = "Requests", .unit = "1"};
  const struct {
    cspan_instrument_options options;
    bool warns;
  } cases[] = {{{.name = "Requests", .unit = "1"}, false},
               {{.name = "requestS", .unit = "1"}, false},
               {{.name = "Requests", .unit = "1", .boundaries = other, .boundary_count = 2}, false},
               {{.name = "Requests", .unit = "2"}, true},
               {{.name = "Requests", .unit = "1", .description = "x"}, true},
               {{.name = "Requests", .unit = "1", .kind = CSPAN_GAUGE}, true},
               {{.name = "Requests", .unit = "1", .number = CSPAN_NUMBER_DOUBLE}, true}};
  metric_fixture f;
  start_log();
  metric_fixture_start_cumulative(&f);
  cspan_instrument *instrument = cspan_instrument_get(f.meter, &first);
  for (size_t i = 0; i < COUNT(cases); i++) {
    logged[0] = '\0';
    assert_ptr_equal(cspan_instrument_get(f.meter, &cases[i].options), instrument);
    assert_int_equal(strstr(logged, "asked for again") != NULL, cases[i].warns);
  }
  metric_fixture_stop(&f);
  stop_log();
}

static void test_duplicate_histogram(void **state) {
  (void)state;
  static const double some[] = {1, 2};
  static const double others[] = {1, 3};
  cspan_instrument_options options = {
      .kind = CSPAN_HISTOGRAM, .name = "h", .boundaries = some, .boundary_count = 2};
  metric_fixture f;
  start_log();
  metric_fixture_start_cumulative(&f);
  cspan_instrument *histogram = cspan_instrument_get(f.meter, &options);
  assert_ptr_equal(cspan_instrument_get(f.meter, &options), histogram);
  assert_string_equal(logged, "");
  options.boundaries = others;
  assert_ptr_equal(cspan_instrument_get(f.meter, &options), histogram);
  assert_non_null(strstr(logged, "boundaries"));
  metric_fixture_stop(&f);
  stop_log();
}

/* --------------------------------------------------------------------- meters */

static void test_meters(void **state) {
  (void)state;
  const cspan_attr one[] = {cspan_attr_string("a", "1"), cspan_attr_int64("b", 2)};
  const cspan_attr turned[] = {cspan_attr_int64("b", 2), cspan_attr_string("a", "1")};
  const cspan_attr other[] = {cspan_attr_string("a", "2"), cspan_attr_int64("b", 2)};
  const struct {
    cspan_scope scope;
    size_t same_as;
  } cases[] = {{{.name = "n"}, 0},
               {{.name = "n", .version = ""}, 0},
               {{.name = "n", .version = "1"}, 2},
               {{.name = "n", .schema_url = "http://s"}, 3},
               {{.name = "N"}, 4},
               {{.name = "n", .attributes = one, .attribute_count = 2}, 5},
               {{.name = "n", .attributes = turned, .attribute_count = 2}, 5},
               {{.name = "n", .attributes = other, .attribute_count = 2}, 7}};
  metric_fixture f;
  metric_fixture_start_cumulative(&f);
  cspan_meter *meters[COUNT(cases)];
  for (size_t i = 0; i < COUNT(cases); i++) {
    meters[i] = cspan_meter_get(f.provider, &cases[i].scope);
    for (size_t k = 0; k < i; k++) {
      assert_int_equal(meters[k] == meters[i], cases[k].same_as == cases[i].same_as);
    }
  }
  cspan_record_int64(counter_of(meters[5], "m"), NULL, 1, NULL, 0);
  cspan_record_int64(counter_of(meters[3], "n"), NULL, 1, NULL, 0);
  cspan_metric_list *list = collect(&f);
  const cspan_metric_view *metric = cspan_metric_list_find(list, "m");
  assert_string_equal(metric->scope_name, "n");
  assert_int_equal(metric->scope_attribute_count, 2);
  assert_non_null(cspan_attrs_find(metric->scope_attributes, 2, "b"));
  assert_string_equal(cspan_metric_list_find(list, "n")->schema_url, "http://s");
  cspan_metric_list_free(list);
  metric_fixture_stop(&f);
}

static void test_resource(void **state) {
  (void)state;
  const cspan_attr more[] = {cspan_attr_string("deployment.environment.name", "test")};
  const cspan_temporality cumulative = CSPAN_TEMPORALITY_CUMULATIVE;
  cspan_meter_provider_options options = {.size = sizeof options,
                                          .service_name = "shop",
                                          .service_version = "1.2",
                                          .resource = more,
                                          .resource_count = 1,
                                          .schema_url = "http://example.org/schema"};
  metric_fixture f;
  metric_fixture_start(&f, &options, &cumulative, 1);
  cspan_record_int64(counter_of(f.meter, "m"), NULL, 1, NULL, 0);
  cspan_metric_list *list = collect(&f);
  const cspan_metric_view *metric = cspan_metric_list_find(list, "m");
  const struct {
    const char *key;
    const char *value;
  } expected[] = {{"service.name", "shop"},
                  {"service.version", "1.2"},
                  {"deployment.environment.name", "test"},
                  {"telemetry.sdk.name", "cloudspan"}};
  for (size_t i = 0; i < COUNT(expected); i++) {
    const cspan_attr *attr =
        cspan_attrs_find(metric->resource, metric->resource_count, expected[i].key);
    assert_non_null(attr);
    assert_string_equal(attr->value.string, expected[i].value);
  }
  assert_string_equal(metric->schema_url, "http://example.org/schema");
  cspan_metric_list_free(list);
  metric_fixture_stop(&f);
}

/* ----------------------------------------------------------- attribute sets */

static const char *const words[] = {"x", "y"};
static const char *const other_words[] = {"x", "z"};
static const bool flags[] = {true, false};
static const bool other_flags[] = {true, true};
static const int64_t whole[] = {1, 2};
static const double real[] = {1, 2};
static char long_text[100];
static char other_long_text[100];

static void test_attribute_sets(void **state) {
  (void)state;
  memset(long_text, 'v', sizeof long_text - 1);
  memset(other_long_text, 'v', sizeof other_long_text - 1);
  other_long_text[50] = 'w';
  /* The members of each row are one attribute set; all rows are different ones. */
  const cspan_attr rows[][2][3] = {
      {{{0}}, {{0}}},
      {{cspan_attr_string("a", "1"), cspan_attr_string("b", "2"), {0}},
       {cspan_attr_string("b", "2"), cspan_attr_string("a", "1"), {0}}},
      {{cspan_attr_string("a", "2"), cspan_attr_string("b", "1"), {0}}, {{0}}},
      {{cspan_attr_string("a", "9"), cspan_attr_string("c", "2"), cspan_attr_string("a", "3")},
       {cspan_attr_string("a", "3"), cspan_attr_string("c", "2"), {0}}},
      {{cspan_attr_int64("a", 1), {0}},
       {cspan_attr_string("", "no key"), cspan_attr_int64("a", 1)}},
      {{cspan_attr_double("a", 1), {0}}, {{0}}},
      {{cspan_attr_bool("a", true), {0}}, {{0}}},
      {{cspan_attr_string("a", ""), {0}}, {cspan_attr_string("a", NULL), {0}}},
      {{cspan_attr_strings("a", words, 2), {0}}, {cspan_attr_strings("a", words, 2), {0}}},
      {{cspan_attr_strings("a", other_words, 2), {0}}, {{0}}},
      {{cspan_attr_strings("a", words, 1), {0}}, {{0}}},
      {{cspan_attr_strings("a", words, 0), {0}}, {{0}}},
      {{cspan_attr_bools("a", flags, 2), {0}}, {cspan_attr_bools("a", flags, 2), {0}}},
      {{cspan_attr_bools("a", other_flags, 2), {0}}, {{0}}},
      {{cspan_attr_int64s("a", whole, 2), {0}}, {cspan_attr_int64s("a", whole, 2), {0}}},
      {{cspan_attr_doubles("a", real, 2), {0}}, {cspan_attr_doubles("a", real, 2), {0}}},
      {{cspan_attr_string("a", long_text), {0}}, {cspan_attr_string("a", long_text), {0}}},
      {{cspan_attr_string("a", other_long_text), {0}}, {{0}}},
  };
  metric_fixture f;
  metric_fixture_start_cumulative(&f);
  cspan_instrument *counter = counter_of(f.meter, "m");
  int64_t expected[COUNT(rows)] = {0};
  for (size_t row = 0; row < COUNT(rows); row++) {
    for (size_t i = 0; i < 2; i++) {
      size_t count = 0;
      while (count < 3 && rows[row][i][count].key != NULL) {
        count++;
      }
      if (i == 0 || count > 0) {
        cspan_record_int64(counter, NULL, 1, rows[row][i], count);
        expected[row]++;
      }
    }
  }
  cspan_metric_list *list = collect(&f);
  assert_int_equal(cspan_metric_list_find(list, "m")->point_count, COUNT(rows));
  for (size_t row = 0; row < COUNT(rows); row++) {
    const cspan_point_view *point = point_of(list, "m", rows[row][0], 3);
    assert_int_equal(point->value.int64, expected[row]);
  }
  cspan_metric_list_free(list);
  metric_fixture_stop(&f);
}

/* Attributes that cannot be written are left out, wherever they come. */
static void test_bad_attributes(void **state) {
  (void)state;
  const cspan_attr bad[] = {cspan_attr_string("\xff", "v"), cspan_attr_string("a", "1")};
  const cspan_attr good[] = {cspan_attr_string("a", "1")};
  metric_fixture f;
  metric_fixture_start_cumulative(&f);
  cspan_instrument *counter = counter_of(f.meter, "m");
  cspan_record_int64(counter, NULL, 1, bad, 2);
  cspan_record_int64(counter, NULL, 1, good, 1);
  cspan_record_int64(counter, NULL, 1, bad, 2);
  cspan_metric_list *list = collect(&f);
  assert_int_equal(cspan_metric_list_find(list, "m")->point_count, 1);
  assert_int_equal(point_of(list, "m", good, 1)->value.int64, 3);
  cspan_metric_list_free(list);
  metric_fixture_stop(&f);
}

static void test_many_attributes(void **state) {
  (void)state;
  cspan_attr attrs[70];
  char keys[70][8];
  for (size_t i = 0; i < COUNT(attrs); i++) {
    snprintf(keys[i], sizeof keys[i], "k%zu", i);
    attrs[i] = cspan_attr_int64(keys[i], (int64_t)i);
  }
  metric_fixture f;
  metric_fixture_start_cumulative(&f);
  cspan_record_int64(counter_of(f.meter, "m"), NULL, 1, attrs, COUNT(attrs));
  cspan_metric_list *list = collect(&f);
  assert_int_equal(point_of(list, "m", attrs, 64)->attribute_count, 64);
  cspan_metric_list_free(list);
  metric_fixture_stop(&f);
}

/* --------------------------------------------------------------- cardinality */

static void record_numbered(cspan_instrument *counter, int64_t from, int64_t to) {
  for (int64_t i = from; i < to; i++) {
    const cspan_attr attr = cspan_attr_int64("i", i);
    cspan_record_int64(counter, NULL, 1, &attr, 1);
  }
}

static void check_overflow(metric_fixture *f, size_t points, int64_t overflow) {
  const cspan_attr attr = cspan_attr_bool("otel.metric.overflow", true);
  cspan_metric_list *list = collect(f);
  assert_int_equal(cspan_metric_list_find(list, "m")->point_count, points);
  const cspan_point_view *point =
      cspan_metric_find_point(cspan_metric_list_find(list, "m"), &attr, 1);
  assert_int_equal(point != NULL ? point->value.int64 : 0, overflow);
  cspan_metric_list_free(list);
}

static void test_cardinality_default(void **state) {
  (void)state;
  metric_fixture f;
  metric_fixture_start_cumulative(&f);
  cspan_instrument *counter = counter_of(f.meter, "m");
  record_numbered(counter, 0, 1999);
  check_overflow(&f, 1999, 0);
  record_numbered(counter, 1999, 2500);
  record_numbered(counter, 0, 10); /* which are known */
  check_overflow(&f, 2000, 501);
  metric_fixture_stop(&f);
}

static void test_cardinality_limit(void **state) {
  (void)state;
  const cspan_temporality cumulative = CSPAN_TEMPORALITY_CUMULATIVE;
  cspan_meter_provider_options options = {.size = sizeof options, .cardinality_limit = 3};
  metric_fixture f;
  metric_fixture_start(&f, &options, &cumulative, 1);
  cspan_instrument *counter = counter_of(f.meter, "m");
  record_numbered(counter, 0, 5);
  check_overflow(&f, 3, 3);
  const cspan_attr attr = cspan_attr_int64("i", 77);
  cspan_series *bound = cspan_instrument_bind(counter, &attr, 1);
  cspan_series_record_int64(bound, NULL, 10);
  cspan_series_release(bound);
  check_overflow(&f, 3, 13);
  metric_fixture_stop(&f);
}

/* -------------------------------------------------------------- bound series */

static void test_bound(void **state) {
  (void)state;
  const cspan_attr attr = cspan_attr_string("a", "1");
  metric_fixture f;
  start_log();
  metric_fixture_start_cumulative(&f);
  cspan_instrument *counter = counter_of(f.meter, "m");
  cspan_series *bound = cspan_instrument_bind(counter, &attr, 1);
  assert_non_null(bound);
  assert_ptr_equal(cspan_instrument_bind(counter, &attr, 1), bound);
  assert_false(is_collected(&f, "m")); /* nothing was recorded to it */
  cspan_series_record_int64(bound, NULL, 2);
  cspan_series_record_double(bound, NULL, 3.2);
  cspan_series_record_int64(bound, NULL, -1);
  cspan_record_int64(counter, NULL, 5, &attr, 1);
  cspan_metric_list *list = collect(&f);
  assert_int_equal(point_of(list, "m", &attr, 1)->value.int64, 10);
  cspan_metric_list_free(list);
  cspan_series_release(bound);
  cspan_series_release(bound);
  metric_fixture_stop(&f);
  stop_log();
}

/* ------------------------------------------------------------------ no-ops */

static void test_null(void **state) {
  (void)state;
  const cspan_instrument_options options = {.name = "m"};
  assert_null(cspan_meter_get(NULL, NULL));
  assert_null(cspan_instrument_get(NULL, &options));
  assert_null(cspan_instrument_bind(NULL, NULL, 0));
  assert_null(cspan_meter_observe(NULL, NULL, NULL));
  cspan_record_int64(NULL, NULL, 1, NULL, 0);
  cspan_record_double(NULL, NULL, 1, NULL, 0);
  cspan_series_record_int64(NULL, NULL, 1);
  cspan_series_record_double(NULL, NULL, 1);
  cspan_series_release(NULL);
  cspan_callback_remove(NULL);
  assert_int_equal(cspan_meter_provider_force_flush(NULL, 0, NULL), CSPAN_OK);
  assert_int_equal(cspan_meter_provider_shutdown(NULL, 0, NULL), CSPAN_OK);
  cspan_meter_provider_free(NULL);
  assert_null(cspan_metric_reader_periodic(NULL, NULL));
}

static void test_without_readers(void **state) {
  (void)state;
  cspan_meter_provider *provider = NULL;
  assert_int_equal(cspan_meter_provider_create(NULL, &provider, NULL), CSPAN_OK);
  cspan_meter *meter = cspan_meter_get(provider, NULL);
  cspan_record_int64(counter_of(meter, "m"), NULL, 1, NULL, 0);
  assert_int_equal(cspan_meter_provider_force_flush(provider, 0, NULL), CSPAN_OK);
  cspan_meter_provider_free(provider);
}

static void test_global(void **state) {
  (void)state;
  const cspan_scope scope = {.name = "test", .version = "1"};
  metric_fixture f;
  metric_fixture_start_cumulative(&f);
  cspan_meter_provider_set_global(f.provider);
  assert_ptr_equal(cspan_meter_provider_global(), f.provider);
  assert_ptr_equal(cspan_meter_get(NULL, &scope), f.meter);
  metric_fixture_stop(&f);
  assert_null(cspan_meter_provider_global());
}

static void test_readers_that_cannot_be(void **state) {
  (void)state;
  cspan_metric_reader *readers[5] = {0};
  cspan_metric_exporter *memory;
  cspan_meter_provider *provider = NULL;
  cspan_error *error = NULL;
  cspan_meter_provider_options options = {.readers = readers, .reader_count = 1};
  assert_int_equal(cspan_meter_provider_create(&options, &provider, &error), CSPAN_ERR_INVALID);
  cspan_error_free(error);
  error = NULL;
  for (size_t i = 0; i < COUNT(readers); i++) {
    readers[i] = memory_reader(CSPAN_TEMPORALITY_DEFAULT, &memory);
  }
  options.reader_count = COUNT(readers);
  assert_int_equal(cspan_meter_provider_create(&options, &provider, &error), CSPAN_ERR_LIMIT);
  assert_null(provider);
  cspan_error_free(error);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_kinds),
      cmocka_unit_test(test_other_number),
      cmocka_unit_test(test_histograms),
      cmocka_unit_test(test_one_after_another),
      cmocka_unit_test(test_default_boundaries),
      cmocka_unit_test(test_names),
      cmocka_unit_test(test_units),
      cmocka_unit_test(test_duplicates),
      cmocka_unit_test(test_duplicate_histogram),
      cmocka_unit_test(test_meters),
      cmocka_unit_test(test_resource),
      cmocka_unit_test(test_attribute_sets),
      cmocka_unit_test(test_bad_attributes),
      cmocka_unit_test(test_many_attributes),
      cmocka_unit_test(test_cardinality_default),
      cmocka_unit_test(test_cardinality_limit),
      cmocka_unit_test(test_bound),
      cmocka_unit_test(test_null),
      cmocka_unit_test(test_without_readers),
      cmocka_unit_test(test_global),
      cmocka_unit_test(test_readers_that_cannot_be),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
