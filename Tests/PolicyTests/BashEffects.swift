import Foundation

/// Which of some scripts made a file `P`, each in an empty folder of its own.
struct BashEffects {
  private(set) var touched: [Bool] = []

  struct Failed: Error { var status: Int32 }

  init(_ scripts: [String]) throws {
    let files = FileManager.default
    let root = files.temporaryDirectory.appendingPathComponent("bulkhead-effects-\(UUID().uuidString)")
    // Safety: what cannot be removed stays in the folder for temporary files.
    defer { try? files.removeItem(at: root) }
    try files.createDirectory(at: root.appendingPathComponent("cwd"), withIntermediateDirectories: true)
    for (index, script) in scripts.enumerated() {
      try Data(script.utf8).write(to: root.appendingPathComponent("\(index).script"))
    }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = ["-c", Self.driver, "driver", root.path, String(scripts.count)]
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failed(status: process.terminationStatus) }
    touched = scripts.indices.map { files.fileExists(atPath: root.appendingPathComponent("cwd/\($0)/P").path) }
  }

  private static let driver = """
    root=$1 count=$2
    for ((index = 0; index < count; index++)); do
      mkdir "$root/cwd/$index" || exit 3
      (cd "$root/cwd/$index" && exec timeout -k 0.2 3 env -i HOME="$root/cwd/$index" PATH=/usr/local/bin:/usr/bin:/bin \\
        bash --norc --noprofile -c "$(<"$root/$index.script")")
    done </dev/null >/dev/null 2>&1
    exit 0
    """
}
