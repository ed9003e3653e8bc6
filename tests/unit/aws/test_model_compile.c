/* SPDX-License-Identifier: Apache-2.0 */
/* Small models of ours: what a section says of them, what is refused, and what damage does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "aws/model/compile.h"
#include "aws/model/section.h"
#include "aws/model/store.h"
#include "base/crc.h"

#define SECTION_MAX ((size_t)16 << 20)

static const char service_json[] =
    "{'metadata':{'apiVersion':'2020-02-02','endpointPrefix':'toys','protocols':['ec2','rest-xml',"
    "  'unheard-of'],'protocol':'ec2','serviceId':'Toy Shop','serviceFullName':'The Toy Shop',"
    "  'auth':['aws.auth#sigv4'],'xmlNamespace':{'uri':'http://toys.example/'},"
    "  'awsQueryCompatible':{},'protocolSettings':{'h2':'eventstream'}},"
    " 'documentation':'<p>Sells toys.</p>',"
    " 'clientContextParams':{'Fast':{'type':'boolean'}},"
    " 'operations':{"
    "  'PutToy':{'name':'PutToy','http':{'method':'PUT','requestUri':'/toys/{Name}',"
    "    'responseCode':201},"
    "    'input':{'shape':'PutToyRequest','locationName':'Put',"
    "      'xmlNamespace':{'uri':'http://toys.example/put'}},"
    "    'output':{'shape':'Toy','resultWrapper':'PutToyResult'},'errors':[{'shape':'Broken'}],"
    "    'documentation':'<p>Puts a toy.</p>','endpoint':{'hostPrefix':'put.'},"
    "    'httpChecksum':{'requestChecksumRequired':true,'requestAlgorithmMember':'Name',"
    "      'responseAlgorithms':['CRC32','SHA1']},"
    "    'staticContextParams':{'IsToy':{'value':true},'Kinds':{'value':['a','b']}},"
    "    'operationContextParams':{'Names':{'path':'Parts[*].Name'}},"
    "    'requestcompression':{'encodings':['gzip']},'idempotent':true},"
    "  'GetToy':{'name':'GetToy','authtype':'none','input':{'shape':'Toy'},"
    "    'output':{'shape':'GetToyResult'}},"
    "  'Listen':{'name':'Listen','auth':['smithy.api#noAuth'],'output':{'shape':'Heard'},"
    "    'endpointdiscovery':{'required':true}},"
    "  'ListToys':{'name':'ListToys','authtype':'v4-unsigned-body','deprecated':true,"
    "    'input':{'shape':'Toy'},'output':{'shape':'Toy'}}},"
    " 'shapes':{"
    "  'PutToyRequest':{'type':'structure','required':['Name'],'payload':'Body','members':{"
    "    'Name':{'shape':'String','location':'uri','locationName':'Name',"
    "      'contextParam':{'name':'ToyName'}},"
    "    'Token':{'shape':'String','idempotencyToken':true,'queryName':'token'},"
    "    'Body':{'shape':'Toy','locationName':'body'}}},"
    "  'Toy':{'type':'structure','locationName':'toy','xmlNamespace':{'prefix':'t',"
    "    'uri':'http://toys.example/toy'},'documentation':'A toy.','members':{"
    "    'Name':{'shape':'Name','documentation':'<p>What it is called.</p>'},"
    "    'Parts':{'shape':'Parts'},'Made':{'shape':'Day'},'Colours':{'shape':'Colours'}}},"
    "  'GetToyResult':{'type':'structure','payload':'Film','members':{"
    "    'Film':{'shape':'Film'},"
    "    'Made':{'shape':'Day','timestampFormat':'rfc822','location':'header',"
    "      'locationName':'x-made'}}},"
    "  'Heard':{'type':'structure','members':{'Sounds':{'shape':'Sounds'}}},"
    "  'Sounds':{'type':'structure','eventstream':true,'members':{'Bang':{'shape':'Bang'}}},"
    "  'Bang':{'type':'structure','event':true,'members':{'Loud':{'shape':'Flag',"
    "    'eventheader':true}}},"
    "  'Broken':{'type':'structure','exception':true,'error':{'code':'ToyBroken',"
    "    'httpStatusCode':409,'senderFault':true},'retryable':{'throttling':true},'members':{}},"
    "  'Film':{'type':'blob','streaming':true},"
    "  'Day':{'type':'timestamp','timestampFormat':'iso8601'},"
    "  'Name':{'type':'string','min':1,'max':20.5,'sensitive':true},"
    "  'Colours':{'type':'map','key':{'shape':'Colour'},'value':{'shape':'Any'},'sparse':true},"
    "  'Colour':{'type':'string','enum':['red','green']},"
    "  'Any':{'type':'structure','document':true,'members':{}},"
    "  'Parts':{'type':'list','member':{'shape':'Toy','locationName':'item'},'flattened':true},"
    "  'Flag':{'type':'boolean'},'String':{'type':'string'}}}";

static const char paginators_json[] =
    "{'pagination':{'ListToys':{'input_token':['Name','Made'],'output_token':['Name','Made'],"
    " 'result_key':'Parts','limit_key':'Max','more_results':'More',"
    " 'non_aggregate_keys':['Colours']}}}";

static const char waiters_json[] =
    "{'version':2,'waiters':{'ToyMade':{'operation':'GetToy','delay':5,'maxAttempts':40,"
    " 'acceptors':[{'matcher':'pathAll','argument':'Parts[].Name','expected':'done',"
    " 'state':'success'},{'matcher':'status','expected':404,'state':'retry'}]}}}";

/* JSON with ' for ". */
static cspan_str json_of(const char *text, char *room, size_t size) {
  size_t len = text ? strlen(text) : 0;
  assert_true(len < size);
  for (size_t i = 0; i <= len && text; i++) {
    room[i] = text[i] == '\'' ? '"' : text[i];
  }
  return text ? (cspan_str){room, len} : (cspan_str){NULL, 0};
}

