/* SPDX-License-Identifier: Apache-2.0 */
/* A service with all that the XML protocols and forms know, for tests. */
#ifndef UNIT_AWS_XML_MODEL_H
#define UNIT_AWS_XML_MODEL_H

#define XML_MODEL(protocol)                                                                        \
  "{\"metadata\":{\"apiVersion\":\"2020-01-01\",\"endpointPrefix\":\"x\",\"protocol\":\"" protocol \
  "\",\"serviceId\":\"X\"},\"operations\":{"                                                       \
  "\"Put\":{\"name\":\"Put\",\"http\":{\"method\":\"POST\",\"requestUri\":\"/put\"},"              \
  "\"input\":{\"shape\":\"All\",\"locationName\":\"PutRequest\",\"xmlNamespace\":{\"uri\":\"urn:"  \
  "x\"}},"                                                                                         \
  "\"output\":{\"shape\":\"All\",\"resultWrapper\":\"PutResult\"},"                                \
  "\"errors\":[{\"shape\":\"NoSuch\"}]},"                                                          \
  "\"PutBare\":{\"name\":\"PutBare\",\"http\":{\"method\":\"POST\",\"requestUri\":\"/\"},"         \
  "\"input\":{\"shape\":\"Bare\"},\"output\":{\"shape\":\"Place\"}},"                              \
  "\"PutPayload\":{\"name\":\"PutPayload\",\"http\":{\"method\":\"PUT\",\"requestUri\":\"/p\"},"   \
  "\"input\":{\"shape\":\"Wrap\"},\"output\":{\"shape\":\"Wrap\"}},"                               \
  "\"PutNamed\":{\"name\":\"PutNamed\",\"http\":{\"method\":\"PUT\",\"requestUri\":\"/n\"},"       \
  "\"input\":{\"shape\":\"Named\"},\"output\":{\"shape\":\"Bytes\"}}},"                            \
  "\"shapes\":{\"S\":{\"type\":\"string\"},\"I\":{\"type\":\"integer\"},\"D\":{\"type\":"          \
  "\"double\"},"                                                                                   \
  "\"L\":{\"type\":\"long\"},\"B\":{\"type\":\"blob\"},\"T\":{\"type\":\"timestamp\"},"            \
  "\"Y\":{\"type\":\"boolean\"},"                                                                  \
  "\"Texts\":{\"type\":\"list\",\"member\":{\"shape\":\"S\"}},"                                    \
  "\"Items\":{\"type\":\"list\",\"member\":{\"shape\":\"S\",\"locationName\":\"item\"}},"          \
  "\"OldItems\":{\"type\":\"list\",\"flattened\":true,"                                            \
  "\"member\":{\"shape\":\"S\",\"locationName\":\"OldItem\"}},"                                    \
  "\"Lists\":{\"type\":\"list\",\"member\":{\"shape\":\"Texts\"}},"                                \
  "\"Map\":{\"type\":\"map\",\"key\":{\"shape\":\"S\"},\"value\":{\"shape\":\"S\"}},"              \
  "\"NamedMap\":{\"type\":\"map\",\"key\":{\"shape\":\"S\",\"locationName\":\"K\"},"               \
  "\"value\":{\"shape\":\"I\",\"locationName\":\"V\"}},"                                           \
  "\"TagMap\":{\"type\":\"map\",\"key\":{\"shape\":\"S\"},\"value\":{\"shape\":\"S\"},"            \
  "\"flattened\":true,\"locationName\":\"Tag\"},"                                                  \
  "\"Inner\":{\"type\":\"structure\",\"members\":{\"Name\":{\"shape\":\"S\"},"                     \
  "\"Inner\":{\"shape\":\"Inner\"},"                                                               \
  "\"Kind\":{\"shape\":\"S\",\"xmlAttribute\":true,\"locationName\":\"n:kind\"}},"                 \
  "\"xmlNamespace\":{\"prefix\":\"n\",\"uri\":\"urn:n\"}},"                                        \
  "\"All\":{\"type\":\"structure\",\"members\":{"                                                  \
  "\"Text\":{\"shape\":\"S\",\"queryName\":\"TheText\"},"                                          \
  "\"number\":{\"shape\":\"I\"},\"Long\":{\"shape\":\"L\",\"locationName\":\"long\"},"             \
  "\"Double\":{\"shape\":\"D\"},\"Blob\":{\"shape\":\"B\"},\"Time\":{\"shape\":\"T\"},"            \
  "\"Epoch\":{\"shape\":\"T\",\"timestampFormat\":\"unixTimestamp\"},\"Yes\":{\"shape\":\"Y\"},"   \
  "\"Texts\":{\"shape\":\"Texts\"},\"Items\":{\"shape\":\"Items\"},"                               \
  "\"Flat\":{\"shape\":\"Items\",\"flattened\":true,\"locationName\":\"F\"},"                      \
  "\"Old\":{\"shape\":\"OldItems\"},\"Lists\":{\"shape\":\"Lists\"},"                              \
  "\"Map\":{\"shape\":\"Map\"},\"NamedMap\":{\"shape\":\"NamedMap\"},"                             \
  "\"FlatMap\":{\"shape\":\"NamedMap\",\"flattened\":true,\"locationName\":\"E\"},"                \
  "\"Inner\":{\"shape\":\"Inner\"},"                                                               \
  "\"Tags\":{\"shape\":\"TagMap\"},\"Token\":{\"shape\":\"S\",\"idempotencyToken\":true}}},"       \
  "\"Bare\":{\"type\":\"structure\",\"members\":{\"Text\":{\"shape\":\"S\"},"                      \
  "\"Head\":{\"shape\":\"S\",\"location\":\"header\",\"locationName\":\"x-head\"}}},"              \
  "\"Place\":{\"type\":\"structure\",\"members\":{\"Constraint\":{\"shape\":\"S\"}}},"             \
  "\"Wrap\":{\"type\":\"structure\",\"members\":{\"inner\":{\"shape\":\"Inner\","                  \
  "\"locationName\":\"inner\"}},\"payload\":\"inner\"},"                                           \
  "\"Named\":{\"type\":\"structure\",\"members\":{\"Inner\":{\"shape\":\"Bare\","                  \
  "\"locationName\":\"Inner\",\"xmlNamespace\":{\"uri\":\"urn:own\"}}},\"payload\":\"Inner\"},"    \
  "\"Bytes\":{\"type\":\"structure\",\"members\":{\"Data\":{\"shape\":\"B\"}},"                    \
  "\"payload\":\"Data\"},"                                                                         \
  "\"NoSuch\":{\"type\":\"structure\",\"exception\":true,\"error\":{\"code\":\"No.Such\"},"        \
  "\"members\":{\"message\":{\"shape\":\"S\"},\"What\":{\"shape\":\"Items\"},"                     \
  "\"Where\":{\"shape\":\"S\",\"location\":\"header\",\"locationName\":\"x-where\"}}}}}"

#endif
