# SPDX-License-Identifier: Apache-2.0
"""The protocol `smithy-rpc-v2-cbor`. botocore prefers another where a model offers one, so that
these models are derived ones that offer only this; and CloudWatch as it is."""
import datetime

from .call import FAILS, PAGES, of_service

NOON = datetime.datetime(2024, 2, 29, 12, 0, 0, 500000, tzinfo=datetime.timezone.utc)


def cloudwatch(service, namespace):
    return of_service(
        service,
        ("PutMetricData", {"Namespace": namespace, "MetricData": [
            {"MetricName": "m", "Timestamp": NOON, "Value": 1.5, "Unit": "Seconds",
             "Dimensions": [{"Name": "d", "Value": "é"}]},
            {"MetricName": "m", "Timestamp": NOON, "Values": [0.1, 3.0, -1e300],
             "Counts": [1.0, 2.0, 0.25]}]}),
        ("ListMetrics", {"Namespace": namespace}, PAGES),
        ("GetMetricStatistics", {"Namespace": namespace, "MetricName": "m", "Period": 60,
                                 "StartTime": NOON - datetime.timedelta(hours=1),
                                 "EndTime": NOON + datetime.timedelta(hours=1),
                                 "Statistics": ["Average", "Sum"]}),
        ("GetMetricData", {"StartTime": NOON, "EndTime": NOON + datetime.timedelta(days=1),
                           "MetricDataQueries": [{"Id": "q", "ReturnData": True, "MetricStat": {
                               "Metric": {"Namespace": namespace, "MetricName": "m"},
                               "Period": 60, "Stat": "Sum"}}]}),
        ("PutMetricAlarm", {"AlarmName": namespace, "MetricName": "m", "Namespace": namespace,
                            "Period": 60, "Statistic": "Average", "EvaluationPeriods": 1,
                            "Threshold": 0.1, "ComparisonOperator": "GreaterThanThreshold",
                            "Tags": [{"Key": "a", "Value": "b"}]}),
        ("DescribeAlarms", {"AlarmNames": [namespace]}, PAGES),
        ("SetAlarmState", {"AlarmName": namespace, "StateValue": "ALARM", "StateReason": "r"}),
        ("SetAlarmState", {"AlarmName": "none", "StateValue": "OK", "StateReason": "r"}, FAILS),
        ("PutDashboard", {"DashboardName": namespace, "DashboardBody": '{"widgets": []}'}),
        ("GetDashboard", {"DashboardName": namespace}),
        ("GetDashboard", {"DashboardName": "none"}, FAILS),
        ("ListDashboards", {}, PAGES),
        ("DeleteAlarms", {"AlarmNames": [namespace]}),
    )


DISCOVERY = of_service(
    "servicediscovery-cbor",
    ("CreateHttpNamespace", {"Name": "space", "Tags": [{"Key": "a", "Value": ""}]}),
    ("ListNamespaces", {}, PAGES),
    ("GetNamespace", {"Id": "ns-0000000000000000"}, FAILS),
)

CALLS = (cloudwatch("cloudwatch", "json") + cloudwatch("cloudwatch-cbor", "cbor") + DISCOVERY)
