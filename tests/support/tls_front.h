/* SPDX-License-Identifier: Apache-2.0 */
/* TLS in front of a plain server: a thread that passes bytes on, both ways, as they come. One
 * connection after the other. */
#ifndef SUPPORT_TLS_FRONT_H
#define SUPPORT_TLS_FRONT_H

#include <stddef.h>

typedef struct tls_front tls_front;

/* Before the server at `backend_port` of this machine. `protocol` is what it takes by ALPN ("h2");
 * who offers only others gets none. On a port of the kernel's choice, with a new certificate that
 * signs itself; ends the program when that fails. */
tls_front *tls_front_start(int backend_port, const char *protocol);
const char *tls_front_url(const tls_front *front); /* "https://127.0.0.1:PORT" */
/* A file with the certificate, PEM, which is removed at the end. */
const char *tls_front_certificate(const tls_front *front);
/* Handshakes that came to their end, and those of them with the protocol. Stops. */
void tls_front_stop(tls_front *front, int *handshakes, int *negotiated);

#endif
