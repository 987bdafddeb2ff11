// The type checks are macros over variadic functions, which Swift does not see anyway.
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
