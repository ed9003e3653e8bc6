# SPDX-License-Identifier: Apache-2.0
"""The protocol `ec2`, which has one service."""
import datetime

from .call import FAILS, PAGES, of_service

CALLS = of_service(
    "ec2",
    ("DescribeRegions", {"AllRegions": False, "RegionNames": ["us-east-1", "eu-west-1"]}),
    ("DescribeAvailabilityZones", {"Filters": [
        {"Name": "zone-name", "Values": ["us-east-1a", "us-east-1b"]}]}),
    ("CreateVpc", {"CidrBlock": "10.7.0.0/16", "TagSpecifications": [
        {"ResourceType": "vpc", "Tags": [{"Key": "Name", "Value": "net & é"}]}]},
     {"keep": {"vpc": "Vpc.VpcId"}}),
    ("DescribeVpcs", {"VpcIds": ["$vpc"]}, {"wait": "VpcAvailable"}),
    ("DescribeVpcs", {"VpcIds": ["$vpc"]}),
    ("ModifyVpcAttribute", {"VpcId": "$vpc", "EnableDnsHostnames": {"Value": True}}),
    ("DescribeVpcAttribute", {"VpcId": "$vpc", "Attribute": "enableDnsHostnames"}),
    ("CreateSubnet", {"VpcId": "$vpc", "CidrBlock": "10.7.1.0/24"},
     {"keep": {"subnet": "Subnet.SubnetId"}}),
    ("CreateSecurityGroup", {"GroupName": "sg", "Description": "d", "VpcId": "$vpc"},
     {"keep": {"guard": "GroupId"}}),
    ("AuthorizeSecurityGroupIngress", {"GroupId": "$guard", "IpPermissions": [
        {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 81, "IpRanges": [
            {"CidrIp": "10.0.0.0/8", "Description": "a"}, {"CidrIp": "192.168.0.0/16"}]}]}),
    ("AuthorizeSecurityGroupIngress", {"GroupId": "$guard", "IpPermissions": [
        {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 81, "IpRanges": [
            {"CidrIp": "10.0.0.0/8"}]}]}, FAILS),
    ("DescribeSecurityGroups", {"GroupIds": ["$guard"]}, PAGES),
    ("DescribeImages", {"Owners": ["amazon"], "Filters": [
        {"Name": "image-id", "Values": ["ami-12c6146b"]}]}),
    ("RunInstances", {
        "ImageId": "ami-12c6146b", "MinCount": 1, "MaxCount": 1, "InstanceType": "t2.micro",
        "SubnetId": "$subnet", "SecurityGroupIds": ["$guard"], "UserData": "#!/bin/sh\n",
        "ClientToken": "one", "BlockDeviceMappings": [
            {"DeviceName": "/dev/sdb", "Ebs": {"VolumeSize": 3, "DeleteOnTermination": True}}]},
     {"keep": {"machine": "Instances[0].InstanceId"}}),
    ("DescribeInstances", {"InstanceIds": ["$machine"]}, {"wait": "InstanceRunning"}),
    ("DescribeInstances", {"InstanceIds": ["$machine"]}),
    ("DescribeInstances", {}, PAGES),
    ("DescribeInstances", {"InstanceIds": ["i-00000000000000000"]}, FAILS),
    ("DescribeInstanceAttribute", {"InstanceId": "$machine", "Attribute": "userData"}),
    ("CreateTags", {"Resources": ["$machine", "$subnet"], "Tags": [
        {"Key": "a", "Value": ""}, {"Key": "b", "Value": "c"}]}),
    ("DescribeTags", {}, {"paginate": {"MaxItems": 2}}),
    ("CreateVolume", {"AvailabilityZone": "us-east-1a", "Size": 1, "Encrypted": False},
     {"keep": {"volume": "VolumeId"}}),
    ("CreateSnapshot", {"VolumeId": "$volume", "Description": "s"}),
    ("DescribeSnapshots", {"OwnerIds": ["self"]}, PAGES),
    ("CreateKeyPair", {"KeyName": "pair"}),
    ("CreateLaunchTemplate", {"LaunchTemplateName": "template", "LaunchTemplateData": {
        "InstanceType": "t2.micro", "TagSpecifications": [
            {"ResourceType": "instance", "Tags": [{"Key": "x", "Value": "y"}]}]}}),
    ("RequestSpotInstances", {
        "SpotPrice": "0.5", "LaunchSpecification": {"ImageId": "ami-12c6146b"},
        "ValidFrom": datetime.datetime(2030, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)}),
    ("DescribeSubnets", {"Filters": [{"Name": "vpc-id", "Values": ["$vpc"]}], "MaxResults": 5}),
    ("TerminateInstances", {"InstanceIds": ["$machine"]}),
    ("DeleteVpc", {"VpcId": "vpc-00000000"}, FAILS),
    ("DeleteVolume", {"VolumeId": "$volume"}),
    ("DescribeRegions", {"DryRun": True}, FAILS),
)
