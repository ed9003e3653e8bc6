/* SPDX-License-Identifier: Apache-2.0 */
#include "support/tls_front.h"

#include <arpa/inet.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BLOCK = 16384, CERTIFICATE_S = 3600 };

struct tls_front {
  int fd;
  int backend_port;
  char url[64];
  char certificate[64];
  unsigned char protocol[32]; /* as in ALPN: its length, then it */
  SSL_CTX *context;
  pthread_t thread;
  pthread_mutex_t mutex;
  int current; /* the connection's socket; -1: none */
  int stops;
  int handshakes;
  int negotiated;
};

static void die(const char *what) {
  perror(what);
  exit(1);
}

/* ----------------------------------------------------------------- certificate */

static void add_extension(X509 *certificate, int id, const char *value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
  X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, id, value);
  if (!extension || !X509_add_ext(certificate, extension, -1)) {
    die("an extension of the certificate");
  }
  X509_EXTENSION_free(extension);
}

static X509 *make_certificate(EVP_PKEY *key) {
  X509 *certificate = X509_new();
  if (!certificate || !X509_set_version(certificate, X509_VERSION_3) ||
      !ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) ||
      !X509_gmtime_adj(X509_getm_notBefore(certificate), -CERTIFICATE_S) ||
      !X509_gmtime_adj(X509_getm_notAfter(certificate), CERTIFICATE_S) ||
      !X509_set_pubkey(certificate, key)) {
    die("a certificate");
  }
  X509_NAME *name = X509_get_subject_name(certificate);
  (void)X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"test", -1, -1,
                                   0);
  (void)X509_set_issuer_name(certificate, name);
  add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(certificate, NID_subject_alt_name, "IP:127.0.0.1");
  if (!X509_sign(certificate, key, EVP_sha256())) {
    die("the certificate's signature");
  }
  return certificate;
}

static void use_new_certificate(tls_front *front) {
  EVP_PKEY *key = EVP_EC_gen("P-256");
  X509 *certificate = key ? make_certificate(key) : NULL;
  (void)snprintf(front->certificate, sizeof front->certificate, "/tmp/cspan-tls-XXXXXX");
  int fd = mkstemp(front->certificate);
  FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
  if (!file || !certificate || !PEM_write_X509(file, certificate) || fclose(file) != 0 ||
      SSL_CTX_use_certificate(front->context, certificate) != 1 ||
      SSL_CTX_use_PrivateKey(front->context, key) != 1) {
    die("the certificate's file");
  }
  X509_free(certificate);
  EVP_PKEY_free(key);
}

static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                           const unsigned char *in, unsigned in_len, void *user) {
  const tls_front *front = user;
  unsigned char *chosen = NULL;
  (void)ssl;
  if (SSL_select_next_proto(&chosen, out_len, front->protocol, front->protocol[0] + 1U, in,
                            in_len) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

/* ---------------------------------------------------------------------- passing */

static int connect_backend(const tls_front *front) {
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)front->backend_port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
    die("the server behind TLS");
  }
  return fd;
}

static int pass_in(SSL *ssl, int backend) {
  char block[BLOCK];
  int got = SSL_read(ssl, block, sizeof block);
  for (ssize_t sent = 0; got > 0 && sent < got;) {
    ssize_t n = send(backend, block + sent, (size_t)(got - sent), MSG_NOSIGNAL);
    if (n <= 0) {
      return 0;
    }
    sent += n;
  }
  return got > 0;
}

static int pass_out(SSL *ssl, int backend) {
  char block[BLOCK];
  ssize_t got = recv(backend, block, sizeof block, 0);
  return got > 0 && SSL_write(ssl, block, (int)got) == (int)got;
}

/* Until either end closes. */
static void pass(SSL *ssl, int backend) {
  int goes_on = 1;
  while (goes_on) {
    struct pollfd ends[] = {{.fd = SSL_get_fd(ssl), .events = POLLIN},
                            {.fd = backend, .events = POLLIN}};
    int waiting = SSL_pending(ssl);
    if (poll(ends, 2, waiting > 0 ? 0 : -1) < 0) {
      return;
    }
    if (waiting > 0 || ends[0].revents != 0) {
      goes_on = pass_in(ssl, backend);
    }
    if (goes_on && ends[1].revents != 0) {
      goes_on = pass_out(ssl, backend);
    }
  }
}

