/* SPDX-License-Identifier: Apache-2.0 */
/* Small models of DynamoDB, SQS, Lambda and Bedrock, with what the typed helpers use, and clients
 * for them against a scripted server that closes every connection: answers come in order. */
#ifndef SUPPORT_TYPED_MODELS_H
#define SUPPORT_TYPED_MODELS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cloudspan/cloudspan.h>

#include "support/carrier_models.h"
#include "support/model_folder.h"
#include "support/script_server.h"

static const char typed_dynamodb[] =
    "{'version':'2.0','metadata':{'apiVersion':'2012-08-10','endpointPrefix':'dynamodb',"
    "'jsonVersion':'1.0','protocol':'json','serviceId':'DynamoDB','signatureVersion':'v4',"
    "'targetPrefix':'DynamoDB_20120810'},'operations':{"
    "'PutItem':{'name':'PutItem','http':{'method':'POST','requestUri':'/'},"
    "'input':{'shape':'PutIn'},'output':{'shape':'PutOut'},'errors':[{'shape':'"
    "ConditionalCheckFailedException'}]},"
    "'BatchWriteItem':{'name':'BatchWriteItem','http':{'method':'POST','requestUri':'/'},"
    "'input':{'shape':'BatchIn'},'output':{'shape':'BatchOut'}}},"
    "'shapes':{'S':{'type':'string'},'T':{'type':'boolean'},'Raw':{'type':'blob'},"
    "'Ss':{'type':'list','member':{'shape':'S'}},'Bs':{'type':'list','member':{'shape':'Raw'}},"
    "'Names':{'type':'map','key':{'shape':'S'},'value':{'shape':'S'}},"
    "'V':{'type':'structure','members':{'S':{'shape':'S'},'N':{'shape':'S'},'B':{'shape':'Raw'},"
    "'SS':{'shape':'Ss'},'NS':{'shape':'Ss'},'BS':{'shape':'Bs'},'M':{'shape':'Item'},"
    "'L':{'shape':'Vs'},'NULL':{'shape':'T'},'BOOL':{'shape':'T'}}},"
    "'Vs':{'type':'list','member':{'shape':'V'}},"
    "'Item':{'type':'map','key':{'shape':'S'},'value':{'shape':'V'}},"
    "'PutIn':{'type':'structure','members':{'TableName':{'shape':'S'},'Item':{'shape':'Item'},"
    "'ConditionExpression':{'shape':'S'},'ReturnValues':{'shape':'S'},"
    "'ReturnValuesOnConditionCheckFailure':{'shape':'S'}}},"
    "'PutOut':{'type':'structure','members':{'Attributes':{'shape':'Item'}}},"
    "'ItemIn':{'type':'structure','members':{'Item':{'shape':'Item'}}},"
    "'KeyIn':{'type':'structure','members':{'Key':{'shape':'Item'}}},"
    "'Write':{'type':'structure','members':{'PutRequest':{'shape':'ItemIn'},"
    "'DeleteRequest':{'shape':'KeyIn'}}},'Writes':{'type':'list','member':{'shape':'Write'}},"
    "'Tables':{'type':'map','key':{'shape':'S'},'value':{'shape':'Writes'}},"
    "'BatchIn':{'type':'structure','members':{'RequestItems':{'shape':'Tables'}}},"
    "'BatchOut':{'type':'structure','members':{'UnprocessedItems':{'shape':'Tables'}}},"
    "'ConditionalCheckFailedException':{'type':'structure','exception':true,'members':{"
    "'message':{'shape':'S'},'Item':{'shape':'Item'}}}}}";

