/// A JSON object: members in the order in which they were written, keys unique.
///
/// Look-up scans the members of a small object and uses an index in a large one, so both stay cheap.
public struct JSONObject: Sendable {
  public struct Member: Sendable {
    public let key: String
    public internal(set) var value: JSON

    @inline(__always)
    public init(key: String, value: JSON) {
      self.key = key
      self.value = value
    }
  }

  public private(set) var members: [Member]
  /// Key → position; built only above `scanLimit` members.
  private var index: [ByteKey: Int]?

  private static let scanLimit = 12

  public init() {
    members = []
    index = nil
  }

  /// The members in order; of several with the same key the last one wins, in the place of the first.
  public init(_ pairs: [(String, JSON)]) {
    self.init()
    members.reserveCapacity(pairs.count)
    for (key, value) in pairs { self[key] = value }
  }

  /// Members that the caller knows to be unique; `nil` when two of them share a key.
  init?(uniqueMembers members: [Member]) {
    self.members = members
    index = nil
    if members.count <= Self.scanLimit {
      var i = 1
      while i < members.count {
        let key = members[i].key
        for j in 0..<i where sameBytes(members[j].key, key) { return nil }
        i += 1
      }
    } else {
      var positions = [ByteKey: Int](minimumCapacity: members.count)
      for (position, member) in members.enumerated() {
        if positions.updateValue(position, forKey: ByteKey(member.key)) != nil { return nil }
      }
      index = positions
    }
  }

  public var count: Int { members.count }
  public var isEmpty: Bool { members.isEmpty }
  public var keys: [String] { members.map(\.key) }

  public subscript(key: String) -> JSON? {
    get { position(of: key).map { members[$0].value } }
    set {
      switch (position(of: key), newValue) {
      case (let position?, let value?): members[position].value = value
      case (let position?, nil): remove(at: position)
      case (nil, let value?): append(key, value)
      case (nil, nil): break
      }
    }
  }

  private func position(of key: String) -> Int? {
    if let index { return index[ByteKey(key)] }
    for i in members.indices where sameBytes(members[i].key, key) { return i }
    return nil
  }

  private mutating func append(_ key: String, _ value: JSON) {
    members.append(Member(key: key, value: value))
    if index != nil {
      index?[ByteKey(key)] = members.count - 1
    } else if members.count > Self.scanLimit {
      rebuildIndex()
    }
  }

  private mutating func remove(at position: Int) {
    members.remove(at: position)
    if index != nil { rebuildIndex() }
  }

  private mutating func rebuildIndex() {
    guard members.count > Self.scanLimit else {
      index = nil
      return
    }
    index = Dictionary(uniqueKeysWithValues: members.enumerated().map { (ByteKey($0.element.key), $0.offset) })
  }
}

extension JSONObject: Hashable {
  public static func == (left: JSONObject, right: JSONObject) -> Bool {
    left.count == right.count && left.members.allSatisfy { right[$0.key] == $0.value }
  }

  /// Independent of the order of members, as equality is.
  public func hash(into hasher: inout Hasher) {
    var sum = 0
    for member in members {
      var inner = Hasher()
      inner.combine(member.key)
      inner.combine(member.value)
      sum &+= inner.finalize()
    }
    hasher.combine(sum)
  }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
  public init(dictionaryLiteral elements: (String, JSON)...) { self.init(elements) }
}

/// Swift's `==` on strings is Unicode canonical equivalence; JSON keys are distinct as soon as their bytes are.
@inline(__always)
func sameBytes(_ a: String, _ b: String) -> Bool { a == b && a.utf8.elementsEqual(b.utf8) }

/// A string that hashes and compares as its UTF-8 bytes.
struct ByteKey: Hashable {
  private let string: String

  init(_ string: String) { self.string = string }

  static func == (a: ByteKey, b: ByteKey) -> Bool { sameBytes(a.string, b.string) }

  /// Equal bytes are canonically equivalent, so the string's own hash is a valid (coarser) one.
  func hash(into hasher: inout Hasher) { hasher.combine(string) }
}
