/* SPDX-License-Identifier: Apache-2.0 */
/* Everything that a reader will follow is checked here, once. */
#include <string.h>

#include "aws/model/compile.h"
#include "aws/model/section.h"
#include "base/crc.h"
#include "base/error.h"

typedef struct checker {
  const cspan_section_header *header;
  const cspan_service_model *model;
  uint32_t text_size;
  uint32_t documented;
} checker;

static const void *part_of(const cspan_section_header *header, cspan_section_part part) {
  return (const char *)header + header->parts[part].offset;
}

static uint32_t count_of(const checker *check, cspan_section_part part) {
  return check->header->parts[part].count;
}

static bool text_ok(const checker *check, cspan_text_ref ref) {
  return ref < check->text_size;
}

static bool documentation_ok(const checker *check, uint32_t handle) {
  return handle <= check->documented;
}

static bool range_ok(const checker *check, cspan_table_range range, cspan_section_part part) {
  return (uint32_t)range.first + range.count <= count_of(check, part);
}

static bool texts_ok(const checker *check, cspan_table_range range) {
  if (!range_ok(check, range, CSPAN_PART_REFS)) {
    return false;
  }
  for (uint32_t i = 0; i < range.count; i++) {
    if (!text_ok(check, check->model->refs[range.first + i])) {
      return false;
    }
  }
  return true;
}

static bool structure_ok(const checker *check, uint32_t index) {
  return index < check->model->shape_count &&
         check->model->shapes[index].type == CSPAN_SHAPE_STRUCTURE;
}

static bool shape_members_ok(const checker *check, const cspan_shape *shape) {
  const cspan_service_model *model = check->model;
  uint32_t count = shape->members.count;
  if (!range_ok(check, shape->members, CSPAN_PART_MEMBERS) || shape->payload > count) {
    return false;
  }
  switch (shape->type) {
  case CSPAN_SHAPE_STRUCTURE:
    return true;
  case CSPAN_SHAPE_LIST:
    return count == 1;
  case CSPAN_SHAPE_MAP:
    return count == 2 && model->members[shape->members.first].shape < model->shape_count &&
           cspan_member_shape(model, cspan_shape_members(model, shape))->type == CSPAN_SHAPE_STRING;
  default:
    return count == 0;
  }
}

static bool shapes_ok(const checker *check) {
  for (uint32_t i = 0; i < check->model->shape_count; i++) {
    const cspan_shape *shape = &check->model->shapes[i];
    if (!text_ok(check, shape->name) || shape->type < CSPAN_SHAPE_STRUCTURE ||
        shape->type > CSPAN_SHAPE_DOCUMENT || shape->timestamp_format > CSPAN_TIMESTAMP_RFC822 ||
        !shape_members_ok(check, shape) || !texts_ok(check, shape->enums) ||
        !text_ok(check, shape->error_code) || !text_ok(check, shape->location_name) ||
        !text_ok(check, shape->xml_prefix) || !text_ok(check, shape->xml_uri) ||
        shape->limits > count_of(check, CSPAN_PART_LIMITS) ||
        !documentation_ok(check, shape->documentation)) {
      return false;
    }
  }
  return true;
}

static bool members_ok(const checker *check) {
  for (uint32_t i = 0; i < check->model->member_count; i++) {
    const cspan_member_model *member = &check->model->members[i];
    if (!text_ok(check, member->name) || !text_ok(check, member->location_name) ||
        !text_ok(check, member->query_name) || !text_ok(check, member->xml_prefix) ||
        !text_ok(check, member->xml_uri) || !text_ok(check, member->context_param) ||
        member->shape >= check->model->shape_count || member->location > CSPAN_LOCATION_STATUS ||
        member->timestamp_format > CSPAN_TIMESTAMP_RFC822 ||
        !documentation_ok(check, member->documentation)) {
      return false;
    }
  }
  return true;
}

static bool errors_ok(const checker *check, cspan_table_range range) {
  if (!range_ok(check, range, CSPAN_PART_REFS)) {
    return false;
  }
  for (uint32_t i = 0; i < range.count; i++) {
    if (!structure_ok(check, check->model->refs[range.first + i])) {
      return false;
    }
  }
  return true;
}

