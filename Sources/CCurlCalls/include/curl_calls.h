// curl_easy_setopt(3), curl_easy_getinfo(3) and curl_multi_setopt(3) are variadic, which Swift cannot call: one wrapper for each type of argument.
#ifndef BULKHEAD_CURL_CALLS_H
#define BULKHEAD_CURL_CALLS_H

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <stddef.h>

CURLcode bh_curl_set_long(CURL *handle, CURLoption option, long value);
CURLcode bh_curl_set_size(CURL *handle, CURLoption option, long long value);
CURLcode bh_curl_set_text(CURL *handle, CURLoption option, const char *value);
/// A list, a URL handle or a buffer; libcurl keeps the pointer.
CURLcode bh_curl_set_pointer(CURL *handle, CURLoption option, const void *value);

/// For CURLOPT_WRITEFUNCTION and CURLOPT_HEADERFUNCTION, with their data.
typedef size_t (*bh_curl_sink)(char *bytes, size_t size, size_t count, void *context);
CURLcode bh_curl_set_body_sink(CURL *handle, bh_curl_sink sink, void *context);
CURLcode bh_curl_set_header_sink(CURL *handle, bh_curl_sink sink, void *context);

/// Decides about each address before it is connected to; returns a socket, or −1 to refuse.
typedef curl_socket_t (*bh_curl_opener)(void *context, curlsocktype purpose, struct curl_sockaddr *address);
CURLcode bh_curl_set_opener(CURL *handle, bh_curl_opener opener, void *context);

/// Lets the handle speak http and https and nothing else, redirects included.
CURLcode bh_curl_set_protocols(CURL *handle);

CURLcode bh_curl_get_long(CURL *handle, CURLINFO info, long *value);
CURLcode bh_curl_get_size(CURL *handle, CURLINFO info, long long *value);
CURLcode bh_curl_get_pointer(CURL *handle, CURLINFO info, void **value);

/// For an event loop of one's own: which sockets to watch for what, and when to call again (curl_multi_socket_action(3)).
typedef int (*bh_curl_watcher)(CURL *handle, curl_socket_t socket, int what, void *context, void *socket_context);
typedef int (*bh_curl_timer)(CURLM *multi, long timeout_ms, void *context);
CURLMcode bh_curl_multi_set_watcher(CURLM *multi, bh_curl_watcher watcher, void *context);
CURLMcode bh_curl_multi_set_timer(CURLM *multi, bh_curl_timer timer, void *context);
CURLMcode bh_curl_multi_set_long(CURLM *multi, CURLMoption option, long value);

#endif
