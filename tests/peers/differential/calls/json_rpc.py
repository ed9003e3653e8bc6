# SPDX-License-Identifier: Apache-2.0
"""Services of the protocol `json`, versions 1.0 and 1.1."""
import datetime

from .call import FAILS, PAGES, of_service

NOON = datetime.datetime(2024, 2, 29, 12, 0, 0, 250000, tzinfo=datetime.timezone.utc)
DAY = datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc)

ITEM = {
    "id": {"S": "first"}, "rank": {"N": "12.50"}, "raw": {"B": b"\x00\xff bytes"},
    "texts": {"SS": ["a", "b"]}, "counts": {"NS": ["1", "2"]}, "blobs": {"BS": [b"x", b"y"]},
    "nested": {"M": {"list": {"L": [{"S": "é \U0001f600"}, {"NULL": True}, {"BOOL": False}]},
                     "empty": {"M": {}}}},
}

DYNAMODB = of_service(
    "dynamodb",
    ("ListTables",),
    ("CreateTable", {
        "TableName": "things",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"},
                                 {"AttributeName": "rank", "AttributeType": "N"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"},
                      {"AttributeName": "rank", "KeyType": "RANGE"}],
        "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
        "GlobalSecondaryIndexes": [{
            "IndexName": "by-rank", "KeySchema": [{"AttributeName": "rank", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
            "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}}],
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        "Tags": [{"Key": "of", "Value": "tests"}]},
     {"keep": {"table": "TableDescription.TableArn",
               "stream": "TableDescription.LatestStreamArn"}}),
    ("DescribeTable", {"TableName": "things"}, {"wait": "TableExists"}),
    ("DescribeTable", {"TableName": "things"}),
    ("CreateTable", {
        "TableName": "things", "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}, FAILS),
    ("PutItem", {"TableName": "things", "Item": ITEM}),
    ("PutItem", {"TableName": "things", "Item": ITEM,
                 "ConditionExpression": "attribute_not_exists(id)"}, FAILS),
    ("PutItem", {"TableName": "nowhere", "Item": {"id": {"S": "x"}}}, FAILS),
    ("GetItem", {"TableName": "things", "ConsistentRead": True,
                 "Key": {"id": {"S": "first"}, "rank": {"N": "12.50"}}}),
    ("GetItem", {"TableName": "things", "Key": {"id": {"S": "none"}, "rank": {"N": "0"}}}),
    ("UpdateItem", {
        "TableName": "things", "Key": {"id": {"S": "first"}, "rank": {"N": "12.50"}},
        "UpdateExpression": "SET #n = :v REMOVE texts", "ReturnValues": "ALL_NEW",
        "ExpressionAttributeNames": {"#n": "name"},
        "ExpressionAttributeValues": {":v": {"S": "<&>\"'"}}}),
    ("BatchWriteItem", {"RequestItems": {"things": [
        {"PutRequest": {"Item": {"id": {"S": "many"}, "rank": {"N": str(n)}}}}
        for n in range(12)]}}),
    ("BatchGetItem", {"RequestItems": {"things": {"Keys": [
        {"id": {"S": "many"}, "rank": {"N": "3"}}, {"id": {"S": "many"}, "rank": {"N": "4"}}]}}}),
    ("Query", {"TableName": "things", "KeyConditionExpression": "id = :i",
               "ExpressionAttributeValues": {":i": {"S": "many"}}},
     {"paginate": {"PageSize": 5}}),
    ("Query", {"TableName": "things", "KeyConditionExpression": "id = :i",
               "ExpressionAttributeValues": {":i": {"S": "many"}}, "Limit": 2,
               "ScanIndexForward": False}),
    ("Scan", {"TableName": "things", "FilterExpression": "#r > :low",
              "ExpressionAttributeNames": {"#r": "rank"},
              "ExpressionAttributeValues": {":low": {"N": "5"}}},
     {"paginate": {"PageSize": 4, "MaxItems": 3}}),
    ("TransactWriteItems", {"TransactItems": [
        {"Put": {"TableName": "things", "Item": {"id": {"S": "tx"}, "rank": {"N": "1"}}}},
        {"Delete": {"TableName": "things",
                    "Key": {"id": {"S": "many"}, "rank": {"N": "0"}}}}]}),
    ("TransactWriteItems", {"ClientRequestToken": "my-own-token", "TransactItems": [
        {"ConditionCheck": {"TableName": "things", "ConditionExpression": "attribute_exists(id)",
                            "Key": {"id": {"S": "gone"}, "rank": {"N": "9"}}}}]}, FAILS),
    ("UpdateTimeToLive", {"TableName": "things", "TimeToLiveSpecification": {
        "Enabled": True, "AttributeName": "expires"}}),
    ("DescribeTimeToLive", {"TableName": "things"}),
    ("ListTagsOfResource", {"ResourceArn": "$table"}),
    ("DeleteItem", {"TableName": "things", "ReturnValues": "ALL_OLD",
                    "Key": {"id": {"S": "first"}, "rank": {"N": "12.50"}}}),
    ("ListTables", {}, {"paginate": {"PageSize": 1}}),
)

STREAMS = of_service(
    "dynamodbstreams",
    ("ListStreams", {"TableName": "things"}),
    ("DescribeStream", {"StreamArn": "$stream"},
     {"keep": {"shard": "StreamDescription.Shards[0].ShardId"}}),
    ("GetShardIterator", {"StreamArn": "$stream", "ShardId": "$shard",
                          "ShardIteratorType": "TRIM_HORIZON"},
     {"keep": {"iterator": "ShardIterator"}}),
    ("GetRecords", {"ShardIterator": "$iterator"}),
)

SQS = of_service(
    "sqs",
    ("CreateQueue", {"QueueName": "line", "Attributes": {"VisibilityTimeout": "30"},
                     "tags": {"of": "tests"}}, {"keep": {"queue": "QueueUrl"}}),
    ("GetQueueUrl", {"QueueName": "line"}),
    ("GetQueueUrl", {"QueueName": "no-such-line"}, FAILS),
    ("SendMessage", {"QueueUrl": "$queue", "MessageBody": "hello é", "MessageAttributes": {
        "text": {"DataType": "String", "StringValue": "v"},
        "bytes": {"DataType": "Binary", "BinaryValue": b"\x01\x02"}}}),
    ("SendMessageBatch", {"QueueUrl": "$queue", "Entries": [
        {"Id": "a", "MessageBody": "one"}, {"Id": "b", "MessageBody": "two", "DelaySeconds": 1}]}),
    ("ReceiveMessage", {"QueueUrl": "$queue", "MaxNumberOfMessages": 2,
                        "MessageAttributeNames": ["All"], "AttributeNames": ["All"]},
     {"keep": {"receipt": "Messages[0].ReceiptHandle"}}),
    ("ChangeMessageVisibility", {"QueueUrl": "$queue", "ReceiptHandle": "$receipt",
                                 "VisibilityTimeout": 60}),
    ("DeleteMessageBatch", {"QueueUrl": "$queue", "Entries": [
        {"Id": "1", "ReceiptHandle": "$receipt"}, {"Id": "2", "ReceiptHandle": "unknown"}]}),
    ("GetQueueAttributes", {"QueueUrl": "$queue", "AttributeNames": ["All"]}),
    ("SendMessage", {"QueueUrl": "http://sqs.us-east-1.amazonaws.com/123456789012/none",
                     "MessageBody": "lost"}, FAILS),
    ("ListQueues", {"QueueNamePrefix": "li"}),
    ("ListQueueTags", {"QueueUrl": "$queue"}),
    ("PurgeQueue", {"QueueUrl": "$queue"}),
    ("ListQueues", {}, PAGES),
)

STATES = of_service(
    "stepfunctions",
    ("CreateStateMachine", {
        "name": "steps", "roleArn": "arn:aws:iam::123456789012:role/steps",
        "definition": '{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}',
        "tags": [{"key": "of", "value": "tests"}]}, {"keep": {"steps": "stateMachineArn"}}),
    ("DescribeStateMachine", {"stateMachineArn": "$steps"}),
    ("StartExecution", {"stateMachineArn": "$steps", "name": "run", "input": '{"a": [1, 2]}'},
     {"keep": {"execution": "executionArn"}}),
    ("DescribeExecution", {"executionArn": "$execution"}),
    ("ListStateMachines", {}, PAGES),
    ("DescribeExecution", {"executionArn": "${execution}-not"}, FAILS),
    ("DeleteStateMachine", {"stateMachineArn": "$steps"}),
)

KMS = of_service(
    "kms",
    ("CreateKey", {"Description": "for tests", "Tags": [{"TagKey": "a", "TagValue": "b"}]},
     {"keep": {"key": "KeyMetadata.KeyId"}}),
    ("DescribeKey", {"KeyId": "$key"}),
    ("Encrypt", {"KeyId": "$key", "Plaintext": b"\x00secret\xff",
                 "EncryptionContext": {"b": "2", "a": "1"}},
     {"keep": {"sealed": "CiphertextBlob"}}),
    ("Decrypt", {"CiphertextBlob": "$sealed", "EncryptionContext": {"a": "1", "b": "2"}}),
    ("GenerateDataKey", {"KeyId": "$key", "NumberOfBytes": 24}),
    ("CreateAlias", {"AliasName": "alias/tests", "TargetKeyId": "$key"}),
    ("ListAliases", {}, PAGES),
    ("ListKeys", {}, {"paginate": {"PageSize": 1}}),
    ("DescribeKey", {"KeyId": "00000000-0000-0000-0000-000000000000"}, FAILS),
    ("EnableKeyRotation", {"KeyId": "$key"}),
    ("ScheduleKeyDeletion", {"KeyId": "$key", "PendingWindowInDays": 7}),
)

SECRETS = of_service(
    "secretsmanager",
    ("CreateSecret", {"Name": "quiet", "SecretString": "s3cr\"et",
                      "Tags": [{"Key": "k", "Value": "v"}]}, {"keep": {"secret": "ARN"}}),
    ("CreateSecret", {"Name": "bytes", "SecretBinary": b"\x00\x01"}),
    ("GetSecretValue", {"SecretId": "quiet"}),
    ("GetSecretValue", {"SecretId": "bytes"}),
    ("PutSecretValue", {"SecretId": "quiet", "SecretString": "again",
                        "ClientRequestToken": "11111111-2222-3333-4444-555555555555"}),
    ("DescribeSecret", {"SecretId": "$secret"}),
    ("ListSecrets", {"Filters": [{"Key": "name", "Values": ["quiet"]}]}, PAGES),
    ("GetSecretValue", {"SecretId": "unknown"}, FAILS),
    ("DeleteSecret", {"SecretId": "bytes", "ForceDeleteWithoutRecovery": True}),
)

SSM = of_service(
    "ssm",
    *(("PutParameter", {"Name": f"/tests/{n}", "Value": f"value {n}", "Type": "String"})
      for n in range(4)),
    ("PutParameter", {"Name": "/tests/0", "Value": "x", "Type": "String"}, FAILS),
    ("GetParameter", {"Name": "/tests/0"}),
    ("GetParameters", {"Names": ["/tests/1", "/tests/none"]}),
    ("GetParametersByPath", {"Path": "/tests", "Recursive": True}, {"paginate": {"PageSize": 2}}),
    ("DescribeParameters", {"ParameterFilters": [
        {"Key": "Name", "Option": "BeginsWith", "Values": ["/tests"]}]}, PAGES),
    ("GetParameter", {"Name": "/none"}, FAILS),
    ("DeleteParameter", {"Name": "/tests/3"}),
)

EVENTS = of_service(
    "events",
    ("PutRule", {"Name": "rule", "ScheduleExpression": "rate(5 minutes)"}),
    ("PutTargets", {"Rule": "rule", "Targets": [
        {"Id": "1", "Arn": "arn:aws:sqs:us-east-1:123456789012:line", "InputTransformer": {
            "InputPathsMap": {"a": "$.detail.a"}, "InputTemplate": '"<a>"'}}]}),
    ("CreateArchive", {"ArchiveName": "past", "EventSourceArn":
                       "arn:aws:events:us-east-1:123456789012:event-bus/default"}),
    ("StartReplay", {"ReplayName": "again", "EventStartTime": DAY, "EventEndTime": NOON,
                     "EventSourceArn": "arn:aws:events:us-east-1:123456789012:archive/past",
                     "Destination": {
                         "Arn": "arn:aws:events:us-east-1:123456789012:event-bus/default"}}),
    ("ListTargetsByRule", {"Rule": "rule"}, PAGES),
    ("ListRules", {"NamePrefix": "ru"}),
    ("DescribeRule", {"Name": "none"}, FAILS),
)

LOGS = of_service(
    "logs",
    ("CreateLogGroup", {"logGroupName": "group", "tags": {"a": "b"}}),
    ("CreateLogGroup", {"logGroupName": "group"}, FAILS),
    ("CreateLogStream", {"logGroupName": "group", "logStreamName": "stream"}),
    ("PutLogEvents", {"logGroupName": "group", "logStreamName": "stream", "logEvents": [
        {"timestamp": 1900000000000 + n, "message": f"line {n}"} for n in range(3)]}),
    ("DescribeLogGroups", {"logGroupNamePrefix": "gr"}, PAGES),
    ("DescribeLogStreams", {"logGroupName": "group"}, PAGES),
    ("FilterLogEvents", {"logGroupName": "group", "filterPattern": ""}, PAGES),
    ("PutRetentionPolicy", {"logGroupName": "group", "retentionInDays": 7}),
)

KINESIS = of_service(
    "kinesis",
    ("CreateStream", {"StreamName": "flow", "ShardCount": 2}),
    ("DescribeStream", {"StreamName": "flow"}, {"wait": "StreamExists"}),
    ("DescribeStream", {"StreamName": "flow"},
     {"keep": {"lane": "StreamDescription.Shards[0].ShardId"}}),
    ("PutRecord", {"StreamName": "flow", "Data": b"\xfe\xff", "PartitionKey": "p"}),
    ("PutRecords", {"StreamName": "flow", "Records": [
        {"Data": b"", "PartitionKey": "1"}, {"Data": b"abc", "PartitionKey": "2"}]}),
    ("GetShardIterator", {"StreamName": "flow", "ShardId": "$lane", "Timestamp": DAY,
                          "ShardIteratorType": "AT_TIMESTAMP"}, {"keep": {"place": "ShardIterator"}}),
    ("GetRecords", {"ShardIterator": "$place", "Limit": 10}),
    ("ListShards", {"StreamName": "flow"}, PAGES),
    ("DescribeStreamSummary", {"StreamName": "none"}, FAILS),
)

ECS = of_service(
    "ecs",
    ("CreateCluster", {"clusterName": "fleet", "settings": [
        {"name": "containerInsights", "value": "enabled"}]}),
    ("RegisterTaskDefinition", {"family": "task", "containerDefinitions": [
        {"name": "c", "image": "i", "memory": 64, "essential": True,
         "environment": [{"name": "A", "value": "1"}],
         "dockerLabels": {"x": "y"}, "command": ["a", "b c"]}]}),
    ("DescribeTaskDefinition", {"taskDefinition": "task"}),
    ("ListTaskDefinitions", {}, PAGES),
    ("DescribeClusters", {"clusters": ["fleet", "none"]}),
    ("DescribeServices", {"cluster": "none", "services": ["s"]}, FAILS),
)

ECR = of_service(
    "ecr",
    ("CreateRepository", {"repositoryName": "images", "imageScanningConfiguration": {
        "scanOnPush": True}}),
    ("DescribeRepositories", {}, PAGES),
    ("PutImage", {"repositoryName": "images", "imageTag": "v1", "imageManifest":
                  '{"schemaVersion": 2, "config": {"digest": "sha256:1"}, "layers": [], '
                  '"mediaType": "application/vnd.docker.distribution.manifest.v2+json"}'}),
    ("BatchGetImage", {"repositoryName": "images", "imageIds": [{"imageTag": "v1"}]}),
    ("DescribeRepositories", {"repositoryNames": ["none"]}, FAILS),
)

GLUE = of_service(
    "glue",
    ("CreateDatabase", {"DatabaseInput": {"Name": "base", "Parameters": {"p": "q"}}}),
    ("CreateTable", {"DatabaseName": "base", "TableInput": {
        "Name": "table", "LastAccessTime": NOON, "StorageDescriptor": {
            "Columns": [{"Name": "c", "Type": "int"}], "NumberOfBuckets": -1,
            "Compressed": False}}}),
    ("GetTable", {"DatabaseName": "base", "Name": "table"}),
    ("GetDatabases", {}, PAGES),
    ("GetTable", {"DatabaseName": "base", "Name": "none"}, FAILS),
)

COGNITO = of_service(
    "cognito-idp",
    ("CreateUserPool", {"PoolName": "pool", "Policies": {"PasswordPolicy": {
        "MinimumLength": 8, "RequireNumbers": True}}}, {"keep": {"pool": "UserPool.Id"}}),
    ("AdminCreateUser", {"UserPoolId": "$pool", "Username": "someone", "UserAttributes": [
        {"Name": "email", "Value": "a@example.com"}]}),
    ("ListUsers", {"UserPoolId": "$pool"}, PAGES),
    ("AdminGetUser", {"UserPoolId": "$pool", "Username": "nobody"}, FAILS),
    ("DescribeUserPool", {"UserPoolId": "$pool"}),
)

FIREHOSE = of_service(
    "firehose",
    ("CreateDeliveryStream", {"DeliveryStreamName": "hose", "S3DestinationConfiguration": {
        "RoleARN": "arn:aws:iam::123456789012:role/r", "BucketARN": "arn:aws:s3:::hose",
        "BufferingHints": {"SizeInMBs": 5, "IntervalInSeconds": 300}}}),
    ("DescribeDeliveryStream", {"DeliveryStreamName": "hose"}),
    ("ListDeliveryStreams", {"Limit": 5}),
    ("DescribeDeliveryStream", {"DeliveryStreamName": "none"}, FAILS),
)

SWF = of_service(
    "swf",
    ("RegisterDomain", {"name": "domain", "workflowExecutionRetentionPeriodInDays": "60"}),
    ("ListDomains", {"registrationStatus": "REGISTERED"}, PAGES),
    ("DescribeDomain", {"name": "none"}, FAILS),
)

CERTIFICATES = of_service(
    "acm",
    ("RequestCertificate", {"DomainName": "example.com", "IdempotencyToken": "once"},
     {"keep": {"certificate": "CertificateArn"}}),
    ("DescribeCertificate", {"CertificateArn": "$certificate"}),
    ("ListCertificates", {}, PAGES),
)

CALLS = (DYNAMODB + STREAMS + SQS + STATES + KMS + SECRETS + SSM + EVENTS + LOGS + KINESIS + ECS +
         ECR + GLUE + COGNITO + FIREHOSE + SWF + CERTIFICATES)
