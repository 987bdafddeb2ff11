internal import ClientKit
internal import Glibc
internal import JSON
internal import Posix

/// bulkheadd beside this program, else in PATH.
func findDaemon() -> String? {
  if let own = realpath("/proc/self/exe", nil) {
    let path = String(cString: own)
    free(own)
    let beside = path[..<(path.lastIndex(of: "/") ?? path.startIndex)] + "/bulkheadd"
    if access(String(beside), X_OK) == 0 { return String(beside) }
  }
  return findInPath("bulkheadd")
}

func findInPath(_ program: String) -> String? {
  let folders = (variable("PATH") ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":")
  return folders.map { "\($0)/\(program)" }.first { $0.hasPrefix("/") && access($0, X_OK) == 0 }
}

/// Where this user's coordinator keeps its state unless it is told otherwise.
func stateFolder() -> String? {
  if let folder = variable("XDG_STATE_HOME"), folder.hasPrefix("/") { return "\(folder)/bulkhead" }
  return variable("HOME").map { "\($0)/.local/state/bulkhead" }
}

/// `NAME=value` of this process.
func environmentList() -> [String] {
  var list: [String] = []
  var entry = environ
  while let variable = entry.pointee {
    list.append(String(cString: variable))
    entry += 1
  }
  return list
}

/// The environment by name.
func environmentTable() -> [String: String] {
  var table: [String: String] = [:]
  for entry in environmentList() {
    guard let equals = entry.firstIndex(of: "=") else { continue }
    table[String(entry[..<equals])] = String(entry[entry.index(after: equals)...])
  }
  return table
}

/// Makes a folder and those above it, for this user alone.
func makeFolders(_ path: String) throws(PosixError) {
  var made = ""
  for part in path.split(separator: "/") {
    made += "/\(part)"
    if mkdir(made, 0o700) == -1, errno != EEXIST { throw PosixError.current("mkdir", made) }
  }
}

/// The last lines of a file, at most twenty and none from before `start`.
func logTail(_ path: String, from start: Int) -> [String] {
  do throws(PosixError) {
    let file = try Descriptor.open(path, O_RDONLY)
    let end = lseek(file.raw, 0, SEEK_END)
    lseek(file.raw, max(start, end - 8192), SEEK_SET)
    let text = String(decoding: try file.readAll(limit: 1 << 20), as: UTF8.self)
    return text.split(separator: "\n").suffix(20).map(String.init)
  } catch {
    return []
  }
}
