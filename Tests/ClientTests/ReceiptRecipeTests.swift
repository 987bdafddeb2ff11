import Foundation
import JSON
import Testing

/// The recipe `receipt` as people run it: the real workers, tesseract, and the client.
@Suite struct `The recipe of receipts` {
  private static let images = Program.package + "/Tests/ReceiptsTests/Suite/Images"

  private func started() throws -> Program {
    let program = try Program()
    try program.addWorkers("receipts", "executor")
    let up = try program.up()
    #expect(up.code == 0, "\(up.errors)")
    return program
  }

  @Test func `a picture becomes a summary by categories`() throws {
    let program = try started()
    #expect(try program.run(["recipes"]).output.contains("receipt"))
    let run = try program.run(
      ["run", "--recipe", "receipt", "--file", "image=\(Self.images)/receipt.png", "--id", "lunch"]
    )
    #expect(run.code == 0, "\(run.errors)")
    for line in [
      "KEDAI RUNCIT SELASIH, 2019-05-17: MYR 28.95. The items add up to it.", "food 8.50\n  CHICKEN RICE: 8.50\n",
      "beverage 12.90", "household 5.93", "Lines: 3, together 27.33",
    ] { #expect(run.output.contains(line), "\(line) in \(run.output)") }
    let steps = try program.run(["show", "lunch", "--json"]).json()["steps"]?.arrayValue ?? []
    #expect(steps.compactMap { $0["id"]?.stringValue } == ["ocr", "parse", "categories", "statistics"])
  }

  @Test func `what is no receipt ends with a reason`() throws {
    let program = try started()
    func run(_ file: String, _ settings: [String] = []) throws -> Outcome {
      try program.run(["run", "--recipe", "receipt", "--file", "image=\(file)"] + settings.flatMap { ["--set", $0] })
    }
    let picture = Array(try #require(FileManager.default.contents(atPath: Self.images + "/receipt.png")))
    func write(_ name: String, _ bytes: [UInt8]) throws -> String {
      try Data(bytes).write(to: URL(filePath: "\(program.folder)/\(name)"))
      return name
    }
    for (file, reason) in [
      ("\(Self.images)/blank.png", "is it a receipt, upright and large enough?"),
      ("\(Self.images)/letter.png", "does not look like a receipt"),
      (try write("empty.png", []), "the image is empty"),
      (try write("torn.png", Array(picture.prefix(3000))), "tesseract cannot read the image"),
      (try write("huge.png", picture + [UInt8](repeating: 0, count: 33 << 20)), "exceeds the limit of 33554432"),
      (try write("note.png", Array("TOTAL 5.00\n".utf8)), "the image is none of these"),
    ] {
      let failed = try run(file)
      #expect(failed.code == 1 && failed.errors.contains(reason), "\(file): \(failed.errors) \(failed.output)")
    }
    let missing = try program.run(["run", "--recipe", "receipt"])
    #expect(missing.code != 0 && missing.errors.contains("image"), "\(missing.errors)")
    let language = try run("\(Self.images)/receipt.png", ["language=tlh"])
    #expect(language.code == 1 && language.errors.contains("'tlh' is not one of"), "\(language.errors)")
  }
}
