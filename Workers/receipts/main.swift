internal import WorkerKit

let worker = Worker(name: "receipts", version: "0.1.0", concurrency: 8)
worker.tool("line_item_parser", "Reads a receipt.", idempotent: true, pure: true, LineItemParser.run)
worker.run()
