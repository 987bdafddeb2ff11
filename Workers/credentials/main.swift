// The credentials worker: gets access tokens from programs that can, such as Azure's `az`, for workers that may have them.
//
// Theory of operation. Such a program needs at once what no other worker of ours has together: a network, other
// programs (az is Python behind a shell script) and a folder that it reads and writes (its cache of tokens). So it never
// runs in a process that lives on or holds anything else. This worker does not talk to the network itself; for each call
// it starts the program in a new jail with a process, mount, IPC and host name space, a /tmp and a workspace of its own,
// in which nothing lies but /usr, the programs that the operator named and the one folder that the operator granted. It
// gets no secret, no file of the coordinator's and no descriptor but its three pipes. When it has ended, or its time is
// up, everything that it started ends with it; what it printed is read by `AzureAnswer`, within bounds, and none of its
// words goes on, into no error either.
//
// The permission for this is the manifest's `credential_helper`, which goes with no other one, only with tools of which
// every output is secret, and with a list of callers. It is only a request: without the operator's
//
//     workers:
//       credentials:
//         credential_helper: [/usr/bin/az, /opt/az]   # the program, and folders that belong to it
//         write: [/home/ada/.azure]                   # its folder: the one where `az login` was done
//
// this process has no network either, and its tool says what to write where. The folder belongs to the user as whom
// workers run; `read` may add files, such as a company's certificates.
internal import WorkerKit

let worker = Worker(name: "credentials", version: "0.1.0", concurrency: 4)
worker.onInitialize = { HelperRun.start($0.grants) }
worker.tool(
  "azure_token",
  "Gets an access token of Azure for a scope, as whoever is logged in with 'az'.",
  input: [
    "type": "object",
    "properties": [
      "scope": ["type": "string", "pattern": "^[\\x21-\\x2c\\x2e-\\x7e][\\x21-\\x7e]{0,1023}$"],
      "tenant": ["type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$"],
    ],
    "required": ["scope"],
    "additionalProperties": false,
  ],
  output: [
    "type": "object",
    "properties": [
      "token": ["type": "string"],
      "expires_at": ["type": "integer", "description": "Milliseconds since 1970."],
    ],
    "required": ["token", "expires_at"],
    "additionalProperties": false,
  ],
  idempotent: true,
  secretOutput: true
) { try await AzureToken.get($0) }
worker.run()
