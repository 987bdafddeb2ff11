package import JSON

extension Policy {
  /// The policy that `json` describes, with the overlay `environment`; nil: the one that `json` itself names. Throws all
  /// mistakes at once, each with its path; also runs the inline tests.
  package init(reading json: JSON, environment: String?) throws(PolicyErrors) {
    self.init(environment: environment)
  }

  /// Everything with its defaults, as a policy that reads to the same one.
  package var effective: JSON { [:] }
}
