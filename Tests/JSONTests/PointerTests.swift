import JSON
import Testing

@Suite struct PointerTests {
  /// The document and the table of RFC 6901, section 5.
  static let document: JSON = [
    "foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\j": 5, "k\"l": 6, " ": 7, "m~n": 8,
  ]

  @Test(arguments: [
    ("/foo", ["bar", "baz"] as JSON), ("/foo/0", "bar"), ("/", 0), ("/a~1b", 1), ("/c%d", 2), ("/e^f", 3), ("/g|h", 4),
    ("/i\\j", 5), ("/k\"l", 6), ("/ ", 7), ("/m~0n", 8),
  ])
  func `the examples of the standard lead where it says`(source: String, expected: JSON) throws {
    let pointer = try JSONPointer(parsing: source)
    #expect(Self.document[pointer: pointer] == expected)
    #expect(try Self.document.value(at: pointer) == expected)
    #expect(pointer.description == source)
  }

  @Test func `the empty pointer is the whole document`() throws {
    let root = try JSONPointer(parsing: "")
    #expect(root.isRoot && root == JSONPointer() && root.description == "")
    #expect(Self.document[pointer: root] == Self.document)
  }

  @Test(arguments: [("a", 0), ("#/a", 0), (" /a", 0), ("/a~", 2), ("/a~2", 2), ("/~~0", 1), ("/a/b~/c", 4)])
  func `a text that is no pointer is refused by name and place`(source: String, offset: Int) {
    do throws(JSONError) {
      _ = try JSONPointer(parsing: source)
      Issue.record("accepted")
    } catch {
      #expect(error.code == .invalidPointer)
      #expect(error.offset == offset)
    }
  }

  @Test(arguments: [
    ("/foo/2", "no index '2' in an array of 2 at '/foo/2'"), ("/foo/-", "no index '-' in an array of 2 at '/foo/-'"),
    ("/foo/01", "no index '01' in an array of 2 at '/foo/01'"),
    ("/foo/+1", "no index '+1' in an array of 2 at '/foo/+1'"),
    ("/foo/-1", "no index '-1' in an array of 2 at '/foo/-1'"), ("/foo/", "no index '' in an array of 2 at '/foo/'"),
    ("/foo/99999999999999999999", "no index '99999999999999999999' in an array of 2 at '/foo/99999999999999999999'"),
    ("/foo/0/x/y", "no 'x' in string at '/foo/0/x'"), ("/nope/x", "no member 'nope' at '/nope'"),
  ])
  func `a pointer that leads nowhere names the first bad step`(source: String, message: String) throws {
    let pointer = try JSONPointer(parsing: source)
    #expect(Self.document[pointer: pointer] == nil)
    do throws(JSONError) {
      _ = try Self.document.value(at: pointer)
      Issue.record("found something")
    } catch {
      #expect(error.code == .noSuchValue)
      #expect(error.description == message)
    }
  }

  @Test func `tokens are appended unescaped and written escaped`() throws {
    var pointer = JSONPointer().appending("a/b~c").appending(3)
    #expect(pointer.description == "/a~1b~0c/3")
    #expect(try JSONPointer(parsing: pointer.description) == pointer)
    pointer.append("~1")
    pointer.append(0)
    #expect(pointer.description == "/a~1b~0c/3/~01/0")
    pointer.removeLast()
    pointer.removeLast()
    #expect(pointer.tokens == ["a/b~c", "3"])
    #expect(JSONPointer(["\u{E9}"]) != JSONPointer(["e\u{301}"]))
  }
}
