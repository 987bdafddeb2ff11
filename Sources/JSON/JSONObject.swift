/// A JSON object: members in the order in which they were written, keys unique.
///
/// Keys are the same when their UTF-8 bytes are. Look-up scans the members of a small object and uses an index in a
/// large one, so both stay cheap.
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
  /// Used only above `scanLimit` members.
  private var index: Index

  static let scanLimit = 12

  public init() {
    members = []
    index = Index()
  }

  /// The members in order; of several with the same key the last one wins, in the place of the first.
  public init(_ pairs: [(String, JSON)]) {
    self.init()
    members.reserveCapacity(pairs.count)
    for (key, value) in pairs { self[key] = value }
  }

  /// Members with distinct keys; `index` covers them if they are more than `scanLimit`.
  @inline(__always)
  init(unique members: [Member], index: Index) {
    self.members = members
    self.index = index
  }

  public var count: Int { members.count }
  public var isEmpty: Bool { members.isEmpty }
  public var keys: [String] { members.map(\.key) }

  public subscript(key: String) -> JSON? {
    get {
      if members.count > Self.scanLimit { return position(of: key).map { members[$0].value } }
      for member in members where sameBytes(member.key, key) { return member.value }
      return nil
    }
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
    if members.count > Self.scanLimit { return index.position(of: key) { members[$0].key } }
    return members.firstIndex { sameBytes($0.key, key) }
  }

  private mutating func append(_ key: String, _ value: JSON) {
    members.append(Member(key: key, value: value))
    if members.count == Self.scanLimit + 1 {
      rebuildIndex()
    } else if members.count > Self.scanLimit {
      index.insert(key, at: members.count - 1) { members[$0].key }
    }
  }

  private mutating func remove(at position: Int) {
    members.remove(at: position)
    rebuildIndex()
  }

  private mutating func rebuildIndex() {
    index = Index()
    guard members.count > Self.scanLimit else { return }
    index = Index(capacity: members.count)
    for position in members.indices { index.insert(members[position].key, at: position) { members[$0].key } }
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
      inner.combine(bytesOf: member.key)
      inner.combine(member.value)
      sum &+= inner.finalize()
    }
    hasher.combine(sum)
  }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
  public init(dictionaryLiteral elements: (String, JSON)...) { self.init(elements) }
}

extension Hasher {
  /// Feeds the UTF-8 bytes, not the normalised form that `String` hashes: a peer can write very many different keys that
  /// normalise alike, and all of them would collide.
  mutating func combine(bytesOf string: String) {
    let hash = withUTF8(string) { bytes in
      var hasher = self
      hasher.combine(bytes: UnsafeRawBufferPointer(bytes))
      hasher.combine(bytes.count)
      return hasher
    }
    self = hash
  }
}