static const char typed_sqs[] =
    "{'version':'2.0','metadata':{'apiVersion':'2012-11-05','endpointPrefix':'sqs',"
    "'jsonVersion':'1.0','protocol':'json','serviceId':'SQS','signatureVersion':'v4',"
    "'targetPrefix':'AmazonSQS'},'operations':{"
    "'SendMessage':{'name':'SendMessage','http':{'method':'POST','requestUri':'/'},"
    "'input':{'shape':'SendIn'},'output':{'shape':'Sent'}},"
    "'SendMessageBatch':{'name':'SendMessageBatch','http':{'method':'POST','requestUri':'/'},"
    "'input':{'shape':'Batch'},'output':{'shape':'Done'}},"
    "'DeleteMessageBatch':{'name':'DeleteMessageBatch','http':{'method':'POST','requestUri':'/'},"
    "'input':{'shape':'Batch'},'output':{'shape':'Done'}},"
    "'ChangeMessageVisibilityBatch':{'name':'ChangeMessageVisibilityBatch','http':{'method':'POST',"
    "'requestUri':'/'},"
    "'input':{'shape':'Batch'},'output':{'shape':'Done'}},"
    "'ReceiveMessage':{'name':'ReceiveMessage','http':{'method':'POST','requestUri':'/'},"
    "'input':{'shape':'ReceiveIn'},'output':{'shape':'ReceiveOut'}}},"
    "'shapes':{'S':{'type':'string'},'I':{'type':'integer'},'T':{'type':'boolean'},"
    "'Strings':{'type':'list','member':{'shape':'S'}},"
    "'Map':{'type':'map','key':{'shape':'S'},'value':{'shape':'S'}},"
    "'Attribute':{'type':'structure','members':{'DataType':{'shape':'S'},"
    "'StringValue':{'shape':'S'}}},"
    "'Typed':{'type':'map','key':{'shape':'S'},'value':{'shape':'Attribute'}},"
    "'SendIn':{'type':'structure','members':{'QueueUrl':{'shape':'S'},'MessageBody':{'shape':'S'},"
    "'MessageAttributes':{'shape':'Typed'},'MessageSystemAttributes':{'shape':'Typed'}}},"
    "'Sent':{'type':'structure','members':{'MessageId':{'shape':'S'}}},"
    "'Entry':{'type':'structure','members':{'Id':{'shape':'S'},'MessageBody':{'shape':'S'},"
    "'MessageAttributes':{'shape':'Typed'},'MessageSystemAttributes':{'shape':'Typed'},"
    "'ReceiptHandle':{'shape':'S'},'VisibilityTimeout':{'shape':'I'},'DelaySeconds':{'shape':'I'}}"
    "},'Entries':{'type':'list','member':{'shape':'Entry'}},"
    "'Batch':{'type':'structure','members':{'QueueUrl':{'shape':'S'},"
    "'Entries':{'shape':'Entries'}}},"
    "'Result':{'type':'structure','members':{'Id':{'shape':'S'},'SenderFault':{'shape':'T'},"
    "'Code':{'shape':'S'},'Message':{'shape':'S'}}},"
    "'Results':{'type':'list','member':{'shape':'Result'}},"
    "'Done':{'type':'structure','members':{'Successful':{'shape':'Results'},"
    "'Failed':{'shape':'Results'}}},"
    "'ReceiveIn':{'type':'structure','members':{'QueueUrl':{'shape':'S'},"
    "'AttributeNames':{'shape':'Strings'},'MessageAttributeNames':{'shape':'Strings'},"
    "'MaxNumberOfMessages':{'shape':'I'},'VisibilityTimeout':{'shape':'I'},"
    "'WaitTimeSeconds':{'shape':'I'}}},"
    "'Message':{'type':'structure','members':{'MessageId':{'shape':'S'},"
    "'ReceiptHandle':{'shape':'S'},'Body':{'shape':'S'},'Attributes':{'shape':'Map'},"
    "'MessageAttributes':{'shape':'Typed'},'MD5OfMessageAttributes':{'shape':'S'}}},"
    "'Messages':{'type':'list','member':{'shape':'Message'}},"
    "'ReceiveOut':{'type':'structure','members':{'Messages':{'shape':'Messages'}}}}}";

static const char typed_lambda[] =
    "{'version':'2.0','metadata':{'apiVersion':'2015-03-31','endpointPrefix':'lambda',"
    "'protocol':'rest-json','serviceId':'Lambda','signatureVersion':'v4'},'operations':{"
    "'Invoke':{'name':'Invoke','http':{'method':'POST','requestUri':'/2015-03-31/functions/"
    "{FunctionName}/invocations'},"
    "'input':{'shape':'In'},'output':{'shape':'Out'}}},"
    "'shapes':{'S':{'type':'string'},'I':{'type':'integer'},'Raw':{'type':'blob'},"
    "'In':{'type':'structure','payload':'Payload','required':['FunctionName'],'members':{"
    "'FunctionName':{'shape':'S','location':'uri','locationName':'FunctionName'},"
    "'InvocationType':{'shape':'S','location':'header','locationName':'X-Amz-Invocation-Type'},"
    "'LogType':{'shape':'S','location':'header','locationName':'X-Amz-Log-Type'},"
    "'ClientContext':{'shape':'S','location':'header','locationName':'X-Amz-Client-Context'},"
    "'Qualifier':{'shape':'S','location':'querystring','locationName':'Qualifier'},"
    "'Payload':{'shape':'Raw'}}},"
    "'Out':{'type':'structure','payload':'Payload','members':{"
    "'StatusCode':{'shape':'I','location':'statusCode'},"
    "'FunctionError':{'shape':'S','location':'header','locationName':'X-Amz-Function-Error'},"
    "'LogResult':{'shape':'S','location':'header','locationName':'X-Amz-Log-Result'},"
    "'ExecutedVersion':{'shape':'S','location':'header',"
    "'locationName':'X-Amz-Executed-Version'},'Payload':{'shape':'Raw'}}}}}";

