/* SPDX-License-Identifier: Apache-2.0 */
/* OTLP metrics of strangers in protobuf: decoded, and everything that was decoded looked at. */
#include <stdlib.h>
#include <string.h>

#include <cloudspan/ext/metrics.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile uint64_t seen;

static void look_at_point(const cspan_metric_view *metric, const cspan_point_view *point) {
  if (point->attribute_count <= 64 &&
      cspan_metric_find_point(metric, point->attributes, point->attribute_count) == NULL)
    abort();
  for (size_t i = 0; i < point->bucket_count; i++)
    seen += point->buckets[i];
  for (size_t i = 0; i < point->boundary_count; i++)
    seen += point->boundaries[i] > 0;
  for (size_t i = 0; i < point->exemplar_count; i++)
    seen += point->exemplars[i].trace_id[15] + point->exemplars[i].attribute_count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  cspan_metric_list *list = NULL;
  if (cspan_metric_list_decode(data, size, &list, NULL) != CSPAN_OK)
    return 0;
  for (size_t i = 0; i < cspan_metric_list_count(list); i++) {
    const cspan_metric_view *metric = cspan_metric_list_at(list, i);
    if (cspan_metric_list_find(list, metric->name) == NULL)
      abort();
    seen += strlen(metric->unit) + strlen(metric->description) + strlen(metric->scope_name);
    for (size_t p = 0; p < metric->point_count && p < 64; p++)
      look_at_point(metric, &metric->points[p]);
  }
  cspan_metric_list_free(list);
  return 0;
}
