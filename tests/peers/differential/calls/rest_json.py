# SPDX-License-Identifier: Apache-2.0
"""Services of the protocol `rest-json`."""
import datetime
import io
import zipfile

from .call import FAILS, PAGES, of_service

NOON = datetime.datetime(2024, 2, 29, 12, 0, 0, tzinfo=datetime.timezone.utc)


def _archive():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        entry = zipfile.ZipInfo("f.py", (2020, 1, 1, 0, 0, 0))
        archive.writestr(entry, "def handler(event, context):\n    return event\n")
    return out.getvalue()


ROLE = "arn:aws:iam::123456789012:role/worker"

# Lambda asks whether its role exists.
ROLES = of_service("iam", ("CreateRole", {
    "RoleName": "worker", "AssumeRolePolicyDocument": '{"Version": "2012-10-17", "Statement": []}'}))

LAMBDA = of_service(
    "lambda",
    ("CreateFunction", {
        "FunctionName": "work", "Runtime": "python3.11", "Role": ROLE, "Handler": "f.handler",
        "Code": {"ZipFile": _archive()}, "Environment": {"Variables": {"A": "1", "B": "é"}},
        "Tags": {"of": "tests"}, "MemorySize": 256}),
    ("GetFunctionConfiguration", {"FunctionName": "work"}, {"wait": "FunctionActive"}),
    ("GetFunction", {"FunctionName": "work"}),
    ("GetFunctionConfiguration", {"FunctionName": "work", "Qualifier": "$LATEST"}),
    ("ListFunctions", {}, PAGES),
    ("PublishVersion", {"FunctionName": "work", "Description": "first"}),
    ("CreateAlias", {"FunctionName": "work", "Name": "live", "FunctionVersion": "1"}),
    ("GetFunction", {"FunctionName": "nothing"}, FAILS),
    ("TagResource", {"Resource": "arn:aws:lambda:us-east-1:123456789012:function:work",
                     "Tags": {"a b": "c/d"}}),
    ("UntagResource", {"Resource": "arn:aws:lambda:us-east-1:123456789012:function:work",
                       "TagKeys": ["a b", "of"]}),
    ("AddPermission", {"FunctionName": "work", "StatementId": "s", "Action": "lambda:InvokeFunction",
                       "Principal": "events.amazonaws.com"}),
    ("PutFunctionConcurrency", {"FunctionName": "work", "ReservedConcurrentExecutions": 5}),
    ("DeleteFunction", {"FunctionName": "work"}),
)

# Invocations need no container: moto's stand-in for Lambda answers with what it was given.
APIGATEWAY = of_service(
    "apigateway",
    ("CreateRestApi", {"name": "api", "description": "d", "binaryMediaTypes": ["image/png"],
                       "endpointConfiguration": {"types": ["REGIONAL"]}, "tags": {"a": "b"}},
     {"keep": {"api": "id"}}),
    ("GetRestApi", {"restApiId": "$api"}),
    ("GetResources", {"restApiId": "$api"}, {"keep": {"root": "items[0].id"}}),
    ("CreateResource", {"restApiId": "$api", "parentId": "$root", "pathPart": "{proxy+}"},
     {"keep": {"resource": "id"}}),
    ("PutMethod", {"restApiId": "$api", "resourceId": "$resource", "httpMethod": "GET",
                   "authorizationType": "NONE",
                   "requestParameters": {"method.request.header.X": True}}),
    ("PutIntegration", {"restApiId": "$api", "resourceId": "$resource", "httpMethod": "GET",
                        "type": "MOCK", "requestTemplates": {"application/json": "{}"}}),
    ("UpdateRestApi", {"restApiId": "$api", "patchOperations": [
        {"op": "replace", "path": "/name", "value": "renamed"}]}),
    ("CreateDeployment", {"restApiId": "$api", "stageName": "v1"}),
    ("GetStages", {"restApiId": "$api"}),
    ("GetRestApis", {}, PAGES),
    ("GetRestApi", {"restApiId": "nothing"}, FAILS),
    ("DeleteRestApi", {"restApiId": "$api"}),
)

APIGATEWAYV2 = of_service(
    "apigatewayv2",
    ("CreateApi", {"Name": "web", "ProtocolType": "HTTP", "CorsConfiguration": {
        "AllowOrigins": ["*"], "MaxAge": 10}}, {"keep": {"web": "ApiId"}}),
    ("GetApi", {"ApiId": "$web"}),
    ("CreateRoute", {"ApiId": "$web", "RouteKey": "GET /a"}),
    ("GetApi", {"ApiId": "nothing"}, FAILS),
    ("DeleteApi", {"ApiId": "$web"}),
)

EFS = of_service(
    "efs",
    ("CreateFileSystem", {"CreationToken": "token", "Encrypted": True,
                          "Tags": [{"Key": "k", "Value": "v"}]}, {"keep": {"files": "FileSystemId"}}),
    ("DescribeFileSystems", {"FileSystemId": "$files"}),
    ("DescribeFileSystems", {"MaxItems": 5}),
    ("DescribeFileSystems", {}, PAGES),
    ("DescribeFileSystems", {"FileSystemId": "fs-00000000"}, FAILS),
    ("DeleteFileSystem", {"FileSystemId": "$files"}),
)

EKS = of_service(
    "eks",
    ("CreateCluster", {"name": "kube", "roleArn": ROLE, "resourcesVpcConfig": {
        "subnetIds": ["subnet-1"], "endpointPublicAccess": True}, "tags": {"a": "b"}}),
    ("DescribeCluster", {"name": "kube"}, {"wait": "ClusterActive"}),
    ("DescribeCluster", {"name": "kube"}),
    ("ListClusters", {"maxResults": 3}),
    ("ListClusters", {}, PAGES),
    ("DescribeCluster", {"name": "none"}, FAILS),
    ("DeleteCluster", {"name": "kube"}),
)

