internal import WorkerKit

let worker = Worker(name: "models", version: "0.1.0", concurrency: 1024)
worker.run()
