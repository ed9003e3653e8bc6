/* SPDX-License-Identifier: Apache-2.0 */
/* ExportMetricsServiceRequest to a list of metrics. Field numbers are those of
 * opentelemetry/proto/metrics/v1/metrics.proto. */
#include "telemetry/decode.h"

#include <string.h>

#include <cloudspan/ext/metrics.h>

#include "telemetry/metrics/attr_set.h"

struct cspan_metric_list {
  cspan_arena *arena; /* everything is in it, this struct too */
  cspan_metric_view *metrics;
  size_t count;
};

/* Where a kind of point has its fields. */
typedef struct point_fields {
  uint32_t attributes;
  uint32_t exemplars;
} point_fields;

static const point_fields number_fields = {.attributes = 7, .exemplars = 5};
static const point_fields histogram_fields = {.attributes = 9, .exemplars = 8};

static double double_of(uint64_t bits) {
  double value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static void set_int64(cspan_number *out, uint64_t bits) {
  *out = (cspan_number){.type = CSPAN_NUMBER_INT64};
  memcpy(&out->int64, &bits, sizeof out->int64);
}

static void set_double(cspan_number *out, uint64_t bits) {
  *out = (cspan_number){.type = CSPAN_NUMBER_DOUBLE, .number = double_of(bits)};
}

/* ----------------------------------------------------------------- points */

static bool decode_exemplar(cspan_decoder *decoder, const cspan_pb_field *message,
                            cspan_exemplar_view *out) {
  cspan_pb_reader reader = cspan_pb_read(message->data, message->len);
  cspan_pb_field field;
  bool ok = true;
  while (ok && cspan_pb_next(&reader, &field)) {
    if (cspan_pb_is(&field, 2, WIRE_FIXED64)) {
      out->time_unix_ns = cspan_decode_time(field.value);
    } else if (cspan_pb_is(&field, 3, WIRE_FIXED64)) {
      set_double(&out->value, field.value);
    } else if (cspan_pb_is(&field, 6, WIRE_FIXED64)) {
      set_int64(&out->value, field.value);
    } else if (cspan_pb_is(&field, 4, WIRE_BYTES)) {
      ok = cspan_decode_id(decoder, &field, sizeof out->span_id, out->span_id);
    } else if (cspan_pb_is(&field, 5, WIRE_BYTES)) {
      ok = cspan_decode_id(decoder, &field, sizeof out->trace_id, out->trace_id);
    }
  }
  return ok && cspan_decode_end(decoder, &reader) &&
         cspan_decode_attributes(decoder, message->data, message->len, 7, &out->attributes,
                                 &out->attribute_count);
}

static size_t count_fields(const cspan_pb_field *message, uint32_t number) {
  cspan_pb_reader reader = cspan_pb_read(message->data, message->len);
  cspan_pb_field field;
  size_t count = 0;
  while (cspan_pb_next(&reader, &field)) {
    count += cspan_pb_is(&field, number, WIRE_BYTES);
  }
  return count;
}

static bool decode_exemplars(cspan_decoder *decoder, const cspan_pb_field *message, uint32_t number,
                             cspan_point_view *point) {
  size_t count = count_fields(message, number);
  cspan_exemplar_view *exemplars = cspan_decode_alloc(decoder, count, sizeof *exemplars);
  if (exemplars == NULL) {
    return false;
  }
  point->exemplars = exemplars;
  cspan_pb_reader reader = cspan_pb_read(message->data, message->len);
  cspan_pb_field field;
  bool ok = true;
  while (ok && cspan_pb_next(&reader, &field)) {
    if (cspan_pb_is(&field, number, WIRE_BYTES)) {
      ok = decode_exemplar(decoder, &field, &exemplars[point->exemplar_count++]);
    }
  }
  return ok;
}

static uint64_t word_at(const uint8_t *data) {
  uint64_t word = 0;
  for (unsigned i = 0; i < sizeof word; i++) {
    word |= (uint64_t)data[i] << (8 * i);
  }
  return word;
}

/* Packed, as everybody writes them, or one by one. */
static bool decode_words(cspan_decoder *decoder, const cspan_pb_field *message, uint32_t number,
                         const uint64_t **out, size_t *out_count) {
  cspan_pb_reader reader = cspan_pb_read(message->data, message->len);
  cspan_pb_field field;
  size_t count = 0;
  while (cspan_pb_next(&reader, &field)) {
    if (cspan_pb_is(&field, number, WIRE_BYTES)) {
      if (field.len % sizeof(uint64_t) != 0) {
        return cspan_decode_fail(decoder, CSPAN_ERR_PROTOCOL,
                                 "the buckets of a histogram are not whole numbers of 8 bytes");
      }
      count += field.len / sizeof(uint64_t);
    } else if (cspan_pb_is(&field, number, WIRE_FIXED64)) {
      count++;
    }
  }
  uint64_t *words = cspan_decode_alloc(decoder, count, sizeof *words);
  if (words == NULL) {
    return false;
  }
  *out = words;
  *out_count = count;
  reader = cspan_pb_read(message->data, message->len);
  while (cspan_pb_next(&reader, &field)) {
    if (cspan_pb_is(&field, number, WIRE_FIXED64)) {
      *words++ = field.value;
    } else if (cspan_pb_is(&field, number, WIRE_BYTES)) {
      for (size_t i = 0; i < field.len; i += sizeof *words) {
        *words++ = word_at(field.data + i);
      }
    }
  }
  return true;
}

static void decode_histogram_number(const cspan_pb_field *field, cspan_point_view *out,
                                    unsigned *extremes) {
  if (cspan_pb_is(field, 4, WIRE_FIXED64)) {
    out->count = field->value;
  } else if (cspan_pb_is(field, 5, WIRE_FIXED64)) {
    out->has_sum = true;
    out->sum = double_of(field->value);
  } else if (cspan_pb_is(field, 11, WIRE_FIXED64)) {
    out->min = double_of(field->value);
    *extremes |= 1;
  } else if (cspan_pb_is(field, 12, WIRE_FIXED64)) {
    out->max = double_of(field->value);
    *extremes |= 2;
  }
}

static bool decode_histogram(cspan_decoder *decoder, const cspan_pb_field *message,
                             cspan_point_view *out) {
  const uint64_t *boundaries = NULL;
  if (!decode_words(decoder, message, 6, &out->buckets, &out->bucket_count) ||
      !decode_words(decoder, message, 7, &boundaries, &out->boundary_count)) {
    return false;
  }
  double *bounds = cspan_decode_alloc(decoder, out->boundary_count, sizeof *bounds);
  if (bounds == NULL) {
    return false;
  }
  out->boundaries = bounds;
  for (size_t i = 0; boundaries != NULL && i < out->boundary_count; i++) {
    bounds[i] = double_of(boundaries[i]);
  }
  return true;
}

static bool decode_point(cspan_decoder *decoder, const cspan_pb_field *message, bool is_histogram,
                         cspan_point_view *out) {
  const point_fields *fields = is_histogram ? &histogram_fields : &number_fields;
  cspan_pb_reader reader = cspan_pb_read(message->data, message->len);
  cspan_pb_field field;
  unsigned extremes = 0;
  while (cspan_pb_next(&reader, &field)) {
    if (cspan_pb_is(&field, 2, WIRE_FIXED64)) {
      out->start_time_unix_ns = cspan_decode_time(field.value);
    } else if (cspan_pb_is(&field, 3, WIRE_FIXED64)) {
      out->time_unix_ns = cspan_decode_time(field.value);
    } else if (is_histogram) {
      decode_histogram_number(&field, out, &extremes);
    } else if (cspan_pb_is(&field, 4, WIRE_FIXED64)) {
      set_double(&out->value, field.value);
    } else if (cspan_pb_is(&field, 6, WIRE_FIXED64)) {
      set_int64(&out->value, field.value);
    }
  }
  out->has_extremes = extremes == 3;
  return cspan_decode_end(decoder, &reader) &&
         cspan_decode_attributes(decoder, message->data, message->len, fields->attributes,
                                 &out->attributes, &out->attribute_count) &&
         decode_exemplars(decoder, message, fields->exemplars, out) &&
         (!is_histogram || decode_histogram(decoder, message, out));
}

/* ---------------------------------------------------------------- metrics */

enum { GAUGE = 5, SUM = 7, HISTOGRAM = 9, TEMPORALITY_DELTA = 1 };

/* Gauge, Sum and Histogram messages have their fields in the same places. */
static bool decode_data(cspan_decoder *decoder, const cspan_pb_field *message,
                        cspan_metric_view *out) {
  size_t count = count_fields(message, 1);
  cspan_point_view *points = cspan_decode_alloc(decoder, count, sizeof *points);
  if (points == NULL) {
    return false;
  }
  out->points = points;
  out->point_count = 0;
  cspan_pb_reader reader = cspan_pb_read(message->data, message->len);
  cspan_pb_field field;
  bool ok = true;
  while (ok && cspan_pb_next(&reader, &field)) {
    if (cspan_pb_is(&field, 1, WIRE_BYTES)) {
      ok = decode_point(decoder, &field, message->number == HISTOGRAM, &points[out->point_count++]);
    } else if (cspan_pb_is(&field, 2, WIRE_VARINT)) {
      out->is_delta = field.value == TEMPORALITY_DELTA;
    } else if (cspan_pb_is(&field, 3, WIRE_VARINT) && message->number == SUM) {
      out->is_monotonic = field.value != 0;
    }
  }
  return ok && cspan_decode_end(decoder, &reader);
}

static bool decode_metric(cspan_decoder *decoder, const cspan_pb_field *message,
                          const cspan_decoded_scope *scope, cspan_metric_view *out) {
  cspan_pb_reader reader = cspan_pb_read(message->data, message->len);
  cspan_pb_field field;
  bool ok = true;
  out->name = out->description = out->unit = "";
  out->scope_name = scope->name;
  out->scope_version = scope->version;
  out->scope_attributes = scope->attributes;
  out->scope_attribute_count = scope->attribute_count;
  out->schema_url = scope->schema_url[0] != '\0' ? scope->schema_url : scope->resource->schema_url;
  out->resource = scope->resource->attributes;
  out->resource_count = scope->resource->attribute_count;
  while (ok && cspan_pb_next(&reader, &field)) {
    if (field.type != WIRE_BYTES) {
      continue;
    }
    switch (field.number) {
    case 1:
      ok = cspan_decode_text(decoder, &field, &out->name);
      break;
    case 2:
      ok = cspan_decode_text(decoder, &field, &out->description);
      break;
    case 3:
      ok = cspan_decode_text(decoder, &field, &out->unit);
      break;
    case GAUGE:
    case SUM:
    case HISTOGRAM:
      out->type = field.number == GAUGE ? CSPAN_METRIC_GAUGE
                  : field.number == SUM ? CSPAN_METRIC_SUM
                                        : CSPAN_METRIC_HISTOGRAM;
      ok = decode_data(decoder, &field, out);
      break;
    default:
      break;
    }
  }
  return ok && cspan_decode_end(decoder, &reader);
}

/* --------------------------------------------------------------- requests */

static void *begin_list(cspan_decoder *decoder, size_t count) {
  cspan_metric_list *list = cspan_decode_alloc(decoder, 1, sizeof *list);
  if (list == NULL) {
    return NULL;
  }
  list->arena = decoder->arena;
  list->metrics = cspan_decode_alloc(decoder, count, sizeof *list->metrics);
  return list->metrics != NULL ? list : NULL;
}

static bool add_metric(cspan_decoder *decoder, const cspan_pb_field *message,
                       const cspan_decoded_scope *scope, void *into) {
  cspan_metric_list *list = into;
  return decode_metric(decoder, message, scope, &list->metrics[list->count++]);
}

const cspan_decode_signal cspan_decode_metrics = {
    .name = "metrics", .items = "metrics", .begin = begin_list, .add = add_metric};

cspan_status cspan_metric_list_decode(const uint8_t *request, size_t request_size_bytes,
                                      cspan_metric_list **out, cspan_error **error) {
  void *list = NULL;
  cspan_status status =
      cspan_decode_request(&cspan_decode_metrics, request, request_size_bytes, &list, error);
  *out = list;
  return status;
}

/* ------------------------------------------------------------------- lists */

void cspan_metric_list_free(cspan_metric_list *list) {
  if (list != NULL) {
    cspan_arena_free(list->arena);
  }
}

size_t cspan_metric_list_count(const cspan_metric_list *list) {
  return list != NULL ? list->count : 0;
}

const cspan_metric_view *cspan_metric_list_at(const cspan_metric_list *list, size_t index) {
  return list != NULL && index < list->count ? &list->metrics[index] : NULL;
}

const cspan_metric_view *cspan_metric_list_find(const cspan_metric_list *list, const char *name) {
  for (size_t i = cspan_metric_list_count(list); i > 0 && name != NULL; i--) {
    if (strcmp(list->metrics[i - 1].name, name) == 0) {
      return &list->metrics[i - 1];
    }
  }
  return NULL;
}

const cspan_point_view *cspan_metric_find_point(const cspan_metric_view *metric,
                                                const cspan_attr *attributes,
                                                size_t attribute_count) {
  cspan_attr_set wanted;
  cspan_attr_set_make(&wanted, attributes, attribute_count);
  for (size_t i = 0; metric != NULL && i < metric->point_count; i++) {
    cspan_attr_set set;
    const cspan_point_view *point = &metric->points[i];
    cspan_attr_set_make(&set, point->attributes, point->attribute_count);
    if (cspan_attr_set_equals(&set, &wanted)) {
      return point;
    }
  }
  return NULL;
}