static const char typed_bedrock[] =
    "{'version':'2.0','metadata':{'apiVersion':'2023-09-30','endpointPrefix':'bedrock-runtime',"
    "'protocol':'rest-json','serviceId':'Bedrock Runtime','signatureVersion':'v4'},'operations':{"
    "'Converse':{'name':'Converse','http':{'method':'POST','requestUri':"
    "'/model/{modelId}/converse'},'input':{'shape':'In'},'output':{'shape':'Out'}},"
    "'InvokeModel':{'name':'InvokeModel','http':{'method':'POST','requestUri':"
    "'/model/{modelId}/invoke'},'input':{'shape':'RawIn'},'output':{'shape':'RawOut'}}},"
    "'shapes':{'S':{'type':'string'},'I':{'type':'integer'},'Raw':{'type':'blob'},"
    "'In':{'type':'structure','required':['modelId'],'members':{"
    "'modelId':{'shape':'S','location':'uri','locationName':'modelId'}}},"
    "'Usage':{'type':'structure','members':{'inputTokens':{'shape':'I'},"
    "'outputTokens':{'shape':'I'}}},"
    "'Out':{'type':'structure','members':{'usage':{'shape':'Usage'},'stopReason':{'shape':'S'}}},"
    "'RawIn':{'type':'structure','payload':'body','required':['modelId'],'members':{"
    "'modelId':{'shape':'S','location':'uri','locationName':'modelId'},'body':{'shape':'Raw'}}},"
    "'RawOut':{'type':'structure','payload':'body','members':{'body':{'shape':'Raw'}}}}}";

enum { TYPED_ANSWERS_MAX = 8 };

typedef struct typed_fixture {
  char models[64];
  script_server *server;
  cspan_aws_config *config;
  cspan_client *client;
  char *answers[TYPED_ANSWERS_MAX];
  script_step steps[TYPED_ANSWERS_MAX][3];
  script_connection connections[TYPED_ANSWERS_MAX];
} typed_fixture;

static inline void typed_put_model(const char *root, const char *path, const char *text) {
  char full[192];
  snprintf(full, sizeof full, "%s/%s/service-2.json", root, path);
  model_folder_put_json(full, text);
}

/* Each answer is "STATUS HEADERS|BODY", e.g. "200 |{}", for one request; the last one for all that
 * follow. `trace` NULL: calls are not traced. */
static inline void typed_open_traced(typed_fixture *f, const char *service,
                                     const char *const *answers, size_t count,
                                     const cspan_trace_options *trace) {
  cspan_error *error = NULL;
  memset(f, 0, sizeof *f);
  model_folder_make(f->models);
  typed_put_model(f->models, "dynamodb/2012-08-10", typed_dynamodb);
  typed_put_model(f->models, "sqs/2012-11-05", typed_sqs);
  typed_put_model(f->models, "lambda/2015-03-31", typed_lambda);
  typed_put_model(f->models, "sns/2010-03-31", typed_sns);
  typed_put_model(f->models, "events/2015-10-07", typed_events);
  typed_put_model(f->models, "stepfunctions/2016-11-23", typed_states);
  typed_put_model(f->models, "kinesis/2013-12-02", typed_kinesis);
  typed_put_model(f->models, "bedrock-runtime/2023-09-30", typed_bedrock);
  for (size_t i = 0; i < count && i < TYPED_ANSWERS_MAX; i++) {
    const char *bar = strchr(answers[i], '|');
    size_t room = strlen(answers[i]) + 256;
    f->answers[i] = malloc(room);
    if (f->answers[i] == NULL) {
      abort();
    }
    snprintf(f->answers[i], room,
             "HTTP/1.1 %.3s X\r\nConnection: close\r\nContent-Length: %zu\r\n%.*s\r\n%s",
             answers[i], strlen(bar + 1), (int)(bar - answers[i] - 4), answers[i] + 4, bar + 1);
    f->steps[i][0] = (script_step){SCRIPT_READ_REQUEST, NULL, 0};
    f->steps[i][1] = (script_step){SCRIPT_SEND, f->answers[i], 0};
    f->steps[i][2] = (script_step){SCRIPT_END, NULL, 0};
    f->connections[i] = f->steps[i];
  }
  f->server = script_server_start(f->connections, count);
  cspan_aws_options aws = {.size = sizeof aws,
                           .region = "eu-central-1",
                           .endpoint_url = script_server_url(f->server, ""),
                           .access_key_id = "AKIDEXAMPLE",
                           .secret_access_key = "planted-secret",
                           .retry_mode = CSPAN_RETRY_OFF};
  cspan_client_options options = {.size = sizeof options, .models = f->models};
  if (cspan_aws_config_load(&aws, &f->config, &error) != CSPAN_OK ||
      (trace != NULL && cspan_trace_append(f->config, trace, &error) != CSPAN_OK) ||
      cspan_client_create(f->config, service, &options, &f->client, &error) != CSPAN_OK) {
    fprintf(stderr, "%s\n", cspan_error_message(error));
    abort();
  }
}

static inline void typed_open(typed_fixture *f, const char *service, const char *const *answers,
                              size_t count) {
  typed_open_traced(f, service, answers, count, NULL);
}

static inline void typed_close(typed_fixture *f) {
  cspan_client_free(f->client);
  cspan_aws_config_free(f->config);
  script_server_stop(f->server);
  for (size_t i = 0; i < TYPED_ANSWERS_MAX; i++) {
    free(f->answers[i]);
  }
  model_folder_remove(f->models);
}

/* How often a text was received. */
static inline int typed_count(typed_fixture *f, const char *part) {
  char *all = script_server_received(f->server);
  int count = 0;
  for (const char *at = strstr(all, part); at != NULL; at = strstr(at + 1, part)) {
    count++;
  }
  free(all);
  return count;
}

#endif