IOT = of_service(
    "iot",
    ("CreateThing", {"thingName": "thing:1", "attributePayload": {"attributes": {"a": "b"}}}),
    ("DescribeThing", {"thingName": "thing:1"}),
    ("ListThings", {}, PAGES),
    ("ListThings", {"attributeName": "a", "attributeValue": "b"}),
    ("CreatePolicy", {"policyName": "p", "policyDocument": '{"Statement": []}'}),
    ("DescribeThing", {"thingName": "none"}, FAILS),
    ("DeleteThing", {"thingName": "thing:1"}),
)

IOTDATA = of_service(
    "iot",
    ("CreateThing", {"thingName": "shadowed"}),
) + of_service(
    "iot-data",
    ("UpdateThingShadow", {"thingName": "shadowed",
                           "payload": b'{"state": {"desired": {"led": "on"}}}'}),
    ("GetThingShadow", {"thingName": "none"}, FAILS),
)

XRAY = of_service(
    "xray",
    ("PutTraceSegments", {"TraceSegmentDocuments": ['{"id": "1"}']}),
    ("GetTraceSummaries", {"StartTime": NOON, "EndTime": NOON + datetime.timedelta(hours=1)}),
    ("BatchGetTraces", {"TraceIds": ["1-5759e988-bd862e3fe1be46a994272793"]}),
)

SESV2 = of_service(
    "sesv2",
    ("CreateEmailIdentity", {"EmailIdentity": "a+b@example.com"}),
    ("ListEmailIdentities", {}),
    ("GetEmailIdentity", {"EmailIdentity": "a+b@example.com"}),
    ("SendEmail", {"FromEmailAddress": "a+b@example.com", "Destination": {
        "ToAddresses": ["c@example.com"]}, "Content": {"Simple": {
            "Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t é"}}}}}),
    ("CreateContactList", {"ContactListName": "list", "Topics": []}),
    ("GetContactList", {"ContactListName": "none"}, FAILS),
)

SCHEDULER = of_service(
    "scheduler",
    ("CreateScheduleGroup", {"Name": "group"}),
    ("CreateSchedule", {
        "Name": "s", "GroupName": "group", "ScheduleExpression": "rate(1 hour)",
        "StartDate": NOON, "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {"Arn": "arn:aws:sqs:us-east-1:123456789012:q", "RoleArn": ROLE}}),
    ("GetSchedule", {"Name": "s", "GroupName": "group"}),
    ("ListSchedules", {}, PAGES),
    ("GetSchedule", {"Name": "none"}, FAILS),
)

BACKUP = of_service(
    "backup",
    ("CreateBackupVault", {"BackupVaultName": "vault", "BackupVaultTags": {"a": "b"}}),
    ("ListBackupVaults", {}),
    ("CreateBackupPlan", {"BackupPlan": {"BackupPlanName": "plan", "Rules": [
        {"RuleName": "r", "TargetBackupVaultName": "vault",
         "Lifecycle": {"DeleteAfterDays": 30}}]}}, {"keep": {"plan": "BackupPlanId"}}),
    ("GetBackupPlan", {"BackupPlanId": "$plan"}),
    ("DeleteBackupPlan", {"BackupPlanId": "$plan"}),
)

GLACIER = of_service(
    "glacier",
    ("CreateVault", {"accountId": "-", "vaultName": "cold"}),
    ("DescribeVault", {"accountId": "-", "vaultName": "cold"}),
    ("UploadArchive", {"vaultName": "cold", "body": b"ice " * 300, "archiveDescription": "d"}),
    ("ListVaults", {"accountId": "-"}, PAGES),
)

APPCONFIG = of_service(
    "appconfig",
    ("CreateApplication", {"Name": "app", "Tags": {"a": "b"}}, {"keep": {"app": "Id"}}),
    ("CreateConfigurationProfile", {"ApplicationId": "$app", "Name": "p",
                                    "LocationUri": "hosted"}, {"keep": {"profile": "Id"}}),
    ("CreateHostedConfigurationVersion", {
        "ApplicationId": "$app", "ConfigurationProfileId": "$profile", "Content": b'{"x": 1}',
        "ContentType": "application/json", "Description": "first one"}),
    ("GetHostedConfigurationVersion", {"ApplicationId": "$app", "VersionNumber": 1,
                                       "ConfigurationProfileId": "$profile"}),
    ("GetApplication", {"ApplicationId": "none123"}, FAILS),
)

POLLY = of_service(
    "polly",
    ("DescribeVoices", {"LanguageCode": "en-GB"}),
    ("SynthesizeSpeech", {"Text": "hello", "OutputFormat": "mp3", "VoiceId": "Amy"}),
    ("PutLexicon", {"Name": "words", "Content": "<lexicon/>"}),
)

BATCH = of_service(
    "batch",
    ("CreateComputeEnvironment", {"computeEnvironmentName": "environment", "type": "UNMANAGED",
                                  "serviceRole": ROLE, "state": "ENABLED"}),
    ("DescribeComputeEnvironments", {}, PAGES),
    ("RegisterJobDefinition", {"jobDefinitionName": "job", "type": "container",
                               "containerProperties": {"image": "i", "memory": 128, "vcpus": 1}}),
)

CALLS = (ROLES + LAMBDA + APIGATEWAY + APIGATEWAYV2 + EFS + EKS + IOT + IOTDATA + XRAY + SESV2 +
         SCHEDULER + BACKUP + GLACIER + APPCONFIG + POLLY + BATCH)