static bool operation_ok(const checker *check, const cspan_operation_model *operation) {
  return text_ok(check, operation->name) && text_ok(check, operation->request_uri) &&
         text_ok(check, operation->result_wrapper) && text_ok(check, operation->http_method) &&
         (!operation->input || structure_ok(check, operation->input - 1u)) &&
         (!operation->output || structure_ok(check, operation->output - 1u)) &&
         text_ok(check, operation->input_location_name) &&
         text_ok(check, operation->input_xml_prefix) && text_ok(check, operation->input_xml_uri) &&
         text_ok(check, operation->host_prefix) &&
         operation->paginator <= check->model->paginator_count &&
         errors_ok(check, operation->errors) && texts_ok(check, operation->auth) &&
         text_ok(check, operation->checksum_member) &&
         text_ok(check, operation->validation_member) &&
         texts_ok(check, operation->checksum_algorithms) &&
         range_ok(check, operation->static_params, CSPAN_PART_PAIRS) &&
         range_ok(check, operation->operation_params, CSPAN_PART_PAIRS) &&
         documentation_ok(check, operation->documentation);
}

/* They are searched, so they must be in order. */
static bool operations_ok(const checker *check) {
  const cspan_service_model *model = check->model;
  for (uint32_t i = 0; i < model->operation_count; i++) {
    if (!operation_ok(check, &model->operations[i]) ||
        (i > 0 && strcmp(cspan_model_text(model, model->operations[i - 1].name),
                         cspan_model_text(model, model->operations[i].name)) >= 0)) {
      return false;
    }
  }
  return true;
}

static bool paginators_ok(const checker *check) {
  for (uint32_t i = 0; i < check->model->paginator_count; i++) {
    const cspan_paginator_model *paginator = &check->model->paginators[i];
    if (paginator->operation >= check->model->operation_count ||
        paginator->input_token.count != paginator->output_token.count ||
        !texts_ok(check, paginator->input_token) || !texts_ok(check, paginator->output_token) ||
        !texts_ok(check, paginator->result_key) ||
        !texts_ok(check, paginator->non_aggregate_keys) || !text_ok(check, paginator->limit_key) ||
        !text_ok(check, paginator->more_results)) {
      return false;
    }
  }
  return true;
}

static bool waiters_ok(const checker *check) {
  for (uint32_t i = 0; i < check->model->waiter_count; i++) {
    const cspan_waiter_model *waiter = &check->model->waiters[i];
    if (!text_ok(check, waiter->name) || waiter->operation >= check->model->operation_count ||
        !range_ok(check, waiter->acceptors, CSPAN_PART_ACCEPTORS)) {
      return false;
    }
  }
  for (uint32_t i = 0; i < count_of(check, CSPAN_PART_ACCEPTORS); i++) {
    const cspan_acceptor_model *acceptor = &check->model->acceptors[i];
    if (acceptor->matcher < CSPAN_MATCH_PATH || acceptor->matcher > CSPAN_MATCH_ERROR ||
        acceptor->state < CSPAN_WAITER_SUCCESS || acceptor->state > CSPAN_WAITER_RETRY ||
        !text_ok(check, acceptor->argument) || !text_ok(check, acceptor->expected)) {
      return false;
    }
  }
  return true;
}

static bool service_ok(const checker *check) {
  const cspan_service_record *info = check->model->info;
  const cspan_text_ref texts[] = {
      info->key,          info->service_id,        info->api_version,
      info->full_name,    info->abbreviation,      info->endpoint_prefix,
      info->signing_name, info->signature_version, info->global_endpoint,
      info->protocol,     info->json_version,      info->target_prefix,
      info->xml_uri,      info->checksum_format,
  };
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    if (!text_ok(check, texts[i])) {
      return false;
    }
  }
  return documentation_ok(check, info->documentation) && texts_ok(check, info->auth) &&
         range_ok(check, info->client_params, CSPAN_PART_PAIRS);
}

static bool pairs_ok(const checker *check) {
  for (uint32_t i = 0; i < count_of(check, CSPAN_PART_PAIRS); i++) {
    const cspan_model_pair *pair = &check->model->pairs[i];
    if (!text_ok(check, pair->name) || !text_ok(check, pair->value)) {
      return false;
    }
  }
  return true;
}

/* Also says how much documentation there is. */
static bool blocks_ok(checker *check) {
  const cspan_section_block *blocks = part_of(check->header, CSPAN_PART_BLOCKS);
  uint32_t available = count_of(check, CSPAN_PART_DOCUMENTATION);
  for (uint32_t i = 0; i < count_of(check, CSPAN_PART_BLOCKS); i++) {
    const cspan_section_block *block = &blocks[i];
    if (block->first != check->documented || block->length == 0 ||
        block->length > CSPAN_DOCUMENTATION_BLOCK_MAX || block->offset > available ||
        block->size > available - block->offset ||
        check->documented > UINT32_MAX - 1 - block->length) {
      return false;
    }
    check->documented += block->length;
  }
  return true;
}

