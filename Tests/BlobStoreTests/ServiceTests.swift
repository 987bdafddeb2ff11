import Digest
import Glibc
import JSON
import Posix
import Testing
import Wire

@testable import BlobStore

/// Runs `body` on the thread of a loop of its own, which ends when `body`'s `done` is called.
private func onLoop(
  _ scratch: Scratch,
  _ limits: BlobStore.Limits = BlobStore.Limits(),
  _ body: @escaping (BlobService, EventLoop) throws -> Void
) throws {
  let loop = try EventLoop()
  let service = try BlobService(scratch.store, limits: limits, on: loop)
  var hang = false
  let guardian = loop.schedule(after: 20_000) {
    hang = true
    loop.stop()
  }
  try body(service, loop)
  loop.run()
  loop.cancel(guardian)
  service.close()
  #expect(!hang, "no answer within 20 s")
}

private func chunk(_ upload: String?, _ offset: Int64, _ data: [UInt8], last: Bool, name: String? = nil) -> BlobWrite {
  BlobWrite(upload: upload, offset: offset, data: data, isLast: last, mediaType: nil, name: name)
}

@Suite struct ServiceTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  @Test func `an artifact travels in messages and answers come on the loop`() throws {
    let thread = pthread_self()
    try onLoop(scratch) { service, loop in
      service.write(chunk(nil, 0, [97], last: false, name: "a.txt"), owner: 1) { result in
        #expect(pthread_equal(thread, pthread_self()) != 0)
        guard case .success(.upload(let upload)) = result else {
          Issue.record("\(result)")
          return loop.stop()
        }
        let last = BlobWrite(upload: upload, offset: 1, data: [98, 99], isLast: true, mediaType: "text/plain")
        service.write(last, owner: 1) { result in
          guard case .success(.artifact(let artifact)) = result else {
            Issue.record("\(result)")
            return loop.stop()
          }
          #expect(artifact == Artifact(sha256: abcDigest, bytes: 3, mediaType: "text/plain", name: "a.txt"))
          service.read(BlobRead(sha256: abcDigest, offset: 1, length: 10)) { result in
            #expect((try? result.get())?.data == [98, 99])  // Safety: a failure compares unequal.
            #expect((try? result.get())?.total == 3)  // Safety: a failure compares unequal.
            loop.stop()
          }
        }
      }
    }
  }

  @Test func `many uploads at once all arrive`() throws {
    try onLoop(scratch) { service, loop in
      var done = 0
      for i in 0..<200 {
        let bytes = [UInt8](repeating: UInt8(i), count: 1_000 + i)
        service.write(chunk(nil, 0, bytes, last: true), owner: UInt64(i)) { result in
          guard case .success(.artifact(let artifact)) = result else {
            Issue.record("\(result)")
            return loop.stop()
          }
          #expect(artifact.sha256 == SHA256.digest(bytes))
          done += 1
          if done == 200 { loop.stop() }
        }
      }
    }
    #expect(scratch.files().count == 200)
  }

  @Test func `the first chunk must start at zero and names must be names`() throws {
    try onLoop(scratch) { service, loop in
      var found: [String] = []
      let messages = [
        chunk(nil, 1, [1], last: false), chunk(nil, 0, [1], last: false, name: "../x"),
        chunk("u99", 0, [1], last: true),
        BlobWrite(upload: nil, offset: 0, data: [], isLast: true, mediaType: "no\u{1}/type"),
      ]
      for message in messages {
        service.write(message, owner: 1) { result in
          if case .failure(let error) = result { found.append(error.message) }
        }
      }
      // Answers come in the order of the requests.
      service.contains(abcDigest) { _ in
        #expect(
          found == [
            "first chunk at offset 1 where 0 is due", "'../x' is no file name without folders of at most 255 bytes",
            "there is no open upload 'u99'", "'no\\u{01}/type' is no media type of at most 255 bytes",
          ]
        )
        loop.stop()
      }
    }
    #expect(scratch.files().isEmpty, "a refused first chunk leaves no upload")
  }

  @Test func `the uploads of a closed connection are dropped`() throws {
    try onLoop(scratch) { service, loop in
      service.write(chunk(nil, 0, [1], last: false), owner: 1) { result in
        guard case .success(.upload(let upload)) = result else {
          Issue.record("\(result)")
          return loop.stop()
        }
        service.abandonAll(owner: 1)
        service.write(chunk(upload, 1, [1], last: true), owner: 1) { result in
          guard case .failure(let error) = result else {
            Issue.record("the upload was still there")
            return loop.stop()
          }
          #expect(error.code == .unknownUpload)
          loop.stop()
        }
      }
    }
    #expect(scratch.files().isEmpty)
  }

  @Test func `requests above the bound are refused and the others answered`() throws {
    try onLoop(scratch) { service, loop in
      var answers = 0
      var refused = 0
      for _ in 0...BlobService.pendingLimit {
        service.contains(abcDigest) { result in
          answers += 1
          if case .failure(let error) = result {
            #expect(error.code == .overloaded)
            refused += 1
          }
          if answers == BlobService.pendingLimit + 1 {
            #expect(refused == 1)
            loop.stop()
          }
        }
      }
    }
  }

  @Test func `after closing requests are answered so and open uploads are gone`() throws {
    try onLoop(scratch) { service, loop in
      service.write(chunk(nil, 0, [1], last: false), owner: 1) { _ in
        service.close()
        #expect(scratch.files().isEmpty)
        service.contains(abcDigest) { result in
          guard case .failure(let error) = result else {
            Issue.record("answered after closing")
            return loop.stop()
          }
          #expect(error.code == .closed)
          loop.stop()
        }
      }
    }
    // The lock is free again.
    _ = try BlobStore(scratch.store)
  }
}