static void serve(tls_front *front, int fd) {
  const unsigned char *protocol = NULL;
  unsigned len = 0;
  SSL *ssl = SSL_new(front->context);
  if (!ssl || SSL_set_fd(ssl, fd) != 1) {
    die("a TLS connection");
  }
  if (SSL_accept(ssl) == 1) {
    int backend = connect_backend(front);
    SSL_get0_alpn_selected(ssl, &protocol, &len);
    front->handshakes++;
    front->negotiated += len > 0;
    pass(ssl, backend);
    (void)SSL_shutdown(ssl);
    (void)close(backend);
  }
  SSL_free(ssl);
}

static void *accept_all(void *user) {
  tls_front *front = user;
  sigset_t broken_pipe;
  int fd;
  (void)sigemptyset(&broken_pipe);
  (void)sigaddset(&broken_pipe, SIGPIPE); /* libssl writes to sockets that may be closed */
  (void)pthread_sigmask(SIG_BLOCK, &broken_pipe, NULL);
  while ((fd = accept(front->fd, NULL, NULL)) >= 0) {
    (void)pthread_mutex_lock(&front->mutex);
    int stops = front->stops;
    front->current = fd;
    (void)pthread_mutex_unlock(&front->mutex);
    if (!stops) {
      serve(front, fd);
    }
    (void)pthread_mutex_lock(&front->mutex);
    front->current = -1;
    (void)pthread_mutex_unlock(&front->mutex);
    (void)close(fd);
    if (stops) {
      break;
    }
  }
  return NULL;
}

/* ------------------------------------------------------------------ start, stop */

tls_front *tls_front_start(int backend_port, const char *protocol) {
  struct sockaddr_in address = {.sin_family = AF_INET};
  socklen_t len = sizeof address;
  tls_front *front = calloc(1, sizeof *front);
  if (!front) {
    die("a TLS front");
  }
  front->backend_port = backend_port;
  front->current = -1;
  front->protocol[0] = (unsigned char)strlen(protocol);
  memcpy(front->protocol + 1, protocol, front->protocol[0]);
  front->context = SSL_CTX_new(TLS_server_method());
  if (!front->context) {
    die("TLS");
  }
  use_new_certificate(front);
  SSL_CTX_set_alpn_select_cb(front->context, choose_protocol, front);
  (void)pthread_mutex_init(&front->mutex, NULL);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  front->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (front->fd < 0 || bind(front->fd, (struct sockaddr *)&address, len) != 0 ||
      listen(front->fd, 16) != 0 ||
      getsockname(front->fd, (struct sockaddr *)&address, &len) != 0) {
    die("a socket");
  }
  (void)snprintf(front->url, sizeof front->url, "https://127.0.0.1:%d", ntohs(address.sin_port));
  if (pthread_create(&front->thread, NULL, accept_all, front) != 0) {
    die("a thread");
  }
  return front;
}

const char *tls_front_url(const tls_front *front) {
  return front->url;
}

const char *tls_front_certificate(const tls_front *front) {
  return front->certificate;
}

void tls_front_stop(tls_front *front, int *handshakes, int *negotiated) {
  (void)pthread_mutex_lock(&front->mutex);
  front->stops = 1;
  if (front->current >= 0) {
    (void)shutdown(front->current, SHUT_RDWR);
  }
  (void)pthread_mutex_unlock(&front->mutex);
  (void)shutdown(front->fd, SHUT_RDWR); /* ends accept() */
  (void)pthread_join(front->thread, NULL);
  *handshakes = front->handshakes;
  *negotiated = front->negotiated;
  (void)close(front->fd);
  (void)unlink(front->certificate);
  SSL_CTX_free(front->context);
  (void)pthread_mutex_destroy(&front->mutex);
  free(front);
}
