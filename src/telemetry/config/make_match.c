/* SPDX-License-Identifier: Apache-2.0 */
/* Which spans a rule means, as sampling.h has it. */
#include "base/text.h"
#include "telemetry/config/make_sampling.h"

static unsigned bits_of(const cspan_config_node *list, const char *const *names,
                        const unsigned *bits) {
  unsigned all = 0;
  for (const cspan_config_node *name = list != NULL ? list->first : NULL; name != NULL;
       name = name->next) {
    for (size_t i = 0; names[i] != NULL; i++) {
      all |= cspan_ieq(names[i], name->text) ? bits[i] : 0;
    }
  }
  return all;
}

void cspan_make_places(const cspan_config_node *map, cspan_span_match *out) {
  static const char *const kinds[] = {"internal", "server", "client", "producer", "consumer", NULL};
  static const unsigned kind_bits[] = {
      CSPAN_KIND_BIT(CSPAN_SPAN_INTERNAL), CSPAN_KIND_BIT(CSPAN_SPAN_SERVER),
      CSPAN_KIND_BIT(CSPAN_SPAN_CLIENT), CSPAN_KIND_BIT(CSPAN_SPAN_PRODUCER),
      CSPAN_KIND_BIT(CSPAN_SPAN_CONSUMER)};
  static const char *const parents[] = {"none", "remote", "local", NULL};
  static const unsigned parent_bits[] = {CSPAN_PARENT_NONE, CSPAN_PARENT_REMOTE,
                                         CSPAN_PARENT_LOCAL};
  out->kinds = bits_of(cspan_config_node_get(map, "span_kinds"), kinds, kind_bits);
  out->parents = bits_of(cspan_config_node_get(map, "parent"), parents, parent_bits);
}

cspan_status cspan_make_attr_match(cspan_maker *maker, const cspan_config_node *map,
                                   cspan_attr_match *out, cspan_error **error) {
  out->key = cspan_config_text(map, "key", "");
  out->value = cspan_config_text(map, "value", NULL);
  cspan_status status = cspan_config_texts(maker, cspan_config_node_get(map, "included"),
                                           &out->included, &out->included_count, error);
  return status == CSPAN_OK ? cspan_config_texts(maker, cspan_config_node_get(map, "excluded"),
                                                 &out->excluded, &out->excluded_count, error)
                            : status;
}

cspan_status cspan_make_span_match(cspan_maker *maker, const cspan_config_node *map,
                                   cspan_span_match *out, cspan_error **error) {
  const cspan_config_node *list = cspan_config_node_get(map, "attributes");
  *out = (cspan_span_match){.span_name = cspan_config_text(map, "span_name", NULL)};
  cspan_make_places(map, out);
  if (list == NULL) {
    return CSPAN_OK;
  }
  cspan_attr_match *attributes = cspan_arena_array(maker->arena, list->count, sizeof *attributes);
  if (attributes == NULL) {
    return cspan_config_no_memory(list, error);
  }
  cspan_status status = CSPAN_OK;
  for (const cspan_config_node *child = list->first; child != NULL && status == CSPAN_OK;
       child = child->next) {
    status = cspan_make_attr_match(maker, child, &attributes[child->index], error);
  }
  out->attributes = attributes;
  out->attribute_count = list->count;
  return status;
}
