# SPDX-License-Identifier: Apache-2.0
"""Services of the protocol `query`."""
import datetime

from .call import FAILS, PAGES, of_service

NOON = datetime.datetime(2024, 2, 29, 12, 0, 0, tzinfo=datetime.timezone.utc)
POLICY = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", ' \
         '"Resource": "*"}]}'

STS = of_service(
    "sts",
    ("GetCallerIdentity",),
    ("AssumeRole", {"RoleArn": "arn:aws:iam::123456789012:role/r", "RoleSessionName": "session",
                    "DurationSeconds": 900, "Tags": [{"Key": "a b", "Value": "c&d=é"}],
                    "PolicyArns": [{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}]}),
    ("GetSessionToken", {}),
)

IAM = of_service(
    "iam",
    ("CreateUser", {"UserName": "someone", "Path": "/team/", "Tags": [
        {"Key": "k", "Value": ""}]}),
    ("GetUser", {"UserName": "someone"}, {"wait": "UserExists"}),
    ("GetUser", {"UserName": "someone"}),
    ("GetUser", {"UserName": "nobody"}, FAILS),
    *(("CreateGroup", {"GroupName": f"group{n}"}) for n in range(3)),
    ("ListGroups", {}, {"paginate": {"PageSize": 2}}),
    ("CreateRole", {"RoleName": "robot", "AssumeRolePolicyDocument": POLICY,
                    "MaxSessionDuration": 7200}),
    ("GetRole", {"RoleName": "robot"}),
    ("PutRolePolicy", {"RoleName": "robot", "PolicyName": "p", "PolicyDocument": POLICY}),
    ("GetRolePolicy", {"RoleName": "robot", "PolicyName": "p"}),
    ("ListRolePolicies", {"RoleName": "robot"}, PAGES),
    ("CreatePolicy", {"PolicyName": "policy", "PolicyDocument": POLICY},
     {"keep": {"policy": "Policy.Arn"}}),
    ("AttachRolePolicy", {"RoleName": "robot", "PolicyArn": "$policy"}),
    ("ListAttachedRolePolicies", {"RoleName": "robot"}),
    ("CreateAccessKey", {"UserName": "someone"}),
    ("GetAccountSummary",),
    ("ListUsers", {"PathPrefix": "/team/", "MaxItems": 5}),
    ("DeleteUser", {"UserName": "nobody"}, FAILS),
    ("DeleteGroup", {"GroupName": "group0"}),
)

SNS = of_service(
    "sns",
    ("CreateTopic", {"Name": "news", "Attributes": {"DisplayName": "n"},
                     "Tags": [{"Key": "a", "Value": "b"}]}, {"keep": {"topic": "TopicArn"}}),
    ("GetTopicAttributes", {"TopicArn": "$topic"}),
    ("Publish", {"TopicArn": "$topic", "Message": "hello & <b> é", "MessageAttributes": {
        "t": {"DataType": "String", "StringValue": "v"},
        "b": {"DataType": "Binary", "BinaryValue": b"\x00\xff"}}}),
    ("Subscribe", {"TopicArn": "$topic", "Protocol": "sqs", "ReturnSubscriptionArn": True,
                   "Endpoint": "arn:aws:sqs:us-east-1:123456789012:line"}),
    ("PublishBatch", {"TopicArn": "$topic", "PublishBatchRequestEntries": [
        {"Id": "1", "Message": "a"}, {"Id": "2", "Message": "b"}]}),
    ("ListTopics", {}, PAGES),
    ("ListSubscriptionsByTopic", {"TopicArn": "$topic"}, PAGES),
    ("GetTopicAttributes", {"TopicArn": "arn:aws:sns:us-east-1:123456789012:none"}, FAILS),
    ("SetTopicAttributes", {"TopicArn": "$topic", "AttributeName": "DisplayName",
                            "AttributeValue": ""}),
    ("DeleteTopic", {"TopicArn": "$topic"}),
)

CLOUDFORMATION = of_service(
    "cloudformation",
    ("CreateStack", {"StackName": "stack", "Parameters": [
        {"ParameterKey": "P", "ParameterValue": "v"}], "Tags": [{"Key": "a", "Value": "b"}],
        "TemplateBody": '{"Parameters": {"P": {"Type": "String"}}, "Resources": {"Q": {"Type": '
                        '"AWS::SQS::Queue", "Properties": {"QueueName": "of-stack"}}}}'}),
    ("DescribeStacks", {"StackName": "stack"}, {"wait": "StackCreateComplete"}),
    ("DescribeStacks", {}, PAGES),
    ("DescribeStackResources", {"StackName": "stack"}),
    ("ListStackResources", {"StackName": "stack"}, PAGES),
    ("GetTemplate", {"StackName": "stack"}),
    ("ValidateTemplate", {"TemplateBody": '{"Resources": {}}'}),
    ("DescribeStacks", {"StackName": "none"}, FAILS),
    ("DeleteStack", {"StackName": "stack"}),
)

