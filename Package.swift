// swift-tools-version: 6.1
// Layout: system libraries, then our modules in dependency order, then programs, workers and tests.
// Imports point downward only; `.ci/run` builds with the explicit-import check, so a new arrow must be written here.

import PackageDescription

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
  name: "Bulkhead",
  products: [
    // What workers and clients outside this package are written with.
    .library(name: "WorkerKit", targets: ["WorkerKit"]),
    .library(name: "ClientKit", targets: ["ClientKit"]),
  ],
  targets: [
    // System libraries and C
    .systemLibrary(name: "CPCRE2", pkgConfig: "libpcre2-8", providers: [.apt(["libpcre2-dev"])]),
    .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .target(name: "CCurlCalls", dependencies: ["CCurl"]),
    .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
    .target(name: "CLinux"),
    .target(name: "CSpawn"),
    .systemLibrary(name: "CSeccomp", pkgConfig: "libseccomp", providers: [.apt(["libseccomp-dev"])]),
    .target(name: "CJailCalls"),
    // What is static has no room for a sanitizer's runtime.
    .target(name: "CJailPolicy", cSettings: [.unsafeFlags(["-fno-stack-protector", "-fno-sanitize=all"])]),
    // Static and without the C library's start: Sources/bulkhead-jail/runtime.c says why.
    .executableTarget(
      name: "bulkhead-jail",
      dependencies: ["CJailPolicy"],
      cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-ffreestanding", "-fno-stack-protector", "-fno-sanitize=all"])],
      linkerSettings: [
        .unsafeFlags([
          "-static-executable", "-nostartfiles", "-Xclang-linker", "-nostartfiles", "-Xclang-linker", "-nostdlib",
          "-Xclang-linker", "-fno-sanitize=all",
        ])
      ]
    ),

    // Modules
    .target(name: "JSON", dependencies: ["CPCRE2"], swiftSettings: strict),
    .target(name: "Wire", dependencies: ["JSON"], swiftSettings: strict),
    .target(name: "Plan", dependencies: ["JSON", "Wire"], swiftSettings: strict),
    .target(name: "Posix", dependencies: ["CLinux", "CSpawn"], swiftSettings: strict),
    .target(name: "Transport", dependencies: ["JSON", "Wire", "Posix"], swiftSettings: strict),
    .target(name: "Digest", dependencies: ["CCrypto"], swiftSettings: strict),
    .target(name: "BlobStore", dependencies: ["JSON", "Wire", "Posix", "CLinux", "Digest"], swiftSettings: strict),
    .target(
      name: "Jail",
      dependencies: ["CLinux", "CSeccomp", "CJailCalls", "CJailPolicy", "Posix"],
      swiftSettings: strict
    ),
    // How connections of jailed runs travel to the worker that lets them out.
    .target(name: "Tunnel", dependencies: ["CLinux", "JSON", "Posix"], swiftSettings: strict),
    .target(name: "Logging", dependencies: ["JSON", "Posix"], swiftSettings: strict),
    .target(
      name: "Supervision",
      dependencies: ["Digest", "JSON", "Wire", "Posix", "Transport", "Logging", "Jail", "Tunnel"],
      swiftSettings: strict
    ),
    // The audit log's chain: its bytes, its signed heads, and whether it holds.
    .target(name: "Audit", dependencies: ["Digest", "JSON", "Posix", "Wire"], swiftSettings: strict),
    .target(name: "Journal", dependencies: ["Audit", "CSQLite", "Digest", "JSON", "Posix"], swiftSettings: strict),
    // What may happen, and what people say about it; pure.
    .target(name: "Policy", dependencies: ["Digest", "JSON", "Wire", "Plan"], swiftSettings: strict),
    .target(
      name: "Engine",
      dependencies: ["JSON", "Wire", "Plan", "Policy", "Journal", "Digest"],
      swiftSettings: strict
    ),
    .target(name: "Configuration", dependencies: ["JSON", "Wire", "Policy", "Posix", "CYAML"], swiftSettings: strict),
    .target(name: "WorkerKit", dependencies: ["JSON", "Wire", "Posix", "Transport"], swiftSettings: strict),
    .target(
      name: "Coordinator",
      dependencies: [
        "Audit", "CLinux", "Digest", "JSON", "Wire", "Posix", "Transport", "Logging", "BlobStore", "Plan", "Policy",
        "Journal", "Engine", "Supervision",
      ],
      swiftSettings: strict
    ),
    // Models: what is said to providers (pure), and how it gets there.
    .target(name: "Models", dependencies: ["JSON"], swiftSettings: strict),
    .target(name: "HTTP", dependencies: ["CCurlCalls", "Posix"], swiftSettings: strict),
    // From a request to a plan: what a model is asked and what is made of its answer; who asks it is a worker.
    .target(
      name: "Planner",
      dependencies: ["CSQLite", "Digest", "JSON", "Models", "Plan", "Policy", "Posix", "Wire"],
      swiftSettings: strict
    ),
    // The Model Context Protocol: what its peers say to each other, both halves, without I/O.
    .target(name: "MCP", dependencies: ["JSON"], swiftSettings: strict),
    .target(name: "TerminalText", dependencies: ["JSON", "Wire"], swiftSettings: strict),
    .target(
      name: "ClientKit",
      dependencies: ["CLinux", "Digest", "JSON", "Wire", "Posix", "Transport"],
      swiftSettings: strict
    ),

    // Programs
    .executableTarget(
      name: "bulkhead",
      dependencies: [
        "Audit", "ClientKit", "Configuration", "Digest", "MCP", "TerminalText", "Plan", "Policy", "Supervision", "Jail",
        "JSON", "Wire", "Posix", "Transport", "CLinux",
        "bulkhead-jail",
      ],
      swiftSettings: strict
    ),
    .executableTarget(
      name: "bulkheadd",
      dependencies: [
        "Audit", "CLinux", "Digest", "JSON", "Wire", "Posix", "Logging", "Jail", "Configuration", "BlobStore",
        "Journal", "Policy", "Supervision", "Coordinator",
        "bulkhead-jail",
      ],
      swiftSettings: strict
    ),

    // Workers
    .executableTarget(
      name: "example-worker",
      dependencies: ["WorkerKit"],
      path: "Workers/examples/swift",
      exclude: ["worker.json"],
      swiftSettings: strict
    ),

    .executableTarget(
      name: "sandbox-worker",
      dependencies: ["CLinux", "Jail", "JSON", "Posix", "Tunnel", "Wire", "WorkerKit"],
      path: "Workers/sandbox",
      exclude: ["worker.json"],
      swiftSettings: strict
    ),
    // From the lines of a receipt to what it says; pure.
    .target(
      name: "ReceiptParsing",
      dependencies: ["JSON", "Wire"],
      path: "Workers/receipts/Parsing",
      swiftSettings: strict
    ),
    .executableTarget(
      name: "receipts-worker",
      dependencies: ["Jail", "JSON", "Posix", "CLinux", "ReceiptParsing", "Wire", "WorkerKit"],
      path: "Workers/receipts",
      exclude: ["Parsing", "recipes", "worker.json"],
      swiftSettings: strict
    ),

    .executableTarget(
      name: "executor-worker",
      dependencies: ["JSON", "WorkerKit"],
      path: "Workers/executor",
      exclude: ["worker.json"],
      swiftSettings: strict
    ),
    .executableTarget(
      name: "files-worker",
      dependencies: ["CLinux", "Jail", "JSON", "Posix", "Wire", "WorkerKit"],
      path: "Workers/files",
      exclude: ["worker.json"],
      swiftSettings: strict
    ),
    // The way out for jailed runs: which hosts and addresses are let through, and the proxy that does it.
    .target(
      name: "WebProxy",
      dependencies: ["CLinux", "Posix", "Tunnel"],
      path: "Workers/web/Proxy",
      swiftSettings: strict
    ),
    .executableTarget(
      name: "web-worker",
      dependencies: ["CCurlCalls", "JSON", "Posix", "Tunnel", "WebProxy", "Wire", "WorkerKit"],
      path: "Workers/web",
      exclude: ["Proxy", "worker.json"],
      swiftSettings: strict
    ),

    // Streamable HTTP, one of the two ways to an MCP server.
    .target(
      name: "MCPHTTP",
      dependencies: ["CCurlCalls", "HTTP", "MCP", "Posix", "WebProxy"],
      path: "Workers/mcp/HTTP",
      swiftSettings: strict
    ),

    .executableTarget(
      name: "models-worker",
      dependencies: ["HTTP", "JSON", "Models", "Posix", "Wire", "WorkerKit"],
      path: "Workers/models",
      exclude: ["README.md", "catalog.json", "worker.json"],
      swiftSettings: strict
    ),

    .executableTarget(
      name: "planner-worker",
      dependencies: ["JSON", "Planner", "Posix", "Wire", "WorkerKit"],
      path: "Workers/planner",
      exclude: ["README.md", "worker.json"],
      swiftSettings: strict
    ),

    .executableTarget(
      name: "credentials-worker",
      dependencies: ["CLinux", "Jail", "JSON", "Posix", "Wire", "WorkerKit"],
      path: "Workers/credentials",
      exclude: ["worker.json"],
      swiftSettings: strict
    ),

    // One MCP server, whose tools become tools of the catalog; the coordinator starts one for each entry of mcp.json.
    .executableTarget(
      name: "mcp-worker",
      dependencies: ["HTTP", "Jail", "JSON", "MCP", "MCPHTTP", "Posix", "Tunnel", "Wire", "WorkerKit"],
      path: "Workers/mcp",
      exclude: ["HTTP"],
      swiftSettings: strict
    ),

    .executableTarget(
      name: "selftest-worker",
      dependencies: ["JSON", "Posix", "Wire", "WorkerKit"],
      path: "Workers/selftest",
      swiftSettings: strict
    ),

    // Tests
    .systemLibrary(name: "CMalloc", path: "Tests/CMalloc"),
    .testTarget(name: "JSONTests", dependencies: ["JSON", "CMalloc"], swiftSettings: strict),
    .testTarget(name: "PlanTests", dependencies: ["JSON", "Wire", "Plan"], swiftSettings: strict),
    .testTarget(
      name: "EngineTests",
      dependencies: ["JSON", "Wire", "Posix", "Plan", "Journal", "Engine"],
      swiftSettings: strict
    ),
    .testTarget(name: "PolicyTests", dependencies: ["JSON", "Wire", "Plan", "Policy"], swiftSettings: strict),
    .testTarget(name: "ModelsTests", dependencies: ["JSON", "Models", "Posix"], swiftSettings: strict),
    .testTarget(
      name: "PlannerTests",
      dependencies: ["JSON", "Models", "Plan", "Planner", "Posix", "Wire"],
      exclude: ["Fixtures", "Golden"],
      swiftSettings: strict
    ),
    .testTarget(name: "MCPTests", dependencies: ["JSON", "MCP"], swiftSettings: strict),
    .testTarget(
      name: "MCPHTTPTests",
      dependencies: ["HTTP", "JSON", "MCP", "MCPHTTP", "Peers", "Posix", "ProviderServer"],
      swiftSettings: strict
    ),
    .testTarget(name: "AuditTests", dependencies: ["Audit", "Digest"], swiftSettings: strict),
    .testTarget(
      name: "JournalTests",
      dependencies: ["Audit", "CSQLite", "Digest", "Posix", "Journal"],
      swiftSettings: strict
    ),
    .testTarget(
      name: "JobTests",
      dependencies: [
        "Audit", "Digest", "JSON", "Wire", "Posix", "Logging", "BlobStore", "Plan", "Policy", "Journal", "Engine",
        "Supervision", "Coordinator",
      ],
      swiftSettings: strict
    ),
    .testTarget(name: "PosixTests", dependencies: ["Posix"], swiftSettings: strict),
    .testTarget(name: "WireTests", dependencies: ["JSON", "Wire", "CMalloc"], swiftSettings: strict),
    .testTarget(name: "TransportTests", dependencies: ["JSON", "Wire", "Posix", "Transport"], swiftSettings: strict),
    // What the jail is attacked with: probes that try one thing each, the table of attacks, and a runner that a test
    // starts as another user.
    .executableTarget(
      name: "jail-probe",
      path: "Tests/JailTests/Probe",
      cSettings: [.unsafeFlags(["-fno-sanitize=all"])],
      linkerSettings: [
        .unsafeFlags(["-static-executable", "-nostartfiles", "-Xclang-linker", "-fno-sanitize=all"])
      ]
    ),
    .target(name: "JailCorpus", dependencies: ["Jail"], path: "Tests/JailTests/Corpus", swiftSettings: strict),
    .executableTarget(
      name: "jail-corpus",
      dependencies: ["Jail", "JailCorpus", "bulkhead-jail", "jail-probe"],
      path: "Tests/JailTests/Runner",
      swiftSettings: strict
    ),
    .testTarget(
      name: "JailTests",
      dependencies: ["CJailPolicy", "Posix", "Jail", "JailCorpus", "bulkhead-jail", "jail-probe", "jail-corpus"],
      path: "Tests/JailTests/Suite",
      swiftSettings: strict
    ),
    .testTarget(
      name: "ProtocolTests",
      dependencies: ["JSON", "Wire", "Posix", "Transport"],
      exclude: ["stranger.py"],
      swiftSettings: strict
    ),
    .testTarget(
      name: "ConfigurationTests",
      dependencies: ["JSON", "Wire", "Policy", "Posix", "Configuration"],
      swiftSettings: strict
    ),
    .testTarget(
      name: "BlobStoreTests",
      dependencies: ["JSON", "Wire", "Posix", "BlobStore", "Digest"],
      swiftSettings: strict
    ),
    .testTarget(
      name: "SupervisionTests",
      dependencies: ["JSON", "Wire", "Posix", "Logging", "BlobStore", "Journal", "Supervision", "Coordinator"],
      swiftSettings: strict
    ),
    .testTarget(
      name: "SandboxTests",
      dependencies: [
        "JSON", "Wire", "Posix", "Logging", "BlobStore", "Jail", "Journal", "Supervision", "Coordinator",
        "sandbox-worker",
        "bulkhead-jail",
      ],
      swiftSettings: strict
    ),
    // Real receipts with what people read on them, for the tests and the measurements.
    .target(name: "ReceiptsTruth", dependencies: ["JSON"], path: "Tests/ReceiptsTests/Truth", swiftSettings: strict),
    .testTarget(
      name: "ReceiptsTests",
      dependencies: [
        "JSON", "Wire", "Posix", "Logging", "BlobStore", "Jail", "Journal", "Supervision", "Coordinator",
        "ReceiptParsing", "ReceiptsTruth", "receipts-worker", "bulkhead-jail",
      ],
      path: "Tests/ReceiptsTests/Suite",
      exclude: ["Images"],
      swiftSettings: strict
    ),
    .testTarget(
      name: "ToolWorkerTests",
      dependencies: [
        "CLinux", "Digest", "JSON", "Wire", "Posix", "Logging", "BlobStore", "Jail", "Journal", "Supervision",
        "Coordinator", "bulkhead-jail",
        "credentials-worker", "executor-worker", "files-worker", "web-worker",
      ],
      exclude: ["server.py"],
      swiftSettings: strict
    ),
    .testTarget(
      name: "MCPWorkerTests",
      dependencies: [
        "JSON", "Wire", "Posix", "Logging", "BlobStore", "Jail", "Journal", "Peers", "Supervision", "Coordinator",
        "bulkhead-jail", "executor-worker", "mcp-worker", "sandbox-worker", "web-worker",
      ],
      exclude: ["hostile.py"],
      swiftSettings: strict
    ),
    .testTarget(
      name: "ProxyTests",
      dependencies: [
        "CLinux", "JSON", "Wire", "Posix", "Logging", "BlobStore", "Jail", "Journal", "Plan", "Supervision",
        "Coordinator", "Tunnel", "WebProxy", "bulkhead-jail", "jail-probe", "sandbox-worker", "web-worker",
      ],
      exclude: ["server.py"],
      swiftSettings: strict
    ),
    // Programs that run beside a test, servers of others among them.
    .target(name: "Peers", dependencies: ["Posix"], path: "Tests/Peers", swiftSettings: strict),
    // A provider on loopback that answers as it is told.
    .target(name: "ProviderServer", dependencies: ["Posix"], path: "Tests/ProviderServer", swiftSettings: strict),
    .testTarget(
      name: "ModelWorkerTests",
      dependencies: [
        "JSON", "Wire", "Posix", "Logging", "BlobStore", "Journal", "Supervision", "Coordinator", "HTTP", "Models",
        "Peers", "ProviderServer", "ClientKit", "Digest", "Planner", "bulkhead", "bulkheadd", "models-worker",
        "planner-worker",
        "executor-worker", "receipts-worker", "bulkhead-jail",
      ],
      exclude: ["Planning/Recordings"],
      swiftSettings: strict
    ),
    .testTarget(
      name: "EndToEndTests",
      dependencies: [
        "JSON", "Wire", "Posix", "Transport", "bulkheadd", "example-worker", "misbehaving-worker", "selftest-worker",
      ],
      swiftSettings: strict
    ),
    .testTarget(
      name: "TerminalTextTests",
      dependencies: ["JSON", "Wire", "TerminalText"],
      exclude: ["Golden"],
      swiftSettings: strict
    ),
    .testTarget(
      name: "ClientKitTests",
      dependencies: ["Posix", "ClientKit", "bulkheadd", "example-worker", "bulkhead-jail"],
      swiftSettings: strict
    ),
    .testTarget(
      name: "ClientTests",
      dependencies: [
        "Posix", "JSON", "Logging", "Policy", "Journal", "BlobStore", "Supervision", "Coordinator", "Wire", "bulkhead",
        "bulkheadd", "bulkhead-jail", "example-worker", "executor-worker", "mcp-worker", "receipts-worker",
        "sandbox-worker", "Peers",
      ],
      exclude: ["Golden", "MCP/http-front.py", "MCP/sdk-client.py"],
      swiftSettings: strict
    ),
    .executableTarget(
      name: "misbehaving-worker",
      dependencies: ["WorkerKit"],
      path: "Tests/Misbehaving/kit",
      swiftSettings: strict
    ),

    // Measurements, linked as programs ship: `swift run -c release --static-swift-stdlib Benchmarks FAMILY`
    .executableTarget(
      name: "Benchmarks",
      dependencies: [
        "Audit", "CCurlCalls", "CLinux", "CSQLite", "Coordinator", "Digest", "JSON", "Journal", "Wire", "Plan",
        "Policy", "Posix", "Transport", "Jail", "Logging", "Supervision", "Tunnel", "WebProxy",
        "ProviderServer", "ReceiptsTruth", "models-worker", "bulkheadd", "bulkhead-jail", "echo-worker",
        "mcp-worker", "sandbox-worker", "receipts-worker",
        "jail-probe",
      ],
      path: "Tests/Benchmarks",
      swiftSettings: strict
    ),
    .executableTarget(
      name: "echo-worker",
      dependencies: ["WorkerKit"],
      path: "Tests/EchoWorker",
      swiftSettings: strict
    ),
  ]
)
