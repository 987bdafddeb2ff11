import Glibc

/// Whether this process runs under the address or the thread sanitizer.
let isSanitized: Bool = dlsym(nil, "__asan_init") != nil || dlsym(nil, "__tsan_init") != nil
