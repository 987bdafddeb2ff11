// What a careless author may do with the kit: the kit keeps the wire clean all the same.

import Glibc
import WorkerKit

// Without walls and without a coordinator, so that a test sees what the walls are for.
if CommandLine.arguments.count == 3, CommandLine.arguments[1] == "intrude" {
  let input = try JSON(parsing: Array(CommandLine.arguments[2].utf8))
  print(Intrusion(input).report)
  exit(0)
}

let worker = Worker(name: "kit", version: "1.0", concurrency: 2)

worker.tool("kit-prints", "Prints to standard output, through the C library and past it.") { call in
  puts("printed by puts")
  fflush(nil)
  let text = "written to descriptor 1\n"
  write(1, text, text.utf8.count)
  print("printed by print")
  fflush(nil)
  return ["input_is_empty": .bool(getchar() == EOF)]
}

worker.tool("kit-waits", "Waits until it is cancelled.") { call in
  call.progress(.status, "waiting")
  while !call.isCancelled { usleep(1000) }
  throw CancellationError()
}

worker.tool("kit-fails", "Throws.") { call in
  struct Failure: Error {}
  throw Failure()
}

worker.tool("kit-exec", "Replaces itself by another program, as whoever takes it over might.") { call in
  let arguments = call.input["command"]?.arrayValue?.compactMap(\.stringValue) ?? []
  var argv = arguments.map { strdup($0) }
  argv.append(nil)
  execv(arguments.first ?? "", argv)
  return ["errno": .integer(Int64(errno))]
}

worker.tool("kit-says-pure", "Says that it is pure, and calls what is not.", pure: true) { call in
  try await call.call("kit-fails", [:]).output
}

worker.tool("kit-delegates", "Has another tool called, and says what remains of its own time before and after.") {
  call in
  let before = call.remainingMS
  var error: WireError?
  do {
    _ = try await call.call(call.input["tool"]?.stringValue ?? "", call.input["input"] ?? [:])
  } catch let thrown as WireError {
    error = thrown
  }
  return [
    "before": .integer(before), "after": .integer(call.remainingMS),
    "error": error.map { .string($0.name.rawValue) } ?? .null,
  ]
}

worker.tool("kit-intrudes", "Goes for the coordinator, as whoever takes the worker over might.") { call in
  Intrusion(call.input).report
}

worker.run()
