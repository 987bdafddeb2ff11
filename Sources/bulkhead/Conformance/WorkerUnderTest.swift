internal import ClientKit
internal import Glibc
internal import JSON
internal import Posix
internal import Supervision
internal import Wire

/// What is to be checked: a program by itself, or a folder with its manifest.
struct WorkerUnderTest {
  let manifest: WorkerManifest
  let plan: SpawnPlan

  init(_ path: String) throws(Failure) {
    let path = try Command.absolute(path)
    var status = stat()
    guard stat(path, &status) == 0 else {
      throw Failure(
        "file",
        "there is no worker at \(quoted(path)): \(errnoMessage(errno))",
        hint: "give a folder with a worker.json, or a program"
      )
    }
    let name = path.split(separator: "/").last.map(String.init) ?? ""
    if status.st_mode & S_IFMT == S_IFDIR {
      manifest = try Self.read("\(path)/worker.json", folder: path)
    } else if name == "worker.json" {
      manifest = try Self.read(path, folder: String(path.dropLast("/worker.json".count)))
    } else {
      let folder = String(path.dropLast(name.count + 1))
      manifest = WorkerManifest(name: "worker", command: [path], folder: folder.isEmpty ? "/" : folder)
    }
    plan = try Self.plan(manifest)
  }

  private static func read(_ path: String, folder: String) throws(Failure) -> WorkerManifest {
    let bytes: [UInt8]
    do throws(PosixError) {
      bytes = try Descriptor.open(path, O_RDONLY).readAll(limit: 1 << 20)
    } catch {
      throw Failure(
        "file",
        "cannot read the manifest: \(error)",
        hint: "give a folder with a worker.json, or a program"
      )
    }
    let json = try parseJSON(bytes, path)
    do throws(WireError) { return try WorkerManifest(json, folder: folder) } catch {
      throw Failure("manifest", "\(path): \(error.message)", hint: "protocol/schema/manifest.json is the exact form")
    }
  }

  /// As the coordinator starts it, without the walls.
  private static func plan(_ manifest: WorkerManifest) throws(Failure) -> SpawnPlan {
    do {
      let plan = try DirectLauncher(environment: environmentTable()).plan(manifest)
      guard access(plan.path, X_OK) == 0 else { throw PosixError.current("access", plan.path) }
      return plan
    } catch {
      throw Failure(
        "file",
        "cannot run it: \(error)",
        hint: "make the program executable, or correct 'command' in worker.json"
      )
    }
  }
}
