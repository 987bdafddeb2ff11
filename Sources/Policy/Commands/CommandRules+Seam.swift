extension CommandRules { func judge(script: String) -> [Decision.Match] { [] } }
extension CommandRules { static func mistakes(in rules: CommandRules) -> [(path: String, message: String)] { [] } }
