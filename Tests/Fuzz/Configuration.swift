// fuzz: modules=Configuration seeds=Tests/Fuzz/Seeds/Configuration max_len=4096

import Configuration

/// A configuration from anyone: never a trap, every mistake with a message, and what loads is printed so that it loads
/// to the same again.
func fuzzConfiguration(_ bytes: UnsafeRawBufferPointer) {
  let environment = ["HOME": "/h", "A": "x: [${B}]", "N": "7", "E": ""]
  do {
    let loaded = try Configuration.decode(Array(bytes), file: "f", environment: environment)
    let printed = loaded.effective()
    do {
      let again = try Configuration.decode(Array(printed.utf8), file: "p", environment: environment)
      precondition(
        again.configuration.withoutValues == loaded.configuration.withoutValues,
        "printed text means something else:\n\(printed)"
      )
    } catch {
      preconditionFailure("printed text does not load: \(error)\n\(printed)")
    }
  } catch {
    precondition(!error.mistakes.isEmpty && error.mistakes.count <= ConfigurationError.mistakesShown)
    precondition(error.mistakes.allSatisfy { !$0.message.isEmpty })
  }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  fuzzConfiguration(UnsafeRawBufferPointer(start: start, count: count))
  return 0
}
