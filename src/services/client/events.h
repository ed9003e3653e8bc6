/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of the events of a call under way. */
#ifndef SERVICES_CLIENT_EVENTS_H
#define SERVICES_CLIENT_EVENTS_H

#include "aws/protocol/event_message.h"
#include "services/client/client.h"

struct cspan_client_events {
  struct cspan_call *call; /* NULL: not attached */
  const cspan_invocation *invocation;

  /* The response. */
  cspan_event_decoder decoder;
  cspan_arena *kept;   /* of what follows; NULL: nothing is kept yet */
  cspan_value initial; /* the members of the output beside the events */
  cspan_maker list;    /* the events, where nobody takes them as they come */

  /* The request. */
  cspan_buf first; /* what the first frame holds */
  bool has_first;  /* it is still to be sent */
};

#endif