static cspan_status compile(const char *service, const char *paginators, const char *waiters,
                            cspan_buf *section, cspan_error **error) {
  static char rooms[3][16384];
  cspan_model_source source = {
      .key = "toys",
      .service = json_of(service, rooms[0], sizeof rooms[0]),
      .paginators = json_of(paginators, rooms[1], sizeof rooms[1]),
      .waiters = json_of(waiters, rooms[2], sizeof rooms[2]),
  };
  cspan_buf_init(section, SECTION_MAX);
  return cspan_model_compile(&source, section, error);
}

static cspan_buf section;
static cspan_service_model model;

static int open_model(void **state) {
  cspan_error *error = NULL;
  (void)state;
  if (compile(service_json, paginators_json, waiters_json, &section, &error) != CSPAN_OK ||
      cspan_model_open(section.data, section.len, &model, &error) != CSPAN_OK) {
    print_error("%s\n", cspan_error_message(error));
    return -1;
  }
  return 0;
}

static int close_model(void **state) {
  (void)state;
  cspan_buf_free(&section);
  return 0;
}

#define TEXT(ref) cspan_model_text(&model, (ref))

static const cspan_shape *shape_named(const char *name) {
  for (uint32_t i = 0; i < model.shape_count; i++) {
    if (strcmp(TEXT(model.shapes[i].name), name) == 0) {
      return &model.shapes[i];
    }
  }
  fail_msg("no shape %s", name);
  return NULL;
}

static const cspan_member_model *member_named(const char *shape, const char *name) {
  const cspan_member_model *member =
      cspan_shape_member(&model, shape_named(shape), name, strlen(name));
  assert_non_null(member);
  return member;
}

