# SPDX-License-Identifier: Apache-2.0
"""Services of the protocol `rest-xml`."""
import datetime

from .call import FAILS, PAGES, of_service

DAY = datetime.datetime(2030, 1, 1, tzinfo=datetime.timezone.utc)
LONG_AGO = datetime.datetime(2001, 2, 3, 4, 5, 6, tzinfo=datetime.timezone.utc)

S3 = of_service(
    "s3",
    ("CreateBucket", {"Bucket": "bucket-one"}),
    ("CreateBucket", {"Bucket": "bucket-west", "CreateBucketConfiguration": {
        "LocationConstraint": "us-west-2"}}),
    ("CreateBucket", {"Bucket": "dotted.bucket"}),
    ("HeadBucket", {"Bucket": "bucket-one"}, {"wait": "BucketExists"}),
    ("ListBuckets",),
    ("ListBuckets", {}, PAGES),
    ("PutObject", {"Bucket": "bucket-one", "Key": "a/b c+d&é~.txt", "Body": b"hello\x00\xff",
                   "ContentType": "text/plain; charset=utf-8", "CacheControl": "no-cache",
                   "Metadata": {"One": "1", "two": "b c"}, "Tagging": "k=v&a%20b=c",
                   "Expires": DAY}),
    ("PutObject", {"Bucket": "bucket-one", "Key": "empty"}),
    ("PutObject", {"Bucket": "bucket-one", "Key": "sha", "Body": b"x" * 5000,
                   "ChecksumAlgorithm": "SHA256", "StorageClass": "STANDARD_IA"}),
    ("PutObject", {"Bucket": "dotted.bucket", "Key": "//two//slashes/", "Body": b"/"}),
    ("HeadObject", {"Bucket": "bucket-one", "Key": "a/b c+d&é~.txt"}),
    ("HeadObject", {"Bucket": "bucket-one", "Key": "none"}, FAILS),
    ("HeadObject", {"Bucket": "bucket-one", "Key": "sha", "ChecksumMode": "ENABLED"}),
    ("GetObject", {"Bucket": "bucket-one", "Key": "a/b c+d&é~.txt",
                   "ResponseContentType": "text/x; a=b", "ResponseExpires": DAY}),
    ("GetObject", {"Bucket": "bucket-one", "Key": "sha", "Range": "bytes=10-19"}),
    ("GetObject", {"Bucket": "bucket-one", "Key": "empty"}),
    ("GetObject", {"Bucket": "bucket-one", "Key": "empty", "IfModifiedSince": LONG_AGO}),
    ("GetObject", {"Bucket": "bucket-one", "Key": "none"}, FAILS),
    ("GetObject", {"Bucket": "no-such-bucket-here", "Key": "none"}, FAILS),
    ("GetObject", {"Bucket": "dotted.bucket", "Key": "//two//slashes/"}),
    ("HeadObject", {"Bucket": "bucket-one", "Key": "sha"}, {"wait": "ObjectExists"}),
    *(("PutObject", {"Bucket": "bucket-one", "Key": f"many/{n:02}", "Body": b"0123456789"[:n]})
      for n in range(7)),
    ("ListObjectsV2", {"Bucket": "bucket-one", "Prefix": "many/"}, {"paginate": {"PageSize": 3}}),
    ("ListObjectsV2", {"Bucket": "bucket-one", "Delimiter": "/", "EncodingType": "url"}),
    ("ListObjectsV2", {"Bucket": "bucket-one", "Delimiter": "/", "FetchOwner": True}),
    ("ListObjects", {"Bucket": "bucket-one"}, {"paginate": {"PageSize": 4, "MaxItems": 6}}),
    ("ListObjects", {"Bucket": "bucket-west"}),
    ("CopyObject", {"Bucket": "bucket-one", "Key": "copy", "CopySource": {
        "Bucket": "bucket-one", "Key": "sha"}, "MetadataDirective": "REPLACE",
        "Metadata": {"m": "n"}}),
    ("CopyObject", {"Bucket": "bucket-one", "Key": "copy2",
                    "CopySource": "bucket-one/a/b c+d&é~.txt"}),
    ("PutObjectTagging", {"Bucket": "bucket-one", "Key": "copy", "Tagging": {
        "TagSet": [{"Key": "k", "Value": "v =+"}, {"Key": "e", "Value": ""}]}}),
    ("GetObjectTagging", {"Bucket": "bucket-one", "Key": "copy"}),
    ("PutBucketVersioning", {"Bucket": "bucket-one", "VersioningConfiguration": {
        "Status": "Enabled"}}),
    ("GetBucketVersioning", {"Bucket": "bucket-one"}),
    ("PutBucketLifecycleConfiguration", {"Bucket": "bucket-one", "LifecycleConfiguration": {
        "Rules": [{"ID": "r", "Status": "Enabled", "Filter": {"And": {
            "Prefix": "p", "Tags": [{"Key": "a", "Value": "b"}]}},
            "Expiration": {"Days": 3}},
            {"ID": "d", "Status": "Disabled", "Filter": {"Prefix": ""},
             "Expiration": {"Date": DAY}}]}}),
    ("GetBucketLifecycleConfiguration", {"Bucket": "bucket-one"}),
    ("PutBucketCors", {"Bucket": "bucket-one", "CORSConfiguration": {"CORSRules": [
        {"AllowedMethods": ["GET", "PUT"], "AllowedOrigins": ["*"], "MaxAgeSeconds": 9}]}}),
    ("GetBucketCors", {"Bucket": "bucket-one"}),
    ("PutBucketPolicy", {"Bucket": "bucket-one", "Policy": '{"Version": "2012-10-17", '
                         '"Statement": []}'}),
    ("GetBucketPolicy", {"Bucket": "bucket-one"}),
    ("PutBucketAcl", {"Bucket": "bucket-one", "AccessControlPolicy": {
        "Owner": {"ID": "75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a"},
        "Grants": [{"Permission": "READ", "Grantee": {
            "Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers"}}]}}),
    ("GetBucketAcl", {"Bucket": "bucket-one"}),
    ("PutPublicAccessBlock", {"Bucket": "bucket-one", "PublicAccessBlockConfiguration": {
        "BlockPublicAcls": True, "RestrictPublicBuckets": False}}),
    ("GetBucketLocation", {"Bucket": "bucket-one"}),
    ("GetBucketLocation", {"Bucket": "bucket-west"}),
    ("GetBucketTagging", {"Bucket": "bucket-west"}, FAILS),
    ("PutBucketNotificationConfiguration", {"Bucket": "bucket-west", "NotificationConfiguration": {
        "EventBridgeConfiguration": {}}}),
    ("GetBucketNotificationConfiguration", {"Bucket": "bucket-west"}),
    ("CreateMultipartUpload", {"Bucket": "bucket-one", "Key": "big", "ChecksumAlgorithm": "CRC32"},
     {"keep": {"upload": "UploadId"}}),
    ("UploadPart", {"Bucket": "bucket-one", "Key": "big", "UploadId": "$upload", "PartNumber": 1,
                    "Body": b"part", "ChecksumAlgorithm": "CRC32"}, {"keep": {"part": "ETag"}}),
    ("ListParts", {"Bucket": "bucket-one", "Key": "big", "UploadId": "$upload"}, PAGES),
    ("ListMultipartUploads", {"Bucket": "bucket-one"}),
    ("CompleteMultipartUpload", {
        "Bucket": "bucket-one", "Key": "big", "UploadId": "$upload", "MultipartUpload": {
            "Parts": [{"ETag": "$part", "PartNumber": 1}]}}),
    ("CompleteMultipartUpload", {
        "Bucket": "bucket-one", "Key": "big", "UploadId": "none", "MultipartUpload": {
            "Parts": [{"ETag": "$part", "PartNumber": 1}]}}, FAILS),
    ("ListObjectVersions", {"Bucket": "bucket-one", "Prefix": "big"}, PAGES),
    ("GetObjectAttributes", {"Bucket": "bucket-one", "Key": "sha",
                             "ObjectAttributes": ["ETag", "ObjectSize", "Checksum"]}),
    ("DeleteObjects", {"Bucket": "bucket-one", "Delete": {"Objects": [
        {"Key": "many/00"}, {"Key": "many/<01>"}], "Quiet": False}}),
    ("DeleteObject", {"Bucket": "bucket-one", "Key": "copy"}),
    ("DeleteObject", {"Bucket": "bucket-one", "Key": "copy", "MFA": "1 2"}),
    ("DeleteBucket", {"Bucket": "bucket-one"}, FAILS),
    ("DeleteBucket", {"Bucket": "bucket-west"}),
    ("HeadBucket", {"Bucket": "bucket-west"}, FAILS),
)

