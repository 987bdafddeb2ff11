import JSON
import Testing

@testable import Policy

@Suite struct FoldTests {
  @Test(arguments: [
    "payroll", "PAYROLL", "PayRoll", "pаyroll", "рayroll", "РАYROLL", "ｐａｙｒｏｌｌ", "ＰＡＹＲＯＬＬ", "pay\u{200B}roll",
    "pay\u{AD}roll",
    "p\u{200D}a\u{2060}y\u{FEFF}roll", "𝐩𝐚𝐲𝐫𝐨𝐥𝐥", "𝓟𝓪𝔂𝓻𝓸𝓵𝓵", "𝚙𝚊𝚢𝚛𝚘𝚕𝚕", "ⓟⓐⓨⓡⓞⓛⓛ", "páyróll", "pa\u{301}yro\u{308}ll",
    "ρayrοll", "🅿🅰🆈🆁🅾🅻🅻",
    "pay\u{202E}roll", "pay\u{E0061}roll", "payroℓℓ", "pаyr\u{FE0F}oll", "ᴘᴀʏʀᴏʟʟ",
  ])
  func `what looks like a word contains it`(_ text: String) throws {
    let about = facts(input: ["command": .string("cat \(text).csv")])
    #expect(try matches(["value": "input", "contains": "payroll"], about))
    #expect(try matches(["value": "input", "matches": "pay ?roll"], about))
    #expect(try matches(["value": "input.word", "equals": "payroll"], facts(input: ["word": .string(text)])))
    #expect(try matches(["value": "input.word", "in": ["payroll"]], facts(input: ["word": .string(text)])))
  }

  @Test(arguments: ["pay roll", "payrol", "pay-roll", "paуrоl", "зарплата", "給料", "ｐａｙ", "pay\u{FF}roll", "payЖroll"])
  func `what does not look like it does not`(_ text: String) throws {
    #expect(try !matches(["value": "input", "contains": "payroll"], facts(input: .string(text))))
  }

  @Test(arguments: ["rm \u{2212}rf", "rm\u{A0}-rf", "ｒｍ　－ｒｆ", "rm \u{2010}rf", "r\u{200B}m -rf"])
  func `dashes and blanks of every kind are seen`(_ text: String) throws {
    #expect(try matches(["value": "input", "contains": "rm -rf"], facts(input: .string(text))))
  }

  @Test func `letters of other alphabets fold their case`() throws {
    #expect(try matches(["value": "input", "contains": "ЗАРПЛАТА"], facts(input: "моя зарплата")))
    #expect(try matches(["value": "input", "contains": "ναι"], facts(input: "ΝΑΙ")))
    #expect(try matches(["value": "input", "contains": "STRASSE"], facts(input: "Hauptstraße")))
    #expect(try matches(["value": "input", "contains": "σοφος"], facts(input: "ΣΟΦΟΣ")))
    #expect(try matches(["value": "input", "contains": "給料"], facts(input: "私の給料")))
    #expect(try matches(["value": "input", "contains": "ﬁnance"], facts(input: "FINANCE")))
  }

  @Test func `look-alikes never make a rule match less`() throws {
    let lookAlike = facts(task: ["context": ["env": "stаging"]])
    #expect(try matches(["value": "task.context.env", "not_equals": "staging"], lookAlike))
    #expect(try matches(["not": ["value": "task.context.env", "equals": "staging"]], lookAlike))
    #expect(try matches(["not": ["value": "task.context.env", "contains": "staging"]], lookAlike))
    #expect(try matches(["not": ["value": "task.context.env", "matches": "staging"]], lookAlike))
    #expect(try matches(["not": ["not": ["value": "task.context.env", "equals": "staging"]]], lookAlike))
    #expect(
      try !matches(
        ["not": ["value": "task.context.env", "equals": "staging"]],
        facts(task: ["context": ["env": "Staging"]])
      )
    )
  }

  @Test func `nothing is found across two texts`() throws {
    #expect(try !matches(["value": "input", "contains": "ab"], facts(input: ["x": ["a", 1, "b"]])))
    #expect(try !matches(["value": "input", "contains": "аb"], facts(input: ["é": ["а", 1, "b"]])))
  }

  @Test func `text beside other text keeps its place`() {
    var fold = Fold()
    fold.append("AB")
    fold.separate()
    fold.append("é")
    fold.separate()
    fold.append("CD")
    #expect(Array(fold.plain) == Array("ab".utf8) + [0xFF] + Array("é".utf8) + [0xFF] + Array("cd".utf8))
    #expect(Array(fold.seen) == Array("ab".utf8) + [0xFF] + Array("e".utf8) + [0xFF] + Array("cd".utf8))
  }

  @Test func `both cases of a letter look alike`() {
    for value in UInt32(0)..<0x3000 {
      guard let scalar = Unicode.Scalar(value), scalar.properties.isLowercase || scalar.properties.isUppercase else {
        continue
      }
      let upper = scalar.properties.uppercaseMapping
      let lower = scalar.properties.lowercaseMapping
      #expect(Fold(upper).plain == Fold(String(scalar)).plain, "U+\(String(value, radix: 16))")
      guard upper.unicodeScalars.count == 1, lower.unicodeScalars.count == 1, let other = upper.unicodeScalars.first,
        let same = lower.unicodeScalars.first, LookAlikes.look(of: other) > 1, LookAlikes.look(of: same) > 1,
        // Greek capitals and small letters look like different Latin ones, and ı and K have a case of another letter.
        !(0x370..<0x400).contains(value), !(0x1F00..<0x2000).contains(value)
      else { continue }
      #expect(LookAlikes.look(of: other) == LookAlikes.look(of: same), "U+\(String(value, radix: 16))")
    }
  }

  @Test func `a needle is found wherever it stands and nowhere else`() {
    let alphabet: [UInt8] = [97, 98]
    for bits in 0..<1024 {
      let text = ContiguousArray((0..<10).map { alphabet[bits >> $0 & 1] })
      for part in 0..<64 {
        let needle = ContiguousArray((0..<(part % 5 + 1)).map { alphabet[part >> $0 & 1] })
        let found = (0...(text.count - needle.count)).contains { text[$0..<($0 + needle.count)].elementsEqual(needle) }
        #expect(Needle(needle).isContained(in: text) == found)
      }
    }
  }
}
