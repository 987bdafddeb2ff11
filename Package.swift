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
  targets: [
    // System libraries and C
    .systemLibrary(name: "CPCRE2", pkgConfig: "libpcre2-8", providers: [.apt(["libpcre2-dev"])]),
    .target(name: "CLinux"),
    .target(name: "CSpawn"),

    // Modules
    .target(name: "JSON", dependencies: ["CPCRE2"], swiftSettings: strict),
    .target(name: "Wire", dependencies: ["JSON"], swiftSettings: strict),
    .target(name: "Posix", dependencies: ["CLinux", "CSpawn"], swiftSettings: strict),
    .target(name: "Transport", dependencies: ["JSON", "Wire", "Posix"], swiftSettings: strict),
    .target(name: "Logging", dependencies: ["JSON", "Posix"], swiftSettings: strict),
    .target(
      name: "Supervision", dependencies: ["JSON", "Wire", "Posix", "Transport", "Logging"], swiftSettings: strict),
    .target(name: "WorkerKit", dependencies: ["JSON", "Wire", "Posix", "Transport"], swiftSettings: strict),
    .target(
      name: "Coordinator", dependencies: ["CLinux", "JSON", "Wire", "Posix", "Transport", "Logging", "Supervision"],
      swiftSettings: strict),
    .target(name: "ClientKit", dependencies: ["CLinux", "JSON", "Wire", "Posix", "Transport"], swiftSettings: strict),

    // Programs
    .executableTarget(
      name: "bulkhead", dependencies: ["ClientKit", "Supervision", "JSON", "Wire", "Posix", "CLinux"],
      swiftSettings: strict),
    .executableTarget(
      name: "bulkheadd",
      dependencies: ["CLinux", "JSON", "Wire", "Posix", "Logging", "Supervision", "Coordinator"], swiftSettings: strict),

    // Workers
    .executableTarget(
      name: "example-worker", dependencies: ["WorkerKit"], path: "Workers/examples/swift", exclude: ["worker.json"],
      swiftSettings: strict),

    // Tests
    .systemLibrary(name: "CMalloc", path: "Tests/CMalloc"),
    .testTarget(name: "JSONTests", dependencies: ["JSON", "CMalloc"], swiftSettings: strict),
    .testTarget(name: "PosixTests", dependencies: ["Posix"], swiftSettings: strict),
    .testTarget(name: "WireTests", dependencies: ["JSON", "Wire"], swiftSettings: strict),
    .testTarget(name: "TransportTests", dependencies: ["JSON", "Wire", "Posix", "Transport"], swiftSettings: strict),
    .testTarget(
      name: "ProtocolTests", dependencies: ["JSON", "Wire", "Posix", "Transport"], exclude: ["stranger.py"],
      swiftSettings: strict),

    // Measurements: `swift run -c release Benchmarks FAMILY`
    .executableTarget(
      name: "Benchmarks",
      dependencies: ["JSON", "Wire", "Posix", "Transport", "Logging", "Supervision", "bulkheadd", "echo-worker"],
      path: "Tests/Benchmarks", swiftSettings: strict),
    .executableTarget(name: "echo-worker", dependencies: ["WorkerKit"], path: "Tests/EchoWorker", swiftSettings: strict),
  ]
)