S3CONTROL = of_service(
    "s3control",
    ("PutPublicAccessBlock", {"AccountId": "123456789012", "PublicAccessBlockConfiguration": {
        "BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": False,
        "RestrictPublicBuckets": False}}),
    ("GetPublicAccessBlock", {"AccountId": "123456789012"}),
    ("CreateAccessPoint", {"AccountId": "123456789012", "Name": "point", "Bucket": "dotted.bucket"}),
    ("GetAccessPoint", {"AccountId": "123456789012", "Name": "point"}),
    ("GetAccessPoint", {"AccountId": "123456789012", "Name": "none"}, FAILS),
)

ROUTE53 = of_service(
    "route53",
    ("CreateHostedZone", {"Name": "example.com.", "CallerReference": "ref",
                          "HostedZoneConfig": {"Comment": "c & d", "PrivateZone": False}},
     {"keep": {"zone": "HostedZone.Id"}}),
    ("GetHostedZone", {"Id": "$zone"}),
    ("ChangeResourceRecordSets", {"HostedZoneId": "$zone", "ChangeBatch": {"Changes": [
        {"Action": "CREATE", "ResourceRecordSet": {
            "Name": f"h{n}.example.com.", "Type": "A", "TTL": 60,
            "ResourceRecords": [{"Value": f"10.0.0.{n}"}]}} for n in range(4)]}},
     {"keep": {"change": "ChangeInfo.Id"}}),
    ("GetChange", {"Id": "$change"}, {"wait": "ResourceRecordSetsChanged"}),
    ("ListResourceRecordSets", {"HostedZoneId": "$zone"}, {"paginate": {"PageSize": 2}}),
    ("ListHostedZones", {}, PAGES),
    ("ListHostedZonesByName", {"DNSName": "example.com."}),
    ("ChangeTagsForResource", {"ResourceType": "hostedzone", "ResourceId": "Z1",
                               "AddTags": [{"Key": "a", "Value": "b"}]}, FAILS),
    ("GetHostedZone", {"Id": "ZNONE"}, FAILS),
    ("CreateHealthCheck", {"CallerReference": "h", "HealthCheckConfig": {
        "Type": "HTTP", "IPAddress": "10.0.0.1", "Port": 80, "ResourcePath": "/"}}),
    ("ListHealthChecks", {}, PAGES),
)