static void test_service(void **state) {
  (void)state;
  const cspan_service_record *info = model.info;
  assert_string_equal(TEXT(info->key), "toys");
  assert_string_equal(TEXT(info->service_id), "Toy Shop");
  assert_string_equal(TEXT(info->signing_name), "toys");
  assert_string_equal(TEXT(info->protocol), "rest-xml");
  assert_string_equal(TEXT(info->xml_uri), "http://toys.example/");
  assert_int_equal(info->flags, CSPAN_SERVICE_QUERY_COMPATIBLE | CSPAN_SERVICE_HTTP2);
  assert_int_equal(info->auth.count, 1);
  assert_string_equal(TEXT(model.refs[info->auth.first]), "aws.auth#sigv4");
  assert_int_equal(info->client_params.count, 1);
  assert_string_equal(TEXT(model.pairs[info->client_params.first].name), "Fast");
  assert_int_equal(model.operation_count, 4);
  assert_int_equal(model.shape_count, 16);
  assert_null(model.rules);
}

static void test_shapes(void **state) {
  (void)state;
  const cspan_shape *toy = shape_named("Toy");
  assert_int_equal(toy->type, CSPAN_SHAPE_STRUCTURE);
  assert_int_equal(toy->members.count, 4);
  assert_string_equal(TEXT(toy->location_name), "toy");
  assert_string_equal(TEXT(toy->xml_prefix), "t");
  const char *const order[] = {"Name", "Parts", "Made", "Colours"};
  for (size_t i = 0; i < 4; i++) {
    assert_string_equal(TEXT(cspan_shape_members(&model, toy)[i].name), order[i]);
  }
  const cspan_shape *name = shape_named("Name");
  assert_int_equal(cspan_shape_min(&model, name), 1);
  assert_int_equal(cspan_shape_max(&model, name), 21);
  assert_int_equal(cspan_shape_min(&model, toy), INT64_MIN);
  const cspan_shape *broken = shape_named("Broken");
  assert_string_equal(TEXT(broken->error_code), "ToyBroken");
  assert_int_equal(broken->http_status, 409);
  assert_int_equal(broken->flags, CSPAN_SHAPE_EXCEPTION | CSPAN_SHAPE_SENDER_FAULT |
                                      CSPAN_SHAPE_RETRYABLE | CSPAN_SHAPE_THROTTLING);
  assert_int_equal(shape_named("Any")->type, CSPAN_SHAPE_DOCUMENT);
  const cspan_shape *colour = shape_named("Colour");
  assert_int_equal(colour->enums.count, 2);
  assert_string_equal(TEXT(model.refs[colour->enums.first + 1]), "green");
  const cspan_shape *request = shape_named("PutToyRequest");
  assert_string_equal(TEXT(cspan_shape_payload(&model, request)->name), "Body");
  assert_null(cspan_shape_payload(&model, toy));
  const cspan_shape *parts = shape_named("Parts");
  assert_ptr_equal(cspan_member_shape(&model, cspan_shape_members(&model, parts)), toy);
  assert_int_equal(shape_named("Colours")->flags, CSPAN_SHAPE_SPARSE);
}

static void test_members(void **state) {
  (void)state;
  const cspan_member_model *name = member_named("PutToyRequest", "Name");
  assert_int_equal(name->flags, CSPAN_MEMBER_REQUIRED);
  assert_int_equal(name->location, CSPAN_LOCATION_URI);
  assert_string_equal(TEXT(name->context_param), "ToyName");
  const cspan_member_model *token = member_named("PutToyRequest", "Token");
  assert_int_equal(token->flags, CSPAN_MEMBER_IDEMPOTENCY_TOKEN);
  assert_string_equal(TEXT(token->query_name), "token");
  /* What its shape says counts where the member does not. */
  const cspan_member_model *body = member_named("PutToyRequest", "Body");
  assert_string_equal(TEXT(body->location_name), "body");
  assert_string_equal(TEXT(body->xml_uri), "http://toys.example/toy");
  assert_int_equal(member_named("Toy", "Name")->flags, CSPAN_MEMBER_SENSITIVE);
  assert_int_equal(member_named("Toy", "Parts")->flags, CSPAN_MEMBER_FLATTENED);
  assert_int_equal(member_named("Toy", "Made")->timestamp_format, CSPAN_TIMESTAMP_ISO8601);
  const cspan_member_model *made = member_named("GetToyResult", "Made");
  assert_int_equal(made->timestamp_format, CSPAN_TIMESTAMP_RFC822);
  assert_int_equal(made->location, CSPAN_LOCATION_HEADER);
  assert_int_equal(member_named("Bang", "Loud")->flags, CSPAN_MEMBER_EVENT_HEADER);
  assert_null(cspan_shape_member(&model, shape_named("Toy"), "Nam", 3));
  assert_null(cspan_shape_member(&model, shape_named("Toy"), "Names", 5));
}

