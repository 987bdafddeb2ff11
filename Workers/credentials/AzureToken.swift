internal import Glibc
internal import Jail
internal import WorkerKit

/// `azure_token`: one run of `az account get-access-token`.
enum AzureToken {
  static func get(_ call: Call) async throws -> JSON {
    let scope = call.input["scope"]?.stringValue ?? ""
    var arguments = ["az", "account", "get-access-token", "--scope", scope]
    if let tenant = call.input["tenant"]?.stringValue { arguments += ["--tenant", tenant] }
    let helper = try HelperRun(named: "az")
    let result = try await helper.run(
      // Options last: what stands before them are their values.
      arguments + ["--only-show-errors", "-o", "json"],
      environment: [
        "AZURE_CONFIG_DIR=\(helper.folder)", "AZURE_CORE_COLLECT_TELEMETRY=no", "AZURE_CORE_NO_COLOR=yes",
        "PYTHONDONTWRITEBYTECODE=1",
      ],
      call
    )
    guard result.reason == .ok else { throw failure(result, helper) }
    let answer = try AzureAnswer(result.output.bytes, now: Self.now)
    return ["token": .string(answer.token), "expires_at": .integer(answer.expiresAt)]
  }

  private static var now: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
  }

  /// In our words: what az says may hold more than it should.
  private static func failure(_ result: JailResult, _ helper: HelperRun) -> WireError {
    guard result.reason == .nonzeroExit else { return HelperRun.failure(result, "az") }
    let said = String(decoding: result.errorOutput.bytes.prefix(65_536), as: UTF8.self).lowercased()
    let login = "hint: run 'az login' with AZURE_CONFIG_DIR=\(helper.folder)"
    if let code = signInError(said) {
      return tool("sign_in_refused", "az was refused a token (\(code)); \(login) as the user of the workers", code)
    }
    if said.contains("az login") || said.contains("not logged in") || said.contains("no subscription found") {
      return tool("not_logged_in", "az is not logged in; \(login) as the user of the workers")
    }
    if said.contains("connection") || said.contains("resolve") || said.contains("timed out") {
      return tool("unreachable", "az did not reach Azure")
    }
    return tool("failed", "az ended with exit code \(result.exitCode ?? -1)")
  }

  /// `AADSTS700082`: which of the sign-in service's errors it is, without its text.
  private static func signInError(_ said: String) -> String? {
    guard let start = said.firstRange(of: "aadsts") else { return nil }
    let digits = said[start.upperBound...].prefix { $0.isASCII && $0.isNumber }
    return (5...8).contains(digits.count) ? "AADSTS\(digits)" : nil
  }

  static func tool(_ reason: String, _ message: String, _ code: String? = nil) -> WireError {
    var data: JSONObject = ["reason": .string(reason)]
    data["code"] = code.map { .string($0) }
    return WireError(.toolFailed, message, data: data)
  }
}
