/* SPDX-License-Identifier: Apache-2.0 */
/* Small models of services whose requests carry a context; see typed_models.h. */
#ifndef SUPPORT_CARRIER_MODELS_H
#define SUPPORT_CARRIER_MODELS_H

static const char typed_sns[] =
    "{'version':'2.0','metadata':{'apiVersion':'2010-03-31','endpointPrefix':'sns',"
    "'jsonVersion':'1.0','protocol':'json','serviceId':'SNS','signatureVersion':'v4',"
    "'targetPrefix':'SNS'},'operations':{"
    "'Publish':{'name':'Publish','http':{'method':'POST','requestUri':'/'},"
    "'input':{'shape':'Message'},'output':{'shape':'Sent'}},"
    "'PublishBatch':{'name':'PublishBatch','http':{'method':'POST','requestUri':'/'},"
    "'input':{'shape':'Batch'},'output':{'shape':'Done'}}},"
    "'shapes':{'S':{'type':'string'},'Attribute':{'type':'structure','members':{"
    "'DataType':{'shape':'S'},'StringValue':{'shape':'S'}}},"
    "'Attributes':{'type':'map','key':{'shape':'S'},'value':{'shape':'Attribute'}},"
    "'Message':{'type':'structure','members':{'Id':{'shape':'S'},'TopicArn':{'shape':'S'},"
    "'TargetArn':{'shape':'S'},'PhoneNumber':{'shape':'S'},'Message':{'shape':'S'},"
    "'MessageAttributes':{'shape':'Attributes'}}},"
    "'Messages':{'type':'list','member':{'shape':'Message'}},"
    "'Batch':{'type':'structure','members':{'TopicArn':{'shape':'S'},"
    "'PublishBatchRequestEntries':{'shape':'Messages'}}},"
    "'Sent':{'type':'structure','members':{'MessageId':{'shape':'S'}}},"
    "'Done':{'type':'structure','members':{}}}}";

static const char typed_events[] =
    "{'version':'2.0','metadata':{'apiVersion':'2015-10-07','endpointPrefix':'events',"
    "'jsonVersion':'1.1','protocol':'json','serviceId':'EventBridge','signatureVersion':'v4',"
    "'targetPrefix':'AWSEvents'},'operations':{"
    "'PutEvents':{'name':'PutEvents','http':{'method':'POST','requestUri':'/'},"
    "'input':{'shape':'In'},'output':{'shape':'Out'}}},"
    "'shapes':{'S':{'type':'string'},'Entry':{'type':'structure','members':{"
    "'Detail':{'shape':'S'},'TraceHeader':{'shape':'S'}}},"
    "'Entries':{'type':'list','member':{'shape':'Entry'}},"
    "'In':{'type':'structure','members':{'Entries':{'shape':'Entries'}}},"
    "'Out':{'type':'structure','members':{}}}}";

static const char typed_states[] =
    "{'version':'2.0','metadata':{'apiVersion':'2016-11-23','endpointPrefix':'states',"
    "'jsonVersion':'1.0','protocol':'json','serviceId':'SFN','signatureVersion':'v4',"
    "'targetPrefix':'AWSStepFunctions'},'operations':{"
    "'StartExecution':{'name':'StartExecution','http':{'method':'POST','requestUri':'/'},"
    "'input':{'shape':'In'},'output':{'shape':'Out'}}},"
    "'shapes':{'S':{'type':'string'},'In':{'type':'structure','members':{"
    "'stateMachineArn':{'shape':'S'},'name':{'shape':'S'},'input':{'shape':'S'},"
    "'traceHeader':{'shape':'S'}}},'Out':{'type':'structure','members':{}}}}";

static const char typed_kinesis[] =
    "{'version':'2.0','metadata':{'apiVersion':'2013-12-02','endpointPrefix':'kinesis',"
    "'jsonVersion':'1.1','protocol':'json','serviceId':'Kinesis','signatureVersion':'v4',"
    "'targetPrefix':'Kinesis_20131202'},'operations':{"
    "'PutRecord':{'name':'PutRecord','http':{'method':'POST','requestUri':'/'},"
    "'input':{'shape':'In'},'output':{'shape':'Out'}}},"
    "'shapes':{'S':{'type':'string'},'Raw':{'type':'blob'},'In':{'type':'structure','members':{"
    "'StreamName':{'shape':'S'},'Data':{'shape':'Raw'},'PartitionKey':{'shape':'S'}}},"
    "'Out':{'type':'structure','members':{}}}}";

#endif
