import JSON
import Testing

@Test func parse() throws { #expect(try JSON(parsing: "{\"a\":[1,2.50]}").description == "{\"a\":[1,2.50]}") }
