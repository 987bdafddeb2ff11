import JSON
import Testing

@Suite struct WriterTests {
  @Test func `the writer sets commas and starts behind its prefix`() {
    var writer = JSONWriter(reserving: 0, prefix: 4)
    writer.beginObject()
    writer.key("a")
    writer.value(1)
    writer.key("é\"" as String)
    writer.beginArray()
    writer.null()
    writer.value(true)
    writer.value(false)
    writer.value("x")
    writer.value(Int64.min)
    writer.beginObject()
    writer.endObject()
    writer.beginArray()
    writer.endArray()
    writer.value(["k": [1, 2.5]] as JSON)
    writer.endArray()
    writer.key("z")
    writer.value(JSONNumber(0.5).map { JSON.number($0) } ?? .null)
    writer.endObject()
    let bytes = writer.finish()
    #expect(Array(bytes.prefix(4)) == [0, 0, 0, 0])
    #expect(
      text(Array(bytes.dropFirst(4)))
        == #"{"a":1,"é\"":[null,true,false,"x",-9223372036854775808,{},[],{"k":[1,2.5]}],"z":0.5}"#
    )
  }

  @Test func `integers of every length are written in full`() {
    var value: Int64 = 1
    while true {
      for integer in [value - 1, value, -value, 1 - value] {
        #expect(text(JSON.integer(integer).serialized()) == String(integer))
      }
      let (next, overflow) = value.multipliedReportingOverflow(by: 10)
      if overflow { break }
      value = next
    }
    #expect(text(JSON.integer(.max).serialized()) == String(Int64.max))
    #expect(text(JSON.integer(.min).serialized()) == String(Int64.min))
  }

  @Test(arguments: [0, 1, 15, 16, 17, 250, 255, 256, 257, 4096])
  func `a string of escapes alone fits whatever was reserved`(length: Int) throws {
    for unit in ["\u{1}", "\"", "a\u{1F}", "aaaaaaa\\", "é\n"] {
      let value = String(repeating: unit, count: length)
      var writer = JSONWriter(reserving: length)
      writer.value(value)
      #expect(try JSON(parsing: writer.finish()) == .string(value))
    }
  }

  @Test func `objects keep the order in which they were built, through changes`() {
    var object = JSONObject()
    for i in 0..<30 { object["k\(i)"] = .integer(Int64(i)) }
    object["k3"] = nil
    object["k5"] = "five"
    object["k3"] = "back"
    for i in 10..<29 { object["k\(i)"] = nil }
    #expect(object.keys == ["k0", "k1", "k2", "k4", "k5", "k6", "k7", "k8", "k9", "k29", "k3"])
    #expect(object["k5"] == "five" && object["k3"] == "back" && object["k29"] == 29 && object["k15"] == nil)
    let copy = object
    object["new"] = 1
    #expect(copy["new"] == nil && object["new"] == 1 && copy.count == 11)
  }
}
