/// The command line of `bulkheadd`.
struct Options {
  var configuration: String?
  /// The overlay of the policy.
  var environment: String?
  var socket: String?
  var state: String?
  var workers: [String] = []
  var logLevel: String?
  var logFormat: String?
  /// For `--verify-audit`: heads to compare with, and the key that signed.
  var against: String?
  var publicKey: String?
  var action = Action.run

  enum Action {
    case run, checkConfiguration, checkJournal, verifyAudit, printSample, printHelp, printVersion
  }

  struct UsageError: Error {
    let message: String
  }

  static let help = """
    usage: bulkheadd [options]

    Runs the Bulkhead coordinator in the foreground until SIGTERM or SIGINT, which let running calls end first.
    SIGHUP reads the worker manifests again.

      --config FILE        configuration (default: $BULKHEAD_CONFIG, then
                           $XDG_CONFIG_HOME/bulkhead/bulkhead.yaml, then /etc/bulkhead/bulkhead.yaml)
      --environment NAME   which environment of the policy applies (default:
                           $BULKHEAD_ENVIRONMENT, then 'environment' of the configuration,
                           then of the policy)
      --socket PATH        where clients connect (default: $BULKHEAD_SOCKET, then
                           $XDG_RUNTIME_DIR/bulkhead/bulkhead.sock)
      --state FOLDER       where the journal and artifacts are kept
      --workers FOLDER     search this folder for workers (*/worker.json); may be repeated
      --log-level LEVEL    error, warn, info or debug
      --log-format FORMAT  auto, text or json
      --check-config       print the effective configuration, without secrets, and exit;
                           the policy is read and tested as well
      --check-journal      examine the journal in the state folder, which no coordinator
                           may be using, and exit: 0 when it is sound, 1 when not
      --verify-audit       verify the audit log in the state folder likewise
      --against FILE       with --verify-audit: heads kept elsewhere ('bulkhead audit
                           export --heads') that the log must have passed through
      --public-key FILE    with --verify-audit: the key that must have signed it
                           (default: audit.pub in the state folder)
      --sample-config      print a commented configuration with every key, and exit
      --version            print the version and exit
      --help               print this and exit

    exit status: 0 after an orderly end, 1 when it could not start, 64 for a usage error

    """

  init(_ arguments: [String]) throws(UsageError) {
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      let (flag, joined) = Self.split(argument)
      switch flag {
      case "--config": configuration = try Self.value(of: flag, joined, &rest)
      case "--environment": environment = try Self.value(of: flag, joined, &rest)
      case "--socket": socket = try Self.value(of: flag, joined, &rest)
      case "--state": state = try Self.value(of: flag, joined, &rest)
      case "--workers": workers.append(try Self.value(of: flag, joined, &rest))
      case "--log-level": logLevel = try Self.value(of: flag, joined, &rest)
      case "--log-format": logFormat = try Self.value(of: flag, joined, &rest)
      case "--check-config": action = .checkConfiguration
      case "--check-journal": action = .checkJournal
      case "--verify-audit": action = .verifyAudit
      case "--against": against = try Self.value(of: flag, joined, &rest)
      case "--public-key": publicKey = try Self.value(of: flag, joined, &rest)
      case "--sample-config": action = .printSample
      case "--version": action = .printVersion
      case "--help", "-h": action = .printHelp
      default: throw UsageError(message: "unknown argument '\(argument)'")
      }
    }
  }

  private static func value(
    of flag: String,
    _ joined: String?,
    _ rest: inout ArraySlice<String>
  ) throws(UsageError) -> String {
    if let joined { return joined }
    guard let next = rest.popFirst() else { throw UsageError(message: "'\(flag)' needs a value") }
    return next
  }

  /// `--flag=value` as two parts.
  private static func split(_ argument: String) -> (flag: String, value: String?) {
    guard argument.hasPrefix("--"), let equals = argument.firstIndex(of: "=") else { return (argument, nil) }
    return (String(argument[..<equals]), String(argument[argument.index(after: equals)...]))
  }
}
