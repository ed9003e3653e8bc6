/* SPDX-License-Identifier: Apache-2.0 */
/* A service that speaks in events, for tests. */
#ifndef UNIT_AWS_EVENT_MODEL_H
#define UNIT_AWS_EVENT_MODEL_H

#define EVENT_MODEL(protocol)                                                                      \
  "{\"metadata\":{\"apiVersion\":\"2020-01-01\",\"endpointPrefix\":\"talk\",\"protocol\":"         \
  "\"" protocol "\",\"serviceId\":\"Talk\",\"jsonVersion\":\"1.1\",\"targetPrefix\":\"Talk\"},"    \
  "\"operations\":{\"Talk\":{\"name\":\"Talk\",\"http\":{\"method\":\"POST\",\"requestUri\":\"/"   \
  "\"},"                                                                                           \
  "\"input\":{\"shape\":\"In\"},\"output\":{\"shape\":\"Out\"}},"                                  \
  "\"Mute\":{\"name\":\"Mute\",\"http\":{\"method\":\"POST\",\"requestUri\":\"/\"}}},"             \
  "\"shapes\":{\"S\":{\"type\":\"string\"},\"B\":{\"type\":\"blob\"},\"I\":{\"type\":\"integer\"}" \
  ","                                                                                              \
  "\"L\":{\"type\":\"long\"},\"T\":{\"type\":\"timestamp\"},\"Y\":{\"type\":\"boolean\"},"         \
  "\"In\":{\"type\":\"structure\",\"members\":{\"Events\":{\"shape\":\"Events\"}},"                \
  "\"payload\":\"Events\"},"                                                                       \
  "\"Out\":{\"type\":\"structure\",\"members\":{\"Greeting\":{\"shape\":\"S\"},"                   \
  "\"Events\":{\"shape\":\"Events\"}},\"payload\":\"Events\"},"                                    \
  "\"Events\":{\"type\":\"structure\",\"eventstream\":true,\"members\":{"                          \
  "\"Headers\":{\"shape\":\"Headers\"},\"Audio\":{\"shape\":\"Audio\"},"                           \
  "\"Text\":{\"shape\":\"Text\"},\"Stats\":{\"shape\":\"Stats\"},\"Part\":{\"shape\":\"Part\"},"   \
  "\"End\":{\"shape\":\"End\"},\"Refusal\":{\"shape\":\"Refusal\"}}},"                             \
  "\"Headers\":{\"type\":\"structure\",\"event\":true,\"members\":{"                               \
  "\"s\":{\"shape\":\"S\",\"eventheader\":true},\"b\":{\"shape\":\"B\",\"eventheader\":true},"     \
  "\"i\":{\"shape\":\"I\",\"eventheader\":true},\"l\":{\"shape\":\"L\",\"eventheader\":true},"     \
  "\"t\":{\"shape\":\"T\",\"eventheader\":true},\"y\":{\"shape\":\"Y\",\"eventheader\":true}}},"   \
  "\"Audio\":{\"type\":\"structure\",\"event\":true,\"members\":{"                                 \
  "\"chunk\":{\"shape\":\"B\",\"eventpayload\":true}}},"                                           \
  "\"Text\":{\"type\":\"structure\",\"event\":true,\"members\":{"                                  \
  "\"line\":{\"shape\":\"S\",\"eventpayload\":true}}},"                                            \
  "\"Stats\":{\"type\":\"structure\",\"event\":true,\"members\":{"                                 \
  "\"id\":{\"shape\":\"S\",\"eventheader\":true},"                                                 \
  "\"details\":{\"shape\":\"Details\",\"eventpayload\":true}}},"                                   \
  "\"Details\":{\"type\":\"structure\",\"members\":{\"bytes\":{\"shape\":\"I\"}}},"                \
  "\"Part\":{\"type\":\"structure\",\"event\":true,\"members\":{"                                  \
  "\"id\":{\"shape\":\"S\",\"eventheader\":true},\"name\":{\"shape\":\"S\"},"                      \
  "\"size\":{\"shape\":\"I\"}}},"                                                                  \
  "\"End\":{\"type\":\"structure\",\"event\":true,\"members\":{}},"                                \
  "\"Refusal\":{\"type\":\"structure\",\"exception\":true,\"members\":{"                           \
  "\"message\":{\"shape\":\"S\"},\"reason\":{\"shape\":\"S\"}}}}}"

#endif
