internal import JSON
internal import Wire

extension Command {
  static let version = Command(
    path: ["version"],
    summary: "show the version of this program and of its protocol",
    description: [
      "Prints the version of bulkhead and the version of the protocol that it speaks. Needs no coordinator; 'bulkhead status' shows the coordinator's."
    ],
    examples: [Example("bulkhead version --json", "For a program to read.")],
    action: .local { _, console in
      let spoken = ProtocolVersion.current.description
      if console.isJSON {
        console.print(["version": .string(programVersion), "protocol": .string(spoken)])
      } else {
        console.print("bulkhead \(programVersion) (protocol \(spoken))")
      }
      return ExitCode.success
    }
  )
}
