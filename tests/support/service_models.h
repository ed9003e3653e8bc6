/* SPDX-License-Identifier: Apache-2.0 */
/* Small models that bear the names of services which need more than their models say. Quotes are
 * single: model_folder_put_json() doubles them. */
#ifndef SUPPORT_SERVICE_MODELS_H
#define SUPPORT_SERVICE_MODELS_H

/* Models read best a shape a line. */
/* clang-format off */

#define MODEL(id, protocol, more, operations, shapes)                                              \
  "{'version': '2.0', 'metadata': {'apiVersion': '2112-06-01', 'endpointPrefix': 'x', "            \
  "'protocol': '" protocol "', 'serviceFullName': 'X', 'serviceId': '" id                          \
  "', 'signatureVersion': 'v4', 'uid': 'x'" more "}, 'operations': {" operations                   \
  "}, 'shapes': {'String': {'type': 'string'}, 'Integer': {'type': 'integer'}, " shapes "}}"
#define OPERATION(name, method, uri, more)                                                         \
  "'" name "': {'name': '" name "', 'http': {'method': '" method "', 'requestUri': '" uri          \
  "'}, 'input': {'shape': '" name "In'}, 'output': {'shape': '" name "Out'}" more "}"
#define SHAPE(name, members) "'" name "': {'type': 'structure', 'members': {" members "}}"
#define LIST(name, shape)    "'" name "': {'type': 'list', 'member': {'shape': '" shape "'}}"
#define MEMBER(name, shape)  "'" name "': {'shape': '" shape "'}"
#define AT(name, place, wire)                                                                      \
  "'" name "': {'shape': 'String', 'location': '" place "', 'locationName': '" wire "'}"
#define BUCKET                                                                                     \
  "'Bucket': {'shape': 'String', 'location': 'uri', 'locationName': 'Bucket', 'contextParam': "    \
  "{'name': 'Bucket'}}"
#define JSON_11 ", 'jsonVersion': '1.1', 'targetPrefix': 'X'"

typedef struct service_model {
  const char *name; /* the folder, and what clients ask for */
  const char *json;
} service_model;

