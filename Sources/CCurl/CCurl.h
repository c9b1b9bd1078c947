// libcurl, with its variadic calls typed by argument, because Swift cannot call variadic C functions.
#pragma once
#include <curl/curl.h>

static inline CURLcode ballast_setopt_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode ballast_setopt_offset(CURL *easy, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode ballast_setopt_pointer(CURL *easy, CURLoption option, const void *value) {
    return curl_easy_setopt(easy, option, value);
}

typedef size_t (*ballast_data_callback)(char *bytes, size_t size, size_t count, void *context);
static inline CURLcode ballast_setopt_data(CURL *easy, CURLoption option, ballast_data_callback callback) {
    return curl_easy_setopt(easy, option, callback);
}
typedef int (*ballast_prerequest_callback)(
    void *context, char *remote, char *local, int remote_port, int local_port);
static inline CURLcode ballast_setopt_prerequest(CURL *easy, ballast_prerequest_callback callback) {
    return curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, callback);
}
typedef curl_socket_t (*ballast_open_callback)(
    void *context, curlsocktype purpose, struct curl_sockaddr *address);
static inline CURLcode ballast_setopt_open_socket(CURL *easy, ballast_open_callback callback) {
    return curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, callback);
}
typedef int (*ballast_close_callback)(void *context, curl_socket_t socket);
static inline CURLcode ballast_setopt_close_socket(CURL *easy, ballast_close_callback callback) {
    return curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, callback);
}

static inline CURLcode ballast_getinfo_long(CURL *easy, CURLINFO info, long *value) {
    return curl_easy_getinfo(easy, info, value);
}
static inline CURLcode ballast_getinfo_offset(CURL *easy, CURLINFO info, curl_off_t *value) {
    return curl_easy_getinfo(easy, info, value);
}
static inline CURLcode ballast_getinfo_socket(CURL *easy, curl_socket_t *value) {
    return curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, value);
}
// OpenSSL's session of a handle that has used its connection, else NULL.
static inline void *ballast_getinfo_session(CURL *easy) {
    struct curl_tlssessioninfo *info = NULL;
    if (curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &info) != CURLE_OK || !info) return NULL;
    return info->backend == CURLSSLBACKEND_OPENSSL ? info->internals : NULL;
}
static inline CURLcode ballast_getinfo_pointer(CURL *easy, CURLINFO info, void **value) {
    return curl_easy_getinfo(easy, info, value);
}

static inline CURLMcode ballast_multi_setopt_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}
static inline CURLMcode ballast_multi_setopt_pointer(CURLM *multi, CURLMoption option, void *value) {
    return curl_multi_setopt(multi, option, value);
}
static inline CURLMcode ballast_multi_setopt_socket(CURLM *multi, curl_socket_callback callback) {
    return curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, callback);
}
static inline CURLMcode ballast_multi_setopt_timer(CURLM *multi, curl_multi_timer_callback callback) {
    return curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, callback);
}
// CURLMsg keeps its result in a union that Swift imports awkwardly.
static inline CURLcode ballast_message_result(const CURLMsg *message) {
    return message->data.result;
}
static inline CURLSHcode ballast_share_setopt_long(CURLSH *share, CURLSHoption option, long value) {
    return curl_share_setopt(share, option, value);
}
