// OpenSSL, as libcurl uses it: only what a connection needs after its handshake.
#pragma once
#include <openssl/err.h>
#include <openssl/ssl.h>

// The option's name is an expression that Swift does not import.
static inline void ballast_overlook_missing_goodbye(SSL *session) {
    SSL_set_options(session, SSL_OP_IGNORE_UNEXPECTED_EOF);
}
