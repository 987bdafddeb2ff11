import Foundation
import Glibc
import JSON
import Posix
import ReceiptsTruth
import Wire

/// Real receipts through the whole service: how many are read per second beside plain tesseract in the same run, both
/// reading each image once, and how many companies, dates and totals are right, in several ways.
///
/// With BULKHEAD_BENCH_MODEL=URL of a server with OpenAI's interface (`http://127.0.0.1:8080/v1`) also with a small model.
/// The images are those of BULKHEAD_SHARED/data/receipts (else `../shared`); BULKHEAD_BENCH_FULL=1: nine passes, not five.
/// Started as root, `run_as` must be a user that exists and may read them: BULKHEAD_BENCH_USER, else bulkhead.
func measureReceipts() throws -> [Measurement] {
  signal(SIGPIPE, SIG_IGN)
  let shared = getenv("BULKHEAD_SHARED").map { String(cString: $0) } ?? "../shared"
  guard let path = realpath("\(shared)/data/receipts", nil) else {
    throw PosixError(
      "realpath",
      "\(shared)/data/receipts: set BULKHEAD_SHARED to the folder that holds it",
      errno: ENOENT
    )
  }
  defer { free(path) }
  let folder = String(cString: path)
  let receipts = try GroundTruth.load(folder)
  let service = try JailingService(
    "receipts",
    """
    {"name": "receipts", "command": ["\(programFolder())/receipts-worker"], "concurrency": 8,
     "permissions": {"jails": true, "read": ["\(folder)"]}, "limits": {"processes": 1024, "open_files": 1024}}
    """
  )
  defer { service.stop() }
  let client = try ServiceClient(service.socket)
  try ReceiptAccuracy(receipts, folder, client).report()

  let calls = receipts.map { reading($0, folder) }
  var ours: [Double] = []
  var plain: [Double] = []
  var oursAtOnce: [Double] = []
  var plainAtOnce: [Double] = []
  let count = Double(receipts.count)
  // As many at once as there are processors; both sides see each image right after the other.
  let width = Int(max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
  for _ in 0..<(getenv("BULKHEAD_BENCH_FULL") != nil ? 9 : 5) {
    var sums = (ours: 0.0, plain: 0.0)
    for (receipt, call) in zip(receipts, calls) {
      sums.plain += try plainTesseract([receipt.image])
      sums.ours += try timed { try client.call(call) { try check($0) } }
    }
    ours.append(sums.ours / count)
    plain.append(sums.plain / count)
    sums = (0, 0)
    for start in stride(from: 0, to: receipts.count, by: width) {
      let part = start..<min(receipts.count, start + width)
      sums.plain += try plainTesseract(receipts[part].map(\.image))
      sums.ours += try timed { try client.calls(Array(calls[part])) { try check($0) } }
    }
    oursAtOnce.append(sums.ours / count)
    plainAtOnce.append(sums.plain / count)
  }
  return [
    Measurement(subject: "receipt_ocr, one at a time", side: "ours", bytes: nil, samples: ours),
    Measurement(subject: "receipt_ocr, one at a time", side: "plain tesseract", bytes: nil, samples: plain),
    Measurement(subject: "receipt_ocr, \(width) at a time", side: "ours", bytes: nil, samples: oursAtOnce),
    Measurement(subject: "receipt_ocr, \(width) at a time", side: "plain tesseract", bytes: nil, samples: plainAtOnce),
  ]
}

/// One reading unless `more` says what else.
func reading(_ receipt: GroundTruth, _ folder: String, _ more: JSONObject = ["readings": 1]) -> ToolCall {
  var needs = Needs()
  needs.read = [folder]
  var input = more
  input["image"] = .string(receipt.image)
  return ToolCall(tool: "receipt_ocr", input: .object(input), needs: needs)
}

private func check(_ result: Result<ToolResult, WireError>) throws {
  guard try result.get().output["lines"]?.arrayValue?.isEmpty == false else {
    throw PosixError("receipt_ocr", "no lines", errno: EPROTO)
  }
}

private func timed(_ body: () throws -> Void) rethrows -> Double {
  let start = now()
  try body()
  return now() - start
}

/// Nanoseconds from the first start to the last end of a tesseract for each image, with the worker's own arguments.
private func plainTesseract(_ images: [String]) throws -> Double {
  try timed {
    let children = try images.map { image in
      let null = try Descriptor.open("/dev/null", O_RDWR)
      var plan = SpawnPlan(
        path: "/usr/bin/tesseract",
        arguments: [
          "tesseract", image, "stdout", "-l", "eng", "--psm", "6", "-c", "tessedit_create_tsv=1", "-c",
          "tessedit_page_number=0",
        ]
      )
      plan.environment = ["OMP_THREAD_LIMIT=1", "LANG=C.UTF-8"]
      return try plan.spawn(descriptors: [null.raw, null.raw, null.raw]).takePidfd().release()
    }
    for pidfd in children {
      defer { close(pidfd) }
      var info = siginfo_t()
      while waitid(idtype_t(rawValue: 3), id_t(pidfd), &info, WEXITED) < 0, errno == EINTR {}
    }
  }
}