static const service_model service_models[] = {
    {"s3", MODEL("S3", "rest-xml", "",
        OPERATION("GetObject", "GET", "/{Bucket}/{Key+}", "") ","
        OPERATION("GetBucketLocation", "GET", "/{Bucket}?location", "") ","
        OPERATION("CopyObject", "PUT", "/{Bucket}/{Key+}", "") ","
        OPERATION("PutObject", "PUT", "/{Bucket}/{Key+}", ", 'httpChecksum': "
                  "{'requestAlgorithmMember': 'ChecksumAlgorithm'}") ","
        OPERATION("ListObjectsV2", "GET", "/{Bucket}?list-type=2", ""),
        "'Date': {'type': 'timestamp'}, 'Map': {'type': 'map', 'key': {'shape': 'String'}, "
        "'value': {'shape': 'String'}},"
        SHAPE("GetObjectIn", BUCKET "," AT("Key", "uri", "Key") ","
              AT("SSECustomerKey", "header", "x-amz-server-side-encryption-customer-key") ","
              AT("SSECustomerKeyMD5", "header", "x-amz-server-side-encryption-customer-key-MD5"))
        "," SHAPE("GetObjectOut", "'Expires': {'shape': 'Date', 'location': 'header', "
              "'locationName': 'Expires'}") ","
        SHAPE("CopyObjectIn", BUCKET "," AT("Key", "uri", "Key") ","
              AT("CopySource", "header", "x-amz-copy-source") ", 'Metadata': {'shape': 'Map', "
              "'location': 'headers', 'locationName': 'x-amz-meta-'}") ","
        SHAPE("CopyObjectOut", "") ","
        "'Stream': {'type': 'blob', 'streaming': true},"
        "'PutObjectIn': {'type': 'structure', 'payload': 'Body', 'members': {" BUCKET ","
              AT("Key", "uri", "Key") "," AT("ContentType", "header", "Content-Type") ","
              AT("ContentMD5", "header", "Content-MD5") ","
              AT("ChecksumAlgorithm", "header", "x-amz-sdk-checksum-algorithm") ","
              AT("ChecksumSHA256", "header", "x-amz-checksum-sha256") ","
              MEMBER("Body", "Stream") "}},"
        SHAPE("PutObjectOut", "") "," SHAPE("GetBucketLocationIn", BUCKET) ","
        SHAPE("GetBucketLocationOut", "") ","
        SHAPE("ListObjectsV2In", BUCKET ","
              AT("EncodingType", "querystring", "encoding-type")) ","
        SHAPE("ListObjectsV2Out", MEMBER("EncodingType", "String") "," MEMBER("Prefix", "String")
              ", 'Contents': {'shape': 'Objects'}") ","
        "'Objects': {'type': 'list', 'flattened': true, 'member': {'shape': 'Object'}},"
        SHAPE("Object", MEMBER("Key", "String")))},
    {"glacier", MODEL("Glacier", "rest-json", "",
        OPERATION("UploadArchive", "POST", "/{accountId}/vaults", ""),
        "'Stream': {'type': 'blob', 'streaming': true},"
        "'UploadArchiveIn': {'type': 'structure', 'required': ['accountId'], 'payload': 'body', "
        "'members': {" AT("accountId", "uri", "accountId") ", 'body': {'shape': 'Stream'}}},"
        SHAPE("UploadArchiveOut", AT("location", "header", "Location")))},
    {"route53", MODEL("Route 53", "rest-xml", "",
        OPERATION("GetHostedZone", "GET", "/zone/{Id}", ""),
        "'ResourceId': {'type': 'string'},"
        SHAPE("GetHostedZoneIn", "'Id': {'shape': 'ResourceId', 'location': 'uri', "
              "'locationName': 'Id'}") ","
        SHAPE("GetHostedZoneOut", ""))},
    {"ec2", MODEL("EC2", "ec2", "",
        OPERATION("RunInstances", "POST", "/", "") ","
        OPERATION("CopySnapshot", "POST", "/", "") ","
        OPERATION("GetConsoleOutput", "POST", "/", ""),
        SHAPE("RunInstancesIn", MEMBER("UserData", "String") ","
              "'Filter': {'shape': 'Names'}") "," LIST("Names", "String") ","
        SHAPE("RunInstancesOut", "") ","
        SHAPE("CopySnapshotIn", MEMBER("SourceRegion", "String") ","
              MEMBER("SourceSnapshotId", "String") "," MEMBER("PresignedUrl", "String") ","
              MEMBER("DestinationRegion", "String")) ","
        SHAPE("CopySnapshotOut", "") "," SHAPE("GetConsoleOutputIn", "") ","
        SHAPE("GetConsoleOutputOut", "'Output': {'shape': 'String', 'locationName': 'output'}"))},
    {"rds", MODEL("RDS", "query", "",
        OPERATION("CopyDBSnapshot", "POST", "/", ""),
        SHAPE("CopyDBSnapshotIn", MEMBER("SourceRegion", "String") ","
              MEMBER("SourceDBSnapshotIdentifier", "String") "," MEMBER("PreSignedUrl", "String"))
        "," SHAPE("CopyDBSnapshotOut", ""))},
    {"iam", MODEL("IAM", "query", "",
        "'GetPolicies': {'name': 'GetPolicies', 'http': {'method': 'POST', 'requestUri': '/'}, "
        "'output': {'shape': 'GetPoliciesOut', 'resultWrapper': 'GetPoliciesResult'}}",
        "'policyDocumentType': {'type': 'string'},"
        SHAPE("Policy", MEMBER("Name", "String") "," MEMBER("Document", "policyDocumentType")) ","
        LIST("Policies", "Policy") "," SHAPE("GetPoliciesOut", MEMBER("Policies", "Policies")))},
    {"dynamodb", MODEL("DynamoDB", "json", JSON_11,
        OPERATION("Get", "POST", "/", ""),
        SHAPE("GetIn", "") "," SHAPE("GetOut", MEMBER("A", "Integer")))},
    {"sqs", MODEL("SQS", "json", JSON_11,
        OPERATION("SendMessage", "POST", "/", "") "," OPERATION("ReceiveMessage", "POST", "/", "")
        "," OPERATION("SendMessageBatch", "POST", "/", ""),
        SHAPE("SendMessageIn", MEMBER("MessageBody", "String")) ","
        SHAPE("SendMessageOut", MEMBER("MessageId", "String") ","
              MEMBER("MD5OfMessageBody", "String")) ","
        SHAPE("ReceiveMessageIn", "") ","
        SHAPE("Message", MEMBER("MessageId", "String") "," MEMBER("Body", "String") ","
              MEMBER("MD5OfBody", "String")) ","
        LIST("Messages", "Message") "," SHAPE("ReceiveMessageOut", MEMBER("Messages", "Messages"))
        "," SHAPE("Entry", MEMBER("Id", "String") "," MEMBER("MessageBody", "String")) ","
        LIST("Entries", "Entry") "," SHAPE("SendMessageBatchIn", MEMBER("Entries", "Entries")) ","
        SHAPE("Result", MEMBER("Id", "String") "," MEMBER("MD5OfMessageBody", "String")) ","
        LIST("Results", "Result") ","
        SHAPE("SendMessageBatchOut", MEMBER("Successful", "Results")))},
    {"cloudformation", MODEL("CloudFormation", "json", JSON_11,
        OPERATION("GetTemplate", "POST", "/", ""),
        SHAPE("GetTemplateIn", "") ","
        SHAPE("GetTemplateOut", MEMBER("TemplateBody", "String")))},
    {"machinelearning", MODEL("Machine Learning", "json", JSON_11,
        OPERATION("Predict", "POST", "/", ""),
        SHAPE("PredictIn", MEMBER("PredictEndpoint", "String")) "," SHAPE("PredictOut", ""))},
    {"cloudsearchdomain", MODEL("CloudSearch Domain", "rest-json", "",
        OPERATION("Search", "GET", "/2013-01-01/search?format=sdk", ""),
        SHAPE("SearchIn", AT("query", "querystring", "q") ","
              AT("return", "querystring", "return")) "," SHAPE("SearchOut", ""))},
    {"apigateway", MODEL("API Gateway", "rest-json", "",
        OPERATION("GetApis", "GET", "/apis", ""),
        SHAPE("GetApisIn", "") "," SHAPE("GetApisOut", ""))},
    {"sso-oidc", MODEL("SSO OIDC", "rest-json", "",
        OPERATION("CreateToken", "POST", "/token", ""),
        SHAPE("CreateTokenIn", "") "," SHAPE("CreateTokenOut", ""))},
    {"polly", MODEL("Polly", "rest-json", "",
        OPERATION("SynthesizeSpeech", "POST", "/v1/speech", ""),
        LIST("Names", "String") "," SHAPE("SynthesizeSpeechIn", MEMBER("Text", "String") ","
              MEMBER("LexiconNames", "Names")) "," SHAPE("SynthesizeSpeechOut", ""))},
    {"sts", MODEL("STS", "query", "",
        OPERATION("AssumeRoleWithSAML", "POST", "/", "") ","
        OPERATION("GetCallerIdentity", "POST", "/", ""),
        SHAPE("AssumeRoleWithSAMLIn", "") "," SHAPE("AssumeRoleWithSAMLOut", "") ","
        SHAPE("GetCallerIdentityIn", "") "," SHAPE("GetCallerIdentityOut", ""))},
    {"sdb", "{'version': '2.0', 'metadata': {'apiVersion': '2009-04-15', 'endpointPrefix': 'sdb', "
        "'protocol': 'query', 'serviceFullName': 'X', 'serviceId': 'SimpleDB', "
        "'signatureVersion': 'v2', 'uid': 'x'}, 'operations': {"
        OPERATION("ListDomains", "POST", "/", "") "}, 'shapes': {"
        SHAPE("ListDomainsIn", "") "," SHAPE("ListDomainsOut", "") "}}"},
    {"packer", MODEL("Packer", "json", JSON_11,
        OPERATION("Put", "POST", "/", ", 'requestcompression': {'encodings': ['gzip']}"),
        SHAPE("PutIn", MEMBER("A", "String")) "," SHAPE("PutOut", ""))},
    {"timestream-write", MODEL("Timestream Write", "json", JSON_11,
        OPERATION("DescribeEndpoints", "POST", "/", "") ","
        OPERATION("ListTables", "POST", "/", ", 'endpointdiscovery': {'required': true}"),
        SHAPE("DescribeEndpointsIn", "") ","
        SHAPE("Endpoint", MEMBER("Address", "String") ","
              MEMBER("CachePeriodInMinutes", "Integer")) "," LIST("Endpoints", "Endpoint") ","
        SHAPE("DescribeEndpointsOut", MEMBER("Endpoints", "Endpoints")) ","
        SHAPE("ListTablesIn", "") "," SHAPE("ListTablesOut", MEMBER("Tables", "Integer")))},
};
/* clang-format on */

#undef MODEL
#undef OPERATION
#undef SHAPE
#undef LIST
#undef MEMBER
#undef AT
#undef BUCKET
#undef JSON_11

enum { SERVICE_MODEL_COUNT = sizeof service_models / sizeof service_models[0] };

#endif
