// zlib, plus the one call that is a macro and so invisible to Swift.
#pragma once
#include <zlib.h>

static inline int ballast_deflate_init_gzip(z_streamp stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}
