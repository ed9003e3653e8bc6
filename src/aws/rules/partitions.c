/* SPDX-License-Identifier: Apache-2.0 */
/* The partitions of AWS: compiled, opened, and found by region. */
#include <stdio.h>

#include "aws/rules/compile.h"
#include "aws/rules/functions.h"
#include "aws/rules/region_pattern.h"
#include "base/alloc.h"
#include "base/error.h"

#define WHAT "the partitions"

/* ------------------------------------------------------------------- compile */

/* The outputs, with the partition's id as their name. */
static uint32_t compile_outputs(cspan_rules_compiler *compiler, const cspan_value *partition,
                                const cspan_value *id) {
  const cspan_value *outputs = cspan_value_get(partition, "outputs");
  size_t count = 0;
  cspan_rules_node node;
  cspan_rules_node_init(&node, CSPAN_OP_MAP, 0);
  cspan_rules_node_text(&node, &compiler->writer, cspan_str_of("name"));
  cspan_rules_node_add(&node, cspan_rules_literal(compiler, id, 0));
  for (size_t i = 0; i < cspan_value_count(outputs); i++) {
    const cspan_member *output = &outputs->as.members[i];
    cspan_str name = {output->name, output->name_size_bytes};
    cspan_value_kind kind = output->value.kind;
    bool simple = kind == CSPAN_VALUE_STRING || kind == CSPAN_VALUE_BOOL;
    if (simple && !cspan_str_eq(name, "name")) {
      cspan_rules_node_text(&node, &compiler->writer, name);
      cspan_rules_node_add(&node, cspan_rules_literal(compiler, &output->value, 0));
      count++;
    }
  }
  node.words[0] |= (uint32_t)(count + 1) << 8;
  return cspan_rules_write(&compiler->writer, &node);
}

static uint32_t compile_partition(cspan_rules_compiler *compiler, const cspan_value *partition) {
  const cspan_value *id = cspan_value_get(partition, "id");
  const cspan_value *regex = cspan_value_get(partition, "regionRegex");
  const cspan_value *regions = cspan_value_get(partition, "regions");
  const cspan_value *outputs = cspan_value_get(partition, "outputs");
  if (cspan_value_text(id, NULL) == NULL || cspan_value_text(regex, NULL) == NULL ||
      cspan_value_get_kind(regions) != CSPAN_VALUE_MAP ||
      cspan_value_get_kind(outputs) != CSPAN_VALUE_MAP) {
    cspan_rules_fault(compiler, "a partition has no id, regionRegex, regions or outputs");
    return 0;
  }
  cspan_str pattern = {regex->as.text, regex->size};
  if (!cspan_region_pattern_check(pattern)) {
    cspan_rules_fault(compiler, "the regionRegex of %.40s is of a form that is not understood",
                      id->as.text);
    return 0;
  }
  cspan_rules_node node;
  uint32_t outputs_at = compile_outputs(compiler, partition, id);
  cspan_rules_node_init(&node, CSPAN_OP_PARTITION, regions->size);
  cspan_rules_node_text(&node, &compiler->writer, pattern);
  cspan_rules_node_add(&node, outputs_at);
  for (size_t i = 0; i < regions->size; i++) {
    const cspan_member *region = &regions->as.members[i];
    cspan_rules_node_text(&node, &compiler->writer,
                          (cspan_str){region->name, region->name_size_bytes});
  }
  return cspan_rules_write(&compiler->writer, &node);
}

static cspan_status compile(cspan_rules_compiler *compiler, const cspan_value *json,
                            cspan_buf *out) {
  const cspan_value *partitions = cspan_value_get(json, "partitions");
  cspan_rules_header header = {.magic = CSPAN_PARTITIONS_MAGIC};
  cspan_rules_node node;
  if (cspan_value_get_kind(partitions) != CSPAN_VALUE_LIST || partitions->size == 0) {
    cspan_rules_fault(compiler, "there is no list of partitions");
    return compiler->status;
  }
  cspan_rules_node_init(&node, CSPAN_OP_PARTITIONS, partitions->size);
  for (size_t i = 0; i < partitions->size; i++) {
    cspan_rules_node_add(&node, compile_partition(compiler, &partitions->as.items[i]));
  }
  header.root = cspan_rules_write(&compiler->writer, &node);
  if (compiler->status == CSPAN_OK) {
    compiler->status = cspan_rules_writer_finish(&compiler->writer, header, out);
  }
  return compiler->status;
}

cspan_status cspan_partitions_compile(cspan_str json, cspan_buf *out, cspan_error **error) {
  return cspan_rules_compile_with(json, WHAT, compile, out, error);
}

/* ---------------------------------------------------------------------- open */

typedef struct record {
  cspan_value outputs;
  cspan_str pattern;
  const uint32_t *regions; /* texts */
  uint32_t region_count;
} record;

struct cspan_partitions {
  cspan_rules_code code;
  cspan_member *outputs; /* of all, one behind the other */
  size_t count;
  record all[];
};

static const uint32_t *partition_node(const cspan_rules_code *code, size_t index) {
  return code->words + code->words[code->root + 1 + index];
}