/* The parts must lie within the section, the documentation behind what the CRC is of. */
static const char *parts_fault(const cspan_section_header *header) {
  uint32_t checked = header->parts[CSPAN_PART_DOCUMENTATION].offset;
  for (int part = 0; part < CSPAN_PART_COUNT; part++) {
    const cspan_section_range *range = &header->parts[part];
    size_t record = cspan_section_record_size((cspan_section_part)part);
    uint64_t end = range->offset + (uint64_t)range->count * record;
    bool is_documentation = part == CSPAN_PART_DOCUMENTATION;
    if (range->offset % CSPAN_SECTION_ALIGNMENT != 0 || range->offset < sizeof *header ||
        end > (is_documentation ? header->size : checked) || checked > header->size ||
        (record > 1 && range->count > CSPAN_TABLE_MAX)) {
      return "a table lies outside of it";
    }
  }
  if (header->parts[CSPAN_PART_SERVICE].count != 1) {
    return "it is not of one service";
  }
  const char *text = part_of(header, CSPAN_PART_TEXTS);
  uint32_t text_size = header->parts[CSPAN_PART_TEXTS].count;
  if (text_size == 0 || text[0] != '\0' || text[text_size - 1] != '\0') {
    return "its texts have no end";
  }
  return NULL;
}

static const char *header_fault(const cspan_section_header *header, size_t size) {
  if (size < sizeof *header || memcmp(header->magic, CSPAN_SECTION_MAGIC, 8) != 0) {
    return "it does not start as one";
  }
  if (header->byte_order != CSPAN_SECTION_BYTE_ORDER) {
    return "it was compiled on a machine of another byte order";
  }
  if (header->version != CSPAN_SECTION_VERSION) {
    return "it is of another version; compile the models again";
  }
  if (header->size != size || header->checked != offsetof(cspan_section_header, checked)) {
    return "its size is not what it says";
  }
  const char *fault = parts_fault(header);
  if (fault) {
    return fault;
  }
  size_t checked = header->parts[CSPAN_PART_DOCUMENTATION].offset - header->checked;
  if (cspan_crc32c(0, (const char *)header + header->checked, checked) != header->crc) {
    return "its checksum is wrong";
  }
  return NULL;
}

static void fill(const cspan_section_header *header, cspan_service_model *model) {
  *model = (cspan_service_model){
      .info = part_of(header, CSPAN_PART_SERVICE),
      .text = part_of(header, CSPAN_PART_TEXTS),
      .shapes = part_of(header, CSPAN_PART_SHAPES),
      .members = part_of(header, CSPAN_PART_MEMBERS),
      .operations = part_of(header, CSPAN_PART_OPERATIONS),
      .paginators = part_of(header, CSPAN_PART_PAGINATORS),
      .waiters = part_of(header, CSPAN_PART_WAITERS),
      .acceptors = part_of(header, CSPAN_PART_ACCEPTORS),
      .pairs = part_of(header, CSPAN_PART_PAIRS),
      .limits = part_of(header, CSPAN_PART_LIMITS),
      .refs = part_of(header, CSPAN_PART_REFS),
      .shape_count = header->parts[CSPAN_PART_SHAPES].count,
      .member_count = header->parts[CSPAN_PART_MEMBERS].count,
      .operation_count = header->parts[CSPAN_PART_OPERATIONS].count,
      .paginator_count = header->parts[CSPAN_PART_PAGINATORS].count,
      .waiter_count = header->parts[CSPAN_PART_WAITERS].count,
      .section = header,
  };
  if (header->parts[CSPAN_PART_RULES].count) {
    model->rules = part_of(header, CSPAN_PART_RULES);
    model->rules_size = header->parts[CSPAN_PART_RULES].count;
  }
}

static const char *records_fault(checker *check) {
  if (!blocks_ok(check)) {
    return "the blocks of its documentation are wrong";
  }
  if (!service_ok(check) || !pairs_ok(check)) {
    return "the record of the service is wrong";
  }
  if (!members_ok(check) || !shapes_ok(check)) {
    return "a shape is wrong";
  }
  if (!operations_ok(check)) {
    return "an operation is wrong";
  }
  if (!paginators_ok(check) || !waiters_ok(check)) {
    return "a paginator or waiter is wrong";
  }
  return NULL;
}

cspan_status cspan_model_open(const void *section, size_t size, cspan_service_model *out,
                              cspan_error **error) {
  const char *fault = "it is not aligned";
  const cspan_section_header *header = section;
  if ((uintptr_t)section % CSPAN_SECTION_ALIGNMENT == 0) {
    fault = header_fault(header, size);
  }
  if (!fault) {
    fill(header, out);
    checker check = {header, out, header->parts[CSPAN_PART_TEXTS].count, 0};
    fault = records_fault(&check);
  }
  if (fault) {
    return cspan_error_set(error, CSPAN_ERR_INVALID, "this is not a usable service model: %s",
                           fault);
  }
  return CSPAN_OK;
}