RDS = of_service(
    "rds",
    ("CreateDBInstance", {"DBInstanceIdentifier": "base", "Engine": "postgres",
                          "DBInstanceClass": "db.t3.micro", "AllocatedStorage": 20,
                          "MasterUsername": "u", "MasterUserPassword": "password1",
                          "EnableCloudwatchLogsExports": ["postgresql", "upgrade"],
                          "Tags": [{"Key": "a", "Value": "b"}]}),
    ("DescribeDBInstances", {"DBInstanceIdentifier": "base"}, {"wait": "DBInstanceAvailable"}),
    ("DescribeDBInstances", {"Filters": [{"Name": "engine", "Values": ["postgres", "mysql"]}]}),
    ("DescribeDBInstances", {}, PAGES),
    ("CreateDBSnapshot", {"DBSnapshotIdentifier": "snap", "DBInstanceIdentifier": "base"}),
    ("DescribeDBSnapshots", {}, PAGES),
    ("DescribeDBInstances", {"DBInstanceIdentifier": "none"}, FAILS),
    ("DeleteDBInstance", {"DBInstanceIdentifier": "base", "SkipFinalSnapshot": True}),
)

AUTOSCALING = of_service(
    "autoscaling",
    ("CreateLaunchConfiguration", {
        "LaunchConfigurationName": "lc", "ImageId": "ami-12c6146b", "InstanceType": "t2.micro",
        "UserData": "#!/bin/sh\necho é", "BlockDeviceMappings": [
            {"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 9, "DeleteOnTermination": True}}]}),
    ("DescribeLaunchConfigurations", {}, PAGES),
    ("CreateAutoScalingGroup", {
        "AutoScalingGroupName": "asg", "LaunchConfigurationName": "lc", "MinSize": 0, "MaxSize": 1,
        "AvailabilityZones": ["us-east-1a", "us-east-1b"]}),
    ("DescribeAutoScalingGroups", {"AutoScalingGroupNames": ["asg"]}, PAGES),
    ("PutScheduledUpdateGroupAction", {"AutoScalingGroupName": "asg", "ScheduledActionName": "x",
                                       "StartTime": NOON, "MinSize": 1}),
    ("DeleteAutoScalingGroup", {"AutoScalingGroupName": "asg", "ForceDelete": True}),
)

ELB = of_service(
    "elb",
    ("CreateLoadBalancer", {"LoadBalancerName": "lb", "AvailabilityZones": ["us-east-1a"],
                            "Listeners": [{"Protocol": "HTTP", "LoadBalancerPort": 80,
                                           "InstancePort": 8080}]}),
    ("DescribeLoadBalancers", {}, PAGES),
    ("DescribeLoadBalancers", {"LoadBalancerNames": ["none"]}, FAILS),
    ("DeleteLoadBalancer", {"LoadBalancerName": "lb"}),
)

SES = of_service(
    "ses",
    ("VerifyEmailIdentity", {"EmailAddress": "a@example.com"}),
    ("ListIdentities", {}, PAGES),
    ("SendEmail", {"Source": "a@example.com", "Destination": {"ToAddresses": ["b@example.com"]},
                   "Message": {"Subject": {"Data": "s"}, "Body": {"Html": {"Data": "<p>"}}}}),
    ("SendRawEmail", {"Source": "a@example.com", "Destinations": ["b@example.com"],
                      "RawMessage": {"Data": b"From: a@example.com\nTo: b@example.com\n\nx"}}),
    ("SendEmail", {"Source": "z@example.org", "Destination": {"ToAddresses": []},
                   "Message": {"Subject": {"Data": ""}, "Body": {}}}, FAILS),
    ("GetSendQuota",),
    ("GetSendStatistics",),
)

ELASTICACHE = of_service(
    "elasticache",
    ("CreateUser", {"UserId": "user", "UserName": "u", "Engine": "redis", "AccessString": "on ~*",
                    "Passwords": ["mysecretpassthatsverylong"]}),
    ("DescribeUsers", {}, PAGES),
    ("DescribeUsers", {"UserId": "none"}, FAILS),
)

REDSHIFT = of_service(
    "redshift",
    ("CreateCluster", {"ClusterIdentifier": "house", "NodeType": "ra3.large",
                       "MasterUsername": "u", "MasterUserPassword": "Password1"}),
    ("DescribeClusters", {"ClusterIdentifier": "house"}, {"wait": "ClusterAvailable"}),
    ("DescribeClusters", {}, PAGES),
    ("DescribeClusters", {"ClusterIdentifier": "none"}, FAILS),
)

# What the clients choose for themselves is JSON; this is the same service the old way.
CLOUDWATCH = of_service(
    "cloudwatch-query",
    ("PutMetricData", {"Namespace": "old", "MetricData": [
        {"MetricName": "m", "Timestamp": NOON, "Value": 1.5, "Unit": "Seconds",
         "Dimensions": [{"Name": "d", "Value": "e"}]}]}),
    ("ListMetrics", {"Namespace": "old"}, PAGES),
    ("PutMetricAlarm", {"AlarmName": "alarm", "MetricName": "m", "Namespace": "old", "Period": 60,
                        "Statistic": "Average", "EvaluationPeriods": 1, "Threshold": 1e-7,
                        "ComparisonOperator": "GreaterThanThreshold",
                        "AlarmActions": ["arn:aws:sns:us-east-1:123456789012:news"]}),
    ("DescribeAlarms", {}, PAGES),
)

CALLS = (STS + IAM + SNS + CLOUDFORMATION + RDS + AUTOSCALING + ELB + SES + ELASTICACHE +
         REDSHIFT + CLOUDWATCH)