static const uint32_t *outputs_node(const cspan_rules_code *code, size_t index) {
  return code->words + partition_node(code, index)[3];
}

static cspan_value output_value(const cspan_rules_code *code, uint32_t at) {
  const uint32_t *node = code->words + at;
  if (cspan_rules_op_of(node) == CSPAN_OP_TEXT) {
    cspan_str text = cspan_rules_text(code, node + 1);
    return cspan_string_of(text.data, text.len);
  }
  return cspan_rules_op_of(node) == CSPAN_OP_BOOL ? cspan_bool(cspan_rules_count_of(node) != 0)
                                                  : cspan_null();
}

/* Values that refer to the texts, so that finding a partition needs no memory. */
static void read_partition(cspan_partitions *partitions, size_t index, cspan_member *outputs) {
  const cspan_rules_code *code = &partitions->code;
  const uint32_t *node = partition_node(code, index);
  const uint32_t *map = outputs_node(code, index);
  uint32_t count = cspan_rules_count_of(map);
  for (uint32_t i = 0; i < count; i++) {
    const uint32_t *member = map + 1 + 3 * (size_t)i;
    cspan_str name = cspan_rules_text(code, member);
    outputs[i] = (cspan_member){name.data, name.len, output_value(code, member[2])};
  }
  partitions->all[index] = (record){.outputs = cspan_map(outputs, count),
                                    .pattern = cspan_rules_text(code, node + 1),
                                    .regions = node + 4,
                                    .region_count = cspan_rules_count_of(node)};
}

/* What the nodes do not say by themselves: a name, and a pattern that is understood. */
static bool is_sound(const record *partition) {
  const cspan_value *name = cspan_value_get(&partition->outputs, "name");
  return cspan_value_get_kind(name) == CSPAN_VALUE_STRING &&
         cspan_region_pattern_check(partition->pattern);
}

cspan_status cspan_partitions_open(const void *data, size_t size, cspan_partitions **out,
                                   cspan_error **error) {
  cspan_rules_code code;
  *out = NULL;
  cspan_status status =
      cspan_rules_code_open(data, size, CSPAN_PARTITIONS_MAGIC, "partitions", &code, error);
  if (status != CSPAN_OK) {
    return status;
  }
  size_t count = cspan_rules_count_of(code.words + code.root);
  size_t members = 0;
  for (size_t i = 0; i < count; i++) {
    members += cspan_rules_count_of(outputs_node(&code, i));
  }
  cspan_partitions *partitions =
      cspan_calloc(1, sizeof *partitions + count * sizeof *partitions->all);
  cspan_member *outputs = cspan_calloc(members + 1, sizeof *outputs);
  if (partitions == NULL || outputs == NULL) {
    cspan_free(partitions);
    cspan_free(outputs);
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory for the partitions");
  }
  *partitions = (cspan_partitions){.code = code, .outputs = outputs, .count = count};
  bool sound = count > 0;
  for (size_t i = 0; i < count; i++) {
    read_partition(partitions, i, outputs);
    outputs += partitions->all[i].outputs.size;
    sound = sound && is_sound(&partitions->all[i]);
  }
  if (!sound) {
    cspan_partitions_free(partitions);
    return cspan_error_set(error, CSPAN_ERR_INVALID, "the compiled partitions are damaged");
  }
  *out = partitions;
  return CSPAN_OK;
}

void cspan_partitions_free(cspan_partitions *partitions) {
  if (partitions != NULL) {
    cspan_free(partitions->outputs);
    cspan_free(partitions);
  }
}

/* ---------------------------------------------------------------------- find */

static bool lists(const cspan_partitions *partitions, const record *partition, cspan_str region) {
  for (uint32_t i = 0; i < partition->region_count; i++) {
    const uint32_t *ref = partition->regions + 2 * (size_t)i;
    if (ref[1] == region.len &&
        memcmp(partitions->code.text + ref[0], region.data, region.len) == 0) {
      return true;
    }
  }
  return false;
}

/* By name, else by pattern, else the first: a region that is newer than this list is most likely
 * one of it. */
static const record *find(const cspan_partitions *partitions, cspan_str region) {
  for (size_t i = 0; i < partitions->count; i++) {
    if (lists(partitions, &partitions->all[i], region)) {
      return &partitions->all[i];
    }
  }
  for (size_t i = 0; i < partitions->count; i++) {
    if (cspan_region_pattern_matches(partitions->all[i].pattern, region)) {
      return &partitions->all[i];
    }
  }
  return &partitions->all[0];
}

const char *cspan_partitions_name(const cspan_partitions *partitions, const char *region) {
  if (partitions == NULL || region == NULL) {
    return "aws";
  }
  return cspan_value_text(cspan_value_get(&find(partitions, cspan_str_of(region))->outputs, "name"),
                          NULL);
}

cspan_value cspan_rules_partition(cspan_rules_run *run, const cspan_value *args, size_t count) {
  (void)count;
  if (run->partitions == NULL || args[0].kind != CSPAN_VALUE_STRING) {
    return cspan_null();
  }
  return find(run->partitions, (cspan_str){args[0].as.text, args[0].size})->outputs;
}
