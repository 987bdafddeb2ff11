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

    // Modules
    .target(name: "JSON", dependencies: ["CPCRE2"], swiftSettings: strict),

    // Tests
    .systemLibrary(name: "CMalloc", path: "Tests/CMalloc"),
    .testTarget(name: "JSONTests", dependencies: ["JSON", "CMalloc"], swiftSettings: strict),

    // Measurements, linked as programs ship: `swift run -c release --static-swift-stdlib Benchmarks FAMILY`
    .executableTarget(name: "Benchmarks", dependencies: ["JSON"], path: "Tests/Benchmarks", swiftSettings: strict),
  ]
)