static void test_operations(void **state) {
  (void)state;
  const cspan_operation_model *put = cspan_model_operation(&model, "PutToy");
  assert_non_null(put);
  assert_string_equal(TEXT(put->http_method), "PUT");
  assert_string_equal(TEXT(put->request_uri), "/toys/{Name}");
  assert_int_equal(put->response_code, 201);
  assert_string_equal(TEXT(put->input_location_name), "Put");
  assert_string_equal(TEXT(put->input_xml_uri), "http://toys.example/put");
  assert_string_equal(TEXT(put->result_wrapper), "PutToyResult");
  assert_string_equal(TEXT(put->host_prefix), "put.");
  assert_int_equal(put->flags, CSPAN_OPERATION_CHECKSUM_REQUIRED | CSPAN_OPERATION_COMPRESSES |
                                   CSPAN_OPERATION_IDEMPOTENT);
  assert_string_equal(TEXT(put->checksum_member), "Name");
  assert_int_equal(put->checksum_algorithms.count, 2);
  assert_int_equal(put->errors.count, 1);
  assert_ptr_equal(&model.shapes[model.refs[put->errors.first]], shape_named("Broken"));
  const cspan_model_pair *pairs = &model.pairs[put->static_params.first];
  assert_int_equal(put->static_params.count, 2);
  assert_string_equal(TEXT(pairs[0].value), "true");
  assert_string_equal(TEXT(pairs[1].value), "[\"a\",\"b\"]");
  assert_string_equal(TEXT(model.pairs[put->operation_params.first].value), "Parts[*].Name");
  const cspan_operation_model *get = cspan_model_operation(&model, "GetToy");
  assert_int_equal(get->flags, CSPAN_OPERATION_NO_AUTH | CSPAN_OPERATION_RESPONSE_STREAMS);
  assert_string_equal(TEXT(get->http_method), "POST");
  assert_string_equal(TEXT(get->request_uri), "/");
  assert_int_equal(cspan_model_operation(&model, "Listen")->flags,
                   CSPAN_OPERATION_NO_AUTH | CSPAN_OPERATION_RESPONSE_EVENTS |
                       CSPAN_OPERATION_ENDPOINT_DISCOVERY | CSPAN_OPERATION_DISCOVERY_REQUIRED);
  assert_int_equal(cspan_model_operation(&model, "ListToys")->flags,
                   CSPAN_OPERATION_UNSIGNED_PAYLOAD | CSPAN_OPERATION_DEPRECATED);
  assert_null(cspan_model_operation(&model, "Put"));
  assert_null(cspan_model_operation(&model, "ZToy"));
}

