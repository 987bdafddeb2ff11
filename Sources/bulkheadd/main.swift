// bulkheadd: the coordinator as a foreground service. This file reads the command line and the environment; `Service`
// holds what runs. Exit status: 0 orderly end, 1 could not start (or a journal is not sound), 64 usage.

import Configuration
import Glibc
import JSON
import Wire

func complain(_ message: String) {
  let line = "bulkheadd: \(message)\n"
  _ = write(STDERR_FILENO, line, line.utf8.count)
}

var environment: [String: String] = [:]
var entry = environ
while let variable = entry.pointee {
  let text = String(cString: variable)
  if let equals = text.firstIndex(of: "=") {
    environment[String(text[..<equals])] = String(text[text.index(after: equals)...])
  }
  entry += 1
}

do {
  let options = try Options(Array(CommandLine.arguments.dropFirst()))
  switch options.action {
  case .printHelp: print(Options.help, terminator: "")
  case .printVersion: print("bulkheadd \(Service.identity.version)")
  case .printSample: print(Configuration.sample, terminator: "")
  case .checkConfiguration:
    let loaded = try Configuration.load(explicit: options.configuration, environment: environment)
    _ = try loaded.loadPolicy(option: options.environment, environment: environment)
    _ = try loaded.loadMCP(environment: environment)
    print(loaded.effective(), terminator: "")
  case .checkJournal: exit(try JournalCheck.run(Settings(options, environment).state))
  case .verifyAudit:
    let state = try Settings(options, environment).state
    exit(try AuditCheck.run(state, against: options.against, key: options.publicKey))
  case .run: try Service(Settings(options, environment)).run()
  }
} catch let error as Options.UsageError {
  complain("\(error.message)\nusage: bulkheadd [options]; see 'bulkheadd --help'")
  exit(64)
} catch {
  complain("\(error)")
  exit(1)
}