CLOUDFRONT = of_service(
    "cloudfront",
    ("CreateDistribution", {"DistributionConfig": {
        "CallerReference": "ref", "Comment": "", "Enabled": False,
        "Origins": {"Quantity": 1, "Items": [{
            "Id": "o", "DomainName": "example.com", "CustomOriginConfig": {
                "HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only"}}]},
        "DefaultCacheBehavior": {
            "TargetOriginId": "o", "ViewerProtocolPolicy": "allow-all", "MinTTL": 0,
            "ForwardedValues": {"QueryString": False, "Cookies": {"Forward": "none"}}}}},
     {"keep": {"distribution": "Distribution.Id"}}),
    ("GetDistribution", {"Id": "$distribution"}),
    ("GetDistributionConfig", {"Id": "$distribution"}),
    ("ListDistributions", {}, PAGES),
    ("CreateInvalidation", {"DistributionId": "$distribution", "InvalidationBatch": {
        "CallerReference": "i", "Paths": {"Quantity": 2, "Items": ["/a", "/b*"]}}}),
    ("ListInvalidations", {"DistributionId": "$distribution"}, PAGES),
    ("GetDistribution", {"Id": "NONE"}, FAILS),
)

CALLS = S3 + S3CONTROL + ROUTE53 + CLOUDFRONT