static void test_pages_and_waiters(void **state) {
  (void)state;
  const cspan_operation_model *list = cspan_model_operation(&model, "ListToys");
  assert_int_equal(list->paginator, 1);
  const cspan_paginator_model *pages = &model.paginators[0];
  assert_ptr_equal(&model.operations[pages->operation], list);
  assert_int_equal(pages->input_token.count, 2);
  assert_string_equal(TEXT(model.refs[pages->output_token.first + 1]), "Made");
  assert_int_equal(pages->result_key.count, 1);
  assert_string_equal(TEXT(pages->more_results), "More");
  const cspan_waiter_model *waiter = cspan_model_waiter(&model, "ToyMade");
  assert_non_null(waiter);
  assert_int_equal(waiter->delay_s, 5);
  assert_int_equal(waiter->max_attempts, 40);
  const cspan_acceptor_model *acceptors = &model.acceptors[waiter->acceptors.first];
  assert_int_equal(acceptors[0].matcher, CSPAN_MATCH_PATH_ALL);
  assert_string_equal(TEXT(acceptors[0].expected), "\"done\"");
  assert_int_equal(acceptors[1].state, CSPAN_WAITER_RETRY);
  assert_string_equal(TEXT(acceptors[1].expected), "404");
  assert_null(cspan_model_waiter(&model, "Toy"));
}

static void test_documentation(void **state) {
  char *text = NULL;
  (void)state;
  const struct {
    uint32_t handle;
    const char *text;
  } rows[] = {
      {model.info->documentation, "<p>Sells toys.</p>"},
      {cspan_model_operation(&model, "PutToy")->documentation, "<p>Puts a toy.</p>"},
      {shape_named("Toy")->documentation, "A toy."},
      {member_named("Toy", "Name")->documentation, "<p>What it is called.</p>"},
      {member_named("Toy", "Made")->documentation, ""},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    assert_int_equal(cspan_model_documentation(&model, rows[i].handle, &text, NULL), CSPAN_OK);
    assert_string_equal(text, rows[i].text);
    cspan_free(text);
  }
}

/* The extras are put over the model. */
static void test_extras(void **state) {
  static char rooms[2][16384];
  cspan_service_model merged;
  cspan_buf out;
  (void)state;
  cspan_model_source source = {
      .key = "toys",
      .service = json_of(service_json, rooms[0], sizeof rooms[0]),
      .service_extras = json_of("{'merge':{'metadata':{'serviceId':'Toys'},'shapes':{'Bang':{"
                                "'members':{'Far':{'shape':'Flag'}}}}}}",
                                rooms[1], sizeof rooms[1]),
      .without_documentation = true,
  };
  cspan_buf_init(&out, SECTION_MAX);
  assert_int_equal(cspan_model_compile(&source, &out, NULL), CSPAN_OK);
  assert_int_equal(cspan_model_open(out.data, out.len, &merged, NULL), CSPAN_OK);
  assert_string_equal(cspan_model_text(&merged, merged.info->service_id), "Toys");
  assert_int_equal(merged.member_count, model.member_count + 1);
  assert_int_equal(merged.info->documentation, 0);
  cspan_buf_free(&out);
}

/* In the order in which botocore prefers them. */
static void test_protocol_choice(void **state) {
  static const struct {
    const char *metadata;
    const char *protocol; /* NULL: refused */
  } rows[] = {
      {"'protocol':'query'", "query"},
      {"'protocols':['smithy-rpc-v2-cbor','json'],'protocol':'smithy-rpc-v2-cbor'", "json"},
      {"'protocols':['smithy-rpc-v2-cbor','json','query'],'protocol':'query'", "json"},
      {"'protocols':['smithy-rpc-v2-cbor']", "smithy-rpc-v2-cbor"},
      {"'protocols':['query','smithy-rpc-v2-cbor']", "smithy-rpc-v2-cbor"},
      {"'protocols':['ec2','query']", "query"},
      {"'protocols':['rest-xml','rest-json']", "rest-json"},
      {"'protocols':['new'],'protocol':'json'", NULL},
      {"'protocol':'new'", NULL},
      {"'serviceId':'x'", NULL},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    char json[512];
    cspan_buf out;
    cspan_service_model chosen;
    cspan_error *error = NULL;
    (void)snprintf(json, sizeof json, "{'metadata':{%s}}", rows[i].metadata);
    cspan_status status = compile(json, NULL, NULL, &out, &error);
    assert_int_equal(status, rows[i].protocol ? CSPAN_OK : CSPAN_ERR_INVALID);
    if (rows[i].protocol) {
      assert_int_equal(cspan_model_open(out.data, out.len, &chosen, NULL), CSPAN_OK);
      assert_string_equal(cspan_model_text(&chosen, chosen.info->protocol), rows[i].protocol);
      assert_string_equal(cspan_model_text(&chosen, chosen.info->signing_name), "toys");
    } else {
      assert_non_null(strstr(cspan_error_message(error), "protocol"));
    }
    cspan_error_free(error);
    cspan_buf_free(&out);
  }
}

/* The message names the place. */
static void test_refused(void **state) {
#define HEAD "{'metadata':{'protocol':'json'},"
  static const struct {
    const char *service;
    const char *paginators;
    const char *waiters;
    const char *says;
  } rows[] = {
      {"", NULL, NULL, "service-2.json, line 1"},
      {"[]", NULL, NULL, "service-2.json is not an object"},
      {"{}", NULL, NULL, "has no metadata"},
      {"{'metadata':[]}", NULL, NULL, "'metadata' is not an object"},
      {HEAD "'shapes':{'A':{'type':'list','member':{'shape':'B'}}}}", NULL, NULL,
       "shape 'A': refers to shape 'B'"},
      {HEAD "'shapes':{'A':{'type':'list'}}}", NULL, NULL, "shape 'A': has no 'member'"},
      {HEAD "'shapes':{'A':{'type':'lists'}}}", NULL, NULL, "'type' is 'lists'"},
      {HEAD "'shapes':{'A':{}}}", NULL, NULL, "shape 'A': has no type"},
      {HEAD "'shapes':{'A':1}}", NULL, NULL, "shape 'A': is not an object"},
      {HEAD "'shapes':{'A':{'type':'string','enum':[1]}}}", NULL, NULL, "'enum'"},
      {HEAD "'shapes':{'A':{'type':'string','min':'1'}}}", NULL, NULL, "'min' is not a number"},
      {HEAD "'shapes':{'A':{'type':'map','key':{'shape':'A'},'value':{'shape':'A'}}}}", NULL, NULL,
       "its key is not a string"},
      {HEAD "'shapes':{'A':{'type':'structure','payload':'B','members':{}}}}", NULL, NULL,
       "its payload 'B'"},
      {HEAD "'shapes':{'A':{'type':'structure','members':{'B':{'shape':'A','location':'x'}}}}}",
       NULL, NULL, "'location' is 'x'"},
      {HEAD "'shapes':{'A':{'type':'structure','members':{'B':3}}}}", NULL, NULL,
       "member 'B' is not an object"},
      {HEAD "'operations':{'O':{'input':{'shape':'A'}}}}", NULL, NULL,
       "operation 'O': refers to shape 'A'"},
      {HEAD "'shapes':{'A':{'type':'string'}},'operations':{'O':{'output':{'shape':'A'}}}}", NULL,
       NULL, "its shape 'A' is not a structure"},
      {HEAD "'operations':{'O':{'http':{'responseCode':'200'}}}}", NULL, NULL, "'responseCode'"},
      {HEAD "'operations':{'O':{'staticContextParams':{'A':{'value':{}}}}}}", NULL, NULL,
       "operation 'O': an endpoint parameter"},
      {HEAD "'shapes':{}}", "{'pagination':{'P':{}}}", NULL,
       "paginator 'P': belongs to operation 'P'"},
      {HEAD "'operations':{'P':{}}}", "{'pagination':{'P':{'input_token':'a'}}}", NULL, "tokens"},
      {HEAD "'operations':{'P':{}}}", NULL,
       "{'waiters':{'W':{'operation':'P','acceptors':[{'matcher':'guess','expected':1,"
       "'state':'retry'}]}}}",
       "'matcher' of an acceptor is 'guess'"},
      {HEAD "'operations':{}}", NULL, "{'waiters':{'W':{'operation':'P'}}}",
       "waiter 'W': belongs to operation 'P'"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    cspan_buf out;
    cspan_error *error = NULL;
    cspan_status status =
        compile(rows[i].service, rows[i].paginators, rows[i].waiters, &out, &error);
    if (status != CSPAN_ERR_INVALID || !strstr(cspan_error_message(error), rows[i].says)) {
      fail_msg("row %zu: %s", i, cspan_error_message(error));
    }
    assert_int_equal(out.len, 0);
    cspan_error_free(error);
    cspan_buf_free(&out);
  }
}

/* Deeper than any parser should go. */
static void test_deep_json(void **state) {
  static char json[200000];
  cspan_error *error = NULL;
  cspan_buf out;
  (void)state;
  memset(json, '[', sizeof json);
  cspan_model_source source = {.key = "deep", .service = {json, sizeof json}};
  cspan_buf_init(&out, SECTION_MAX);
  assert_int_equal(cspan_model_compile(&source, &out, &error), CSPAN_ERR_INVALID);
  cspan_error_free(error);
  cspan_buf_free(&out);
}

static bool opens(void *bytes, size_t size) {
  cspan_service_model opened;
  cspan_error *error = NULL;
  bool ok = cspan_model_open(bytes, size, &opened, &error) == CSPAN_OK;
  assert_true(ok == (error == NULL));
  assert_true(ok || strstr(cspan_error_message(error), "not a usable service model"));
  cspan_error_free(error);
  return ok;
}

/* Every byte that is changed, but those of the documentation, which has its own checksums. */
static void test_damaged_bytes(void **state) {
  cspan_section_header header;
  (void)state;
  memcpy(&header, section.data, sizeof header);
  size_t checked = header.parts[CSPAN_PART_DOCUMENTATION].offset;
  for (size_t i = 0; i < checked; i++) {
    section.data[i] = (char)(section.data[i] ^ 0x41);
    assert_false(opens(section.data, section.len));
    section.data[i] = (char)(section.data[i] ^ 0x41);
  }
  assert_true(opens(section.data, section.len));
  for (size_t len = 0; len < section.len; len += 7) {
    assert_false(opens(section.data, len));
  }
}

/* With a checksum that fits the damage, the references themselves are what is checked. */
static void test_wrong_references(void **state) {
  cspan_section_header *header = (void *)section.data;
#define AT(part, type, field)                                                                      \
  (header->parts[part].offset + offsetof(type, field)), sizeof(((type *)0)->field)
  const struct {
    size_t offset;
    size_t size;
  } rows[] = {
      {AT(CSPAN_PART_SERVICE, cspan_service_record, key)},
      {AT(CSPAN_PART_SERVICE, cspan_service_record, documentation)},
      {AT(CSPAN_PART_SERVICE, cspan_service_record, auth)},
      {AT(CSPAN_PART_SERVICE, cspan_service_record, client_params)},
      {AT(CSPAN_PART_SHAPES, cspan_shape, name)},
      {AT(CSPAN_PART_SHAPES, cspan_shape, type)},
      {AT(CSPAN_PART_SHAPES, cspan_shape, timestamp_format)},
      {AT(CSPAN_PART_SHAPES, cspan_shape, members)},
      {AT(CSPAN_PART_SHAPES, cspan_shape, enums)},
      {AT(CSPAN_PART_SHAPES, cspan_shape, payload)},
      {AT(CSPAN_PART_SHAPES, cspan_shape, error_code)},
      {AT(CSPAN_PART_SHAPES, cspan_shape, xml_uri)},
      {AT(CSPAN_PART_SHAPES, cspan_shape, limits)},
      {AT(CSPAN_PART_SHAPES, cspan_shape, documentation)},
      {AT(CSPAN_PART_MEMBERS, cspan_member_model, name)},
      {AT(CSPAN_PART_MEMBERS, cspan_member_model, shape)},
      {AT(CSPAN_PART_MEMBERS, cspan_member_model, location)},
      {AT(CSPAN_PART_MEMBERS, cspan_member_model, location_name)},
      {AT(CSPAN_PART_MEMBERS, cspan_member_model, context_param)},
      {AT(CSPAN_PART_OPERATIONS, cspan_operation_model, name)},
      {AT(CSPAN_PART_OPERATIONS, cspan_operation_model, input)},
      {AT(CSPAN_PART_OPERATIONS, cspan_operation_model, output)},
      {AT(CSPAN_PART_OPERATIONS, cspan_operation_model, errors)},
      {AT(CSPAN_PART_OPERATIONS, cspan_operation_model, paginator)},
      {AT(CSPAN_PART_OPERATIONS, cspan_operation_model, static_params)},
      {AT(CSPAN_PART_PAGINATORS, cspan_paginator_model, operation)},
      {AT(CSPAN_PART_PAGINATORS, cspan_paginator_model, input_token)},
      {AT(CSPAN_PART_WAITERS, cspan_waiter_model, operation)},
      {AT(CSPAN_PART_WAITERS, cspan_waiter_model, acceptors)},
      {AT(CSPAN_PART_ACCEPTORS, cspan_acceptor_model, matcher)},
      {AT(CSPAN_PART_ACCEPTORS, cspan_acceptor_model, state)},
      {AT(CSPAN_PART_ACCEPTORS, cspan_acceptor_model, expected)},
      {AT(CSPAN_PART_PAIRS, cspan_model_pair, value)},
      {AT(CSPAN_PART_BLOCKS, cspan_section_block, first)},
      {AT(CSPAN_PART_BLOCKS, cspan_section_block, length)},
      {AT(CSPAN_PART_BLOCKS, cspan_section_block, offset)},
      {AT(CSPAN_PART_BLOCKS, cspan_section_block, size)},
      {offsetof(cspan_section_header, parts[CSPAN_PART_SHAPES]), sizeof(cspan_section_range)},
      {offsetof(cspan_section_header, parts[CSPAN_PART_TEXTS]), sizeof(cspan_section_range)},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    char kept[8];
    uint32_t crc = header->crc;
    uint32_t checked = header->parts[CSPAN_PART_DOCUMENTATION].offset;
    assert_true(rows[i].size <= sizeof kept);
    memcpy(kept, section.data + rows[i].offset, rows[i].size);
    memset(section.data + rows[i].offset, 0xfe, rows[i].size);
    header->crc = cspan_crc32c(0, section.data + header->checked, checked - header->checked);
    if (opens(section.data, section.len)) {
      fail_msg("row %zu was not noticed", i);
    }
    memcpy(section.data + rows[i].offset, kept, rows[i].size);
    header->crc = crc;
  }
  assert_true(opens(section.data, section.len));
}

/* What cannot be unpacked is an error when it is asked for. */
static void test_damaged_documentation(void **state) {
  const cspan_section_header *header = (const void *)section.data;
  char *text = NULL;
  cspan_error *error = NULL;
  (void)state;
  size_t at = header->parts[CSPAN_PART_DOCUMENTATION].offset + 4;
  section.data[at] = (char)(section.data[at] ^ 0x41);
  assert_int_equal(cspan_model_documentation(&model, model.info->documentation, &text, &error),
                   CSPAN_ERR_INVALID);
  assert_null(text);
  section.data[at] = (char)(section.data[at] ^ 0x41);
  cspan_error_free(error);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_service),
      cmocka_unit_test(test_shapes),
      cmocka_unit_test(test_members),
      cmocka_unit_test(test_operations),
      cmocka_unit_test(test_pages_and_waiters),
      cmocka_unit_test(test_documentation),
      cmocka_unit_test(test_extras),
      cmocka_unit_test(test_protocol_choice),
      cmocka_unit_test(test_refused),
      cmocka_unit_test(test_deep_json),
      cmocka_unit_test(test_damaged_bytes),
      cmocka_unit_test(test_wrong_references),
      cmocka_unit_test(test_damaged_documentation),
  };
  return cmocka_run_group_tests(tests, open_model, close_model);
}
